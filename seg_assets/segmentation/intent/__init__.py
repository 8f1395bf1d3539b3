"""The intent index: an additive scorecard on matured conversions, 0 to 100, that anyone can read.

Belongs here: its bins, its cross-fitted fit, its anchored points, and its expression for scoring.
Does not: the other indices (composite.py), which outcomes had matured (calendar.py), growing segments on it
(guided_points.py).
"""

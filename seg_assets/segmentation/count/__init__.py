"""How many segments: every figure by which a number of them is judged, the gates, and the choice.

Belongs here: months to fit, select and judge on; figures of k = 3 to 15 side by side; gates; the choice as a sentence.
Does not: what stability means (stability/), how segments are grown (growing.py), the refresh itself (refresh.py).
"""

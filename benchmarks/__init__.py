"""What the graph's stages cost, and what scoring costs beside a floor and beside plain scikit-learn.

Belongs here: stages, contenders, measuring them, one table. Does not: anything that the graph imports, correctness
(seg_assets_tests/), the quality of segments.
"""

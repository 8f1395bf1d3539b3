"""Whether segments are there at all: stability against a population without groups.

Belongs here: how well a partition comes back from other halves and resamples, how good it is, and the same on a null
population; each measure a module, put together by assessment.py. Golden values of R's fpc and cluster hold them.
What is asked is a family of segmentations (tree_family.py), refitted on accounts that are prepared once (prepared.py).
Does not: fitting a refresh's segments (segmentation/refresh.py), deciding k or a promotion with these figures.
"""

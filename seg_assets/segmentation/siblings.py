"""Which segment each is most easily taken for.

Belongs here: the nearest sibling. Does not: what tells them apart in words (differences.py).

By portraits and not by the tree: leaves that share the longest path share a history, and may be as unlike as a split
can make them, while the segment next door may hang on another branch. It also holds for definitions of two boxes.
"""

from __future__ import annotations

from seg_assets.segmentation.balance import Matrix


def nearest_siblings(places: Matrix) -> list[int | None]:
    """For each segment the position of the nearest other; None where there is no other; of equals the first.

    places: (segments, axes) in standard deviations (PortraitSpace.places); distances are Euclidean.
    """
    found: list[int | None] = []
    for segment, place in enumerate(places):
        distances = ((places - place) ** 2).sum(axis=1).round(9)
        others = [other for other in range(len(places)) if other != segment]
        found.append(min(others, key=lambda other: (distances[other], other), default=None))
    return found

"""The champion's segments, as they are and merged into as few classes as another candidate has.

Belongs here: accounts to the segment that they are in by its definition. Does not: the hold at borders (holding.py of
the package above): it is for the calm of campaigns, and what is judged is the definition.
"""

from __future__ import annotations

import numpy as np

from seg_assets.segmentation.coding import coded
from seg_assets.segmentation.conversion.candidates.candidate import Accounts, Candidate, Ground, as_they_are
from seg_assets.segmentation.conversion.candidates.merging import merging
from seg_assets.segmentation.lift import Codes

NAME = "segments"


def segments(ground: Ground) -> Candidate:
    """Each segment a class."""
    segmentation = ground.segmentation

    def cells(accounts: Accounts) -> Codes:
        return coded(segmentation, accounts.frame)[1].to_numpy().astype(np.intp)

    labels = tuple(f"{segment.segment_id} {segment.name}" for segment in segmentation.segments)
    return Candidate(NAME, "Segments", labels, cells, as_they_are)


def segments_merged(whole: Candidate, count: int, beside: str, shrinkage: float) -> Candidate:
    """The same, merged into `count` classes: what is left of a difference to `beside`, which has no more."""
    title = f"Segments, merged into {count} classes as {beside} have"
    return Candidate(f"{whole.name}_merged", title, whole.labels, whole.cells, merging(count, shrinkage))

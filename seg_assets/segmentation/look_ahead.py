"""The split of some accounts that leaves the most to be gained: of nearly equal ones, what comes after decides.

Belongs here: which nearly equal splits are followed one step further, and how much more another has to promise.
Does not: what a split gains by itself (split_search.py), the tree that they make (tree.py).

Why: of 6,000 accounts two questions gained the same, and chance decided. One left 0.25 of the variance to be had within
two steps, the other 0.19. A tree that had asked the other explained 0.545, the next month's 0.60: in a quiet month one
segment was merged and one split. Why not always the most promising: where several promise the same within a few
percent, refits on halves agreed less than by the splits' own gains (0.67 instead of 0.76 at 8 segments).

Source: looking one step ahead, Norton 1989; that more of it is not better, Murthy, Salzberg 1995.
"""

from __future__ import annotations

from dataclasses import dataclass

from seg_assets.segmentation.split_search import FoundSplit, Part, SplitSearch

# The share of the best split's gain that another may lack and still be followed.
NEARLY = 0.2
# How much more another has to promise, as a share of what the best one does.
CLEARLY_MORE = 0.2


@dataclass(frozen=True, eq=False)
class Promising:
    """The split that is taken. parts: the accounts inside and the others."""

    split: FoundSplit
    parts: tuple[Part, Part]


def promising(search: SplitSearch, part: Part, smallest: int, *, last: bool) -> Promising | None:
    """The split of `part` that gains most, or one that gains nearly as much and promises clearly more.

    A split promises its own gain and those of the best splits of its two parts. smallest: accounts of any part; last:
    whether the parts will not be split. None where no split gains anything.
    """
    found = [
        Promising(split, search.parted(part, split.inside[split.candidate.bins[part.rows]]))
        for split in search.nearly_best(part, smallest, 0.0 if last else NEARLY)
    ]
    if len(found) < 2:
        return next(iter(found), None)
    promises = [one.split.gain + sum(search.most(side, smallest) for side in one.parts) for one in found]
    most = max(range(len(found)), key=promises.__getitem__)
    return found[most if promises[most] > (1 + CLEARLY_MORE) * promises[0] else 0]

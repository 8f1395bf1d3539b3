"""Which new segment is which old one.

Belongs here: overlap of two assignments of the same accounts, ids that live on and ids that are new.
Does not: what became of the ids that end (events.py), names (names.py), the assignments themselves (scoring.py).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from seg_assets.segmentation.names import ALIKE, Signature, alikeness

SMALLEST_OVERLAP = 0.3

Codes = npt.NDArray[np.intp]
Counts = npt.NDArray[np.float64]


def segment_id(number: int) -> str:
    """SEG-01, SEG-02, ..."""
    return f"SEG-{number:02d}"


def overlaps(champion: Codes, challenger: Codes, shape: tuple[int, int]) -> Counts:
    """Accounts by (champion's segment, challenger's segment). champion, challenger: (n,) positions, same accounts."""
    flat = np.bincount(champion * shape[1] + challenger, minlength=shape[0] * shape[1])
    return flat.reshape(shape).astype(np.float64)


def cosines(champion: Sequence[Signature], challenger: Sequence[Signature]) -> Counts:
    """How alike the kinds of account are, -1 to 1, by (champion's segment, challenger's segment)."""
    found = [[alikeness(old, new) for new in challenger] for old in champion]
    return np.array(found, dtype=np.float64).reshape(len(champion), len(challenger))


def matched(counts: Counts, alike: Counts) -> dict[int, int]:
    """The champion's segment that each challenger's is, by position, for those that continue one.

    counts: the accounts they have in common (`overlaps`); alike: how alike they are (`cosines`), both (champion's
    segments, challenger's segments). First by accounts, where two overlap by 0.3 (Jaccard) or more. Of what is left,
    by kind of account: pairs whose cosine is 0.9 or more, the rule by which a name stays, nearest first in sum. Both
    are assignments with the largest sum (Kuhn 1955).
    """
    union = counts.sum(axis=1, keepdims=True) + counts.sum(axis=0, keepdims=True) - counts
    jaccard = np.divide(counts, union, out=np.zeros_like(counts), where=union > 0)
    pairs = _assigned(jaccard, SMALLEST_OVERLAP)
    left = alike.copy()
    left[list(pairs.values())] = left[:, list(pairs)] = -1.0
    return pairs | _assigned(left, ALIKE)


def _assigned(worth: Counts, least: float) -> dict[int, int]:
    """Column to row of the pairs with the largest sum of worth, of those alone that are worth `least`."""
    from scipy.optimize import linear_sum_assignment

    rows, columns = linear_sum_assignment(np.where(worth >= least, worth, 0.0), maximize=True)
    return {int(column): int(row) for row, column in zip(rows, columns, strict=True) if worth[row, column] >= least}


def first_ids(accounts: Sequence[int], rates: Sequence[float | None], *, after: int = 0) -> list[str]:
    """Ids of a first refresh: by conversion rate where outcomes are known, else by accounts, largest first.

    after: the highest number issued before, by refreshes whose segments none of these continue.
    """
    order = sorted(range(len(accounts)), key=lambda segment: (-(rates[segment] or 0.0), -accounts[segment], segment))
    return [segment_id(after + order.index(segment) + 1) for segment in range(len(accounts))]


def following_ids(pairs: dict[int, int], champion: Sequence[str], segments: int, highest: int) -> tuple[list[str], int]:
    """Ids of a later refresh, and the highest number issued so far: matched ones live on, others are new."""
    ids = []
    for segment in range(segments):
        if segment in pairs:
            ids.append(champion[pairs[segment]])
        else:
            highest += 1
            ids.append(segment_id(highest))
    return ids, highest


def churn(counts: Counts, pairs: dict[int, int]) -> float:
    """The share of accounts whose segment a refresh alone moves: same accounts and values, two sets of definitions."""
    stayed = sum(counts[row, column] for column, row in pairs.items())
    total = counts.sum()
    return float(1.0 - stayed / total) if total else 0.0

"""Which new segment is which old one.

Belongs here: overlap of two assignments of the same accounts, ids that live on, ids that end.
Does not: names (names.py), the assignments themselves (scoring.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

SMALLEST_OVERLAP = 0.3

Codes = npt.NDArray[np.intp]
Counts = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Tombstone:
    """A segment_id that has ended, never to be used again. heir: where most of its accounts are now, if anywhere."""

    segment_id: str
    name: str
    heir: str | None


def segment_id(number: int) -> str:
    """SEG-01, SEG-02, ..."""
    return f"SEG-{number:02d}"


def overlaps(champion: Codes, challenger: Codes, shape: tuple[int, int]) -> Counts:
    """Accounts by (champion's segment, challenger's segment). champion, challenger: (n,) positions, same accounts."""
    flat = np.bincount(champion * shape[1] + challenger, minlength=shape[0] * shape[1])
    return flat.reshape(shape).astype(np.float64)


def matched(counts: Counts) -> dict[int, int]:
    """The champion's segment that each challenger's is, by position, where the two overlap by 0.3 (Jaccard) or more.

    The assignment with the largest sum of overlaps (Kuhn 1955).
    """
    from scipy.optimize import linear_sum_assignment

    union = counts.sum(axis=1, keepdims=True) + counts.sum(axis=0, keepdims=True) - counts
    jaccard = np.divide(counts, union, out=np.zeros_like(counts), where=union > 0)
    rows, columns = linear_sum_assignment(jaccard, maximize=True)
    return {
        int(column): int(row)
        for row, column in zip(rows, columns, strict=True)
        if jaccard[row, column] >= SMALLEST_OVERLAP
    }


def first_ids(accounts: Sequence[int], rates: Sequence[float | None]) -> list[str]:
    """Ids of a first refresh: by conversion rate where outcomes are known, else by accounts, largest first."""
    order = sorted(range(len(accounts)), key=lambda segment: (-(rates[segment] or 0.0), -accounts[segment], segment))
    return [segment_id(order.index(segment) + 1) for segment in range(len(accounts))]


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


def ended(
    pairs: dict[int, int], champion: Sequence[tuple[str, str]], ids: Sequence[str], counts: Counts
) -> list[Tombstone]:
    """Tombstones of the champion's (segment_id, name) that no segment continues."""
    tombs = []
    for position, (old_id, name) in enumerate(champion):
        if position in pairs.values():
            continue
        heir = ids[int(np.argmax(counts[position]))] if counts[position].sum() else None
        tombs.append(Tombstone(old_id, name, heir))
    return tombs


def churn(counts: Counts, pairs: dict[int, int]) -> float:
    """The share of accounts whose segment a refresh alone moves: same accounts and values, two sets of definitions."""
    stayed = sum(counts[row, column] for column, row in pairs.items())
    total = counts.sum()
    return float(1.0 - stayed / total) if total else 0.0

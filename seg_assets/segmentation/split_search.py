"""The best split of some accounts, all candidates in one pass over them.

Belongs here: the target's sums by bin, what each split gains, which of equal splits is taken.
Does not: which splits there are (candidates.py), the tree that they make and its champion (tree.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
import numpy.typing as npt

from seg_assets.segmentation.balance import Matrix
from seg_assets.segmentation.candidates import Candidate, Insides
from seg_assets.segmentation.serialise import stable

if TYPE_CHECKING:
    from scipy.sparse import csr_array

# Gains that differ by less are equal: their last digits depend on the processor.
EQUAL = 1e-9
# A familiar question may gain a little less, if it parts the same accounts but for one in twenty: a preference between
# splits that part different accounts would only make chance decide which of the two a refit finds.
CLOSE = 0.05
SAME_ACCOUNTS = 0.95

Positions = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class FoundSplit:
    """A split of `candidate`. inside: (size,), which of its bins lie inside; gain: times the candidate's worth."""

    candidate: Candidate
    inside: Insides
    gain: float


@dataclass(frozen=True, eq=False)
class _Scored:
    """Splits of some accounts. gains: (splits,), -1 where a part is too small; owners: of which candidate; counts: of
    accounts inside; sets: those splits that depend on the accounts, by candidate.
    """

    gains: npt.NDArray[np.float64]
    owners: Positions
    counts: npt.NDArray[np.float64]
    sets: dict[int, Insides]


@dataclass(frozen=True, eq=False)
class SplitSearch:
    """What every search among the same accounts needs: the candidates' bins as columns, side by side.

    target: (n, axes + 1), the last column all 1, so that sums come with counts; starts: (candidates + 1,), the first
    column of each; bins: (n, columns), 1 where the account is in the bin; splits: (splits, columns), those known
    beforehand, 1 where the bin lies inside; owners: (splits,), the position of each one's candidate.
    """

    candidates: Sequence[Candidate]
    target: Matrix
    starts: npt.NDArray[np.int32]
    bins: csr_array
    splits: csr_array
    owners: Positions

    @classmethod
    def of(cls, candidates: Sequence[Candidate], target: Matrix) -> Self:
        """candidates: one or more, with bins of n rows; target: (n, axes), what the parts should be alike in."""
        starts = np.cumsum([0, *(candidate.size for candidate in candidates)], dtype=np.int32)
        codes = np.array([candidate.bins for candidate in candidates]).T + starts[:-1]
        known = [candidate.known_splits() for candidate in candidates]
        inside = [np.nonzero(splits)[1] + start for splits, start in zip(known, starts, strict=False)]
        return cls(
            candidates=candidates,
            target=np.column_stack([target, np.ones(len(target))]),
            starts=starts,
            bins=_ones(codes.ravel(), np.full(len(codes), len(candidates)), starts[-1]),
            splits=_ones(np.concatenate(inside), np.concatenate([splits.sum(axis=1) for splits in known]), starts[-1]),
            owners=np.repeat(np.arange(len(candidates)), [len(splits) for splits in known]),
        )

    def best(self, rows: Positions, smallest: int) -> FoundSplit | None:
        """The split of `rows` into parts of at least `smallest` that gains most, the first candidate's of equal ones.

        A familiar candidate is taken instead where it parts the same accounts but for a few. None where no split
        gains anything.
        """
        scored = self._scored(rows, smallest)
        if scored is None or scored.gains.max() <= 0:
            return None
        best = self._found(scored, scored.gains)
        inside = best.inside[best.candidate.bins[rows]]
        for owner, candidate in enumerate(self.candidates):
            known = np.where(scored.owners == owner, scored.gains, -1.0)
            if not candidate.familiar or known.max() < (1 - CLOSE) * best.gain:
                continue
            other = self._found(scored, known)
            alike = float((other.inside[candidate.bins[rows]] == inside).mean())
            if max(alike, 1 - alike) >= SAME_ACCOUNTS:
                return other
        return best

    def _scored(self, rows: Positions, smallest: int) -> _Scored | None:
        """Every split of `rows` into large enough parts; None where there is none."""
        target = self.target[rows]
        sums = self.bins[rows].T @ target
        sets = self._level_sets(sums)
        owners = np.concatenate([self.owners, *(np.full(len(inside), owner) for owner, inside in sets.items())])
        parts = np.vstack([self.splits @ sums, *(inside @ self._of(owner, sums) for owner, inside in sets.items())])
        total, counts = target.sum(axis=0), parts[:, -1]
        valid = (counts >= smallest) & (len(rows) - counts >= smallest)
        if not valid.any():
            return None
        worth = np.array([candidate.worth for candidate in self.candidates])[owners[valid]]
        gains = np.full(len(owners), -1.0)
        gains[valid] = worth * gain(parts[valid, :-1], counts[valid], total[:-1], float(len(rows)))
        return _Scored(gains, owners, counts, sets)

    def _found(self, scored: _Scored, gains: npt.NDArray[np.float64]) -> FoundSplit:
        """The split with the largest of `gains`, the first candidate's of equal ones, at the roundest threshold."""
        equal = np.flatnonzero(gains >= (1 - EQUAL) * gains.max())
        chosen = equal[np.argmin(scored.owners[equal])]
        owner = int(scored.owners[chosen])
        candidate, own = self.candidates[owner], np.flatnonzero(scored.owners == owner)
        if candidate.thresholds:
            alike = np.flatnonzero(scored.counts[own] == scored.counts[chosen])
            place = _roundest(alike, candidate.thresholds)
        else:
            place = int(np.searchsorted(own, chosen))
        known = candidate.known_splits()
        inside = np.vstack([known, scored.sets[owner]] if owner in scored.sets else [known])
        return FoundSplit(candidate, inside[place], stable(float(gains[chosen])))

    def _level_sets(self, sums: Matrix) -> dict[int, Insides]:
        """The splits that depend on the sums, (splits, size) of each candidate that has some, by its position."""
        return {
            owner: candidate.level_sets(self._of(owner, sums))
            for owner, candidate in enumerate(self.candidates)
            if candidate.has_level_sets
        }

    def _of(self, owner: int, sums: Matrix) -> Matrix:
        """The rows of `sums` that belong to a candidate."""
        return sums[self.starts[owner] : self.starts[owner + 1]]


def gain(part: Matrix, count: object, total: Matrix, rows: float) -> Matrix:
    """How much less the squares within two parts sum to than those of the whole.

    part: (..., axes), the target's sums over one part; count: (...), its accounts; total: (axes,), sums over all rows.
    """
    counts = np.asarray(count, dtype=np.float64)
    rest = total - part
    found: Matrix = (part**2).sum(axis=-1) / counts + (rest**2).sum(axis=-1) / (rows - counts) - (total**2).sum() / rows
    return found


def _ones(columns: npt.NDArray[np.int32], lengths: Positions, width: int) -> csr_array:
    """A sparse table of `width` columns, 1 at `columns`; lengths: how many of them each of its rows has."""
    from scipy.sparse import csr_array

    ends = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    return csr_array((np.ones(len(columns), dtype=np.int8), columns, ends), shape=(len(lengths), int(width)))


def _roundest(steps: Positions, thresholds: Sequence[float]) -> int:
    """Of steps that split alike, the one at a multiple of ten or five, if any, that is nearest to their middle."""
    middle = (thresholds[steps[0]] + thresholds[steps[-1]]) / 2
    for multiple in (10, 5):
        round_ones = [step for step in steps if thresholds[step] % multiple == 0]
        if round_ones:
            return int(min(round_ones, key=lambda step: (abs(thresholds[step] - middle), step)))
    return int(min(steps, key=lambda step: (abs(thresholds[step] - middle), step)))

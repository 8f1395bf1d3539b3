"""The best split of some accounts, all candidates in one pass over them.

Belongs here: the target's sums by bin, what each split gains, which of equal splits is taken.
Does not: which splits there are (candidates.py), which of nearly equal ones is (look_ahead.py), the tree that they make
and its champion (tree.py).
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
class Part:
    """Some of the accounts. rows: (m,) their positions; sums: (columns, axes + 1), of the target over each bin."""

    rows: Positions
    sums: Matrix


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

    def of(self, owner: int) -> npt.NDArray[np.float64]:
        """The gains, -1 for the splits of all other candidates."""
        return np.where(self.owners == owner, self.gains, -1.0)


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

    def part(self, rows: Positions) -> Part:
        """The accounts at the positions `rows`."""
        return Part(rows, self.bins[rows].T @ self.target[rows])

    def parted(self, whole: Part, inside: npt.NDArray[np.bool_]) -> tuple[Part, Part]:
        """The accounts of `whole` that are `inside` and the others. Only the smaller part's sums are looked up."""
        if 2 * inside.sum() > len(inside):
            return self.parted(whole, ~inside)[::-1]
        part = self.part(whole.rows[inside])
        return part, Part(whole.rows[~inside], whole.sums - part.sums)

    def best(self, rows: Positions, smallest: int) -> FoundSplit | None:
        """The split of `rows` into parts of at least `smallest` that gains most, the first candidate's of equal ones.

        A familiar candidate is taken instead where it parts the same accounts but for a few. None where no split
        gains anything.
        """
        return next(iter(self.nearly_best(self.part(rows), smallest, 0.0)), None)

    def nearly_best(self, part: Part, smallest: int, lack: float) -> list[FoundSplit]:
        """What `best` finds and then, best first, the best split of each other candidate that gains nearly as much.

        lack: the share of the best one's gain that another may lack. Of splits that part the same accounts but for a
        few only the first is there. Empty where no split gains anything.
        """
        scored = self._scored(part, smallest)
        if scored is None or scored.gains.max() <= 0:
            return []
        splits = [self._found(scored, scored.gains)]
        if lack:
            most = np.full(len(self.candidates), -1.0)
            np.maximum.at(most, scored.owners, scored.gains)
            near = np.flatnonzero(most >= (1 - lack) * splits[0].gain).tolist()
            splits += sorted((self._found(scored, scored.of(owner)) for owner in near), key=lambda split: -split.gain)
        found: list[FoundSplit] = []
        insides: list[npt.NDArray[np.bool_]] = []
        for split in splits:
            inside = split.inside[split.candidate.bins[part.rows]]
            if not any(_same(inside, other) for other in insides):
                found.append(self._familiar(split, inside, part.rows, scored))
                insides.append(inside)
        return found

    def most(self, part: Part, smallest: int) -> float:
        """What the best split of `part` gains, 0 where none does."""
        scored = self._scored(part, smallest)
        return 0.0 if scored is None else max(stable(float(scored.gains.max())), 0.0)

    def _familiar(
        self, split: FoundSplit, inside: npt.NDArray[np.bool_], rows: Positions, scored: _Scored
    ) -> FoundSplit:
        """The split of a familiar candidate that parts `rows` as `split` does but for a few; else `split`."""
        for owner, candidate in enumerate(self.candidates):
            if not candidate.familiar or scored.of(owner).max() < (1 - CLOSE) * split.gain:
                continue
            other = self._found(scored, scored.of(owner))
            if _same(other.inside[candidate.bins[rows]], inside):
                return other
        return split

    def _scored(self, part: Part, smallest: int) -> _Scored | None:
        """Every split of `part` into two that are large enough; None where there is none."""
        count = len(part.rows)
        if count < 2 * smallest:
            return None
        sets = self._level_sets(part.sums)
        owners = np.concatenate([self.owners, *(np.full(len(inside), owner) for owner, inside in sets.items())])
        insides = (inside @ self._of(owner, part.sums) for owner, inside in sets.items())
        sums = np.vstack([self.splits @ part.sums, *insides])
        total, counts = self._of(0, part.sums).sum(axis=0), sums[:, -1]
        valid = (counts >= smallest) & (count - counts >= smallest)
        if not valid.any():
            return None
        worth = np.array([candidate.worth for candidate in self.candidates])[owners[valid]]
        gains = np.full(len(owners), -1.0)
        gains[valid] = worth * gain(sums[valid, :-1], counts[valid], total[:-1], float(count))
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


def _same(inside: npt.NDArray[np.bool_], other: npt.NDArray[np.bool_]) -> bool:
    """Whether two splits part the same accounts but for a few, whichever side each calls the inside."""
    alike = float((inside == other).mean())
    return max(alike, 1 - alike) >= SAME_ACCOUNTS


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

"""Which number of segments, and why, as a sentence.

Belongs here: the choice among judged numbers of segments.
Does not: the judgements (gates.py), growing the segments (growing.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from seg_assets.segmentation.count.gates import CountGate
from seg_assets.segmentation.count.prospects import Prospect, difference
from seg_assets.segmentation.stability.verdict import Gate

EVERYONE = 1


@dataclass(frozen=True, eq=False)
class Judged:
    """One number of segments. worst_jaccard: of its segments; tells: whether it tells outcome or value at all;
    prospect: on the months that select, None where history is too short.
    """

    count: int
    gates: tuple[CountGate, ...]
    worst_jaccard: float
    tells: bool
    prospect: Prospect | None

    @property
    def state(self) -> Gate:
        """The worst of its gates."""
        states = {gate.state for gate in self.gates}
        return next((state for state in (Gate.BLOCK, Gate.WARN) if state in states), Gate.PASS)

    @property
    def blocked(self) -> int:
        """How many gates stop it."""
        return sum(gate.state is Gate.BLOCK for gate in self.gates)

    def failed(self) -> str:
        """What does not pass, with figures."""
        return "; ".join(f"{g.name}: {g.seen} (asked {g.limit})" for g in self.gates if g.state is not Gate.PASS)


@dataclass(frozen=True)
class Choice:
    """How many segments; 1 for no stable segmentation. state: of its gates; a blocked one is never promoted over a
    champion.
    """

    count: int
    state: Gate
    sentence: str


def not_split(fewest: int) -> Choice:
    """The choice where accounts are too few, or too alike, for the fewest segments that are wanted."""
    said = f"No segmentation: the accounts cannot be split into {fewest} segments of the least size."
    return Choice(EVERYONE, Gate.BLOCK, said)


def choose(
    judged: Sequence[Judged], *, default: int, champion: int | None, reproducible: float, tie: float, history: str = ""
) -> Choice:
    """The number of segments that ranks best among those that pass; of equals the smaller.

    Where none passes, the one that the fewest gates stop, blocked: a first model has to score with something.

    default: what is taken where history is too short to rank; champion: the number in force, which moves only for a
    significant gain; reproducible: the worst Jaccard below which nothing came back; tie: AUC, gains below it are none;
    history: why nothing can be ranked; judged: one at least.
    """
    best_jaccard = max(one.worst_jaccard for one in judged)
    if best_jaccard < reproducible:
        said = f"No stable segmentation: the worst segment's Jaccard is {best_jaccard:.2f} at best,"
        return Choice(EVERYONE, Gate.BLOCK, f"{said} below {reproducible:.2f}, over all numbers of segments.")
    if not any(one.tells for one in judged):
        said = "No stable segmentation: segments differ neither in outcome, beyond permuted labels, nor in value"
        return Choice(EVERYONE, Gate.BLOCK, f"{said}, at any number of them.")
    wanted = default if champion is None else champion
    passing = [one for one in judged if one.state is Gate.PASS]
    # The number in force may warn: figures near a cutoff must not move segments that nothing gains by moving.
    pool = passing or [one for one in judged if one.state is Gate.WARN]
    pool += [one for one in judged if passing and one.count == champion and one.state is Gate.WARN]
    if not pool:
        least = min(one.blocked for one in judged)
        taken = _nearest([one for one in judged if one.blocked == least], wanted)
        said = f"No number of segments passes; {taken.count} is stopped by least, and fails {taken.failed()}."
        return Choice(taken.count, Gate.BLOCK, said)
    ranked = [one for one in pool if one.prospect is not None]
    return _ranked(ranked, champion, tie) if ranked else _unranked(pool, wanted, history)


def _nearest(judged: Sequence[Judged], wanted: int) -> Judged:
    return min(judged, key=lambda one: (abs(one.count - wanted), one.count))


def _passing(pool: Sequence[Judged]) -> str:
    passing = [one for one in pool if one.state is Gate.PASS]
    counts = ", ".join(str(one.count) for one in passing or pool)
    how = "pass every gate" if passing else "pass with warnings, none without"
    warned = f", {pool[-1].count} in force with a warning" if passing and pool[-1] not in passing else ""
    return f"{counts} {how}{warned}"


def _unranked(pool: Sequence[Judged], wanted: int, history: str) -> Choice:
    taken = _nearest(pool, wanted)
    which = "the usual number" if taken.count == wanted else f"the nearest to the usual {wanted}"
    said = f"{taken.count} segments, {which} that holds: {history}; {_passing(pool)}."
    return Choice(taken.count, taken.state, said)


def _ranked(pool: Sequence[Judged], champion: int | None, tie: float) -> Choice:
    best = max(pool, key=lambda one: (_auc(one), -one.count))
    taken = next(one for one in sorted(pool, key=lambda one: one.count) if not _gains(best, one, tie))
    in_force = next((one for one in pool if one.count == champion), None)
    ends = f"{_passing(pool)}, the best ranks at AUC {_auc(best):.3f} with {best.count}"
    if in_force is None or taken is in_force:
        why = "ranks best" if taken is best else "is the smallest number that ranks as well as the best"
        gone = f", {champion} of the champion does not pass" if champion is not None and in_force is None else ""
        return Choice(taken.count, taken.state, f"{taken.count} segments: AUC {_auc(taken):.3f} {why}; {ends}{gone}.")
    gain = difference(_known(taken), _known(in_force))
    told = f"AUC {gain.value:+.4f} [{gain.low:+.4f}, {gain.high:+.4f}]"
    if _gains(taken, in_force, tie):
        said = f"{taken.count} segments instead of {in_force.count}: a significant gain of {told}; {ends}."
        return Choice(taken.count, taken.state, said)
    said = f"{in_force.count} segments stay: {taken.count} would be {told}, no significant gain; {ends}."
    return Choice(in_force.count, in_force.state, said)


def _known(one: Judged) -> Prospect:
    if one.prospect is None:
        raise ValueError(f"{one.count} segments were not ranked")
    return one.prospect


def _auc(one: Judged) -> float:
    return _known(one).auc.value


def _gains(one: Judged, other: Judged, tie: float) -> bool:
    """Whether `one` ranks better than `other` beyond the tie, and beyond chance."""
    gain = difference(_known(one), _known(other))
    return gain.value >= tie and gain.low > 0

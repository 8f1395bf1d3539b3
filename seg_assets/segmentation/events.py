"""What became of the segments: lived on, split, merged, ended, born.

Belongs here: the transitions between two sets of definitions over the same accounts, in words; tombstones.
Does not: which id a new segment gets (matching.py), accounts that move between segments (migrations.py).

Source: MONIC, Spiliopoulou, Ntoutsi, Theodoridis and Schult 2006: a cluster survives in one that holds 0.7 of it,
is split where several hold 0.3 each and 0.7 together, is absorbed where others survive in the same one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from seg_assets.segmentation.matching import Counts

SURVIVES = 0.7
PART = 0.3

Kind = Literal["survived", "changed", "split", "merged", "died", "born"]
Fate = Literal["split", "merged", "died"]


@dataclass(frozen=True)
class Tombstone:
    """A segment_id that has ended, never to be used again. heirs: the ids that hold its accounts, none for died."""

    segment_id: str
    name: str
    fate: Fate
    heirs: tuple[str, ...]

    @property
    def words(self) -> str:
        """What became of it: "merged into SEG-02"."""
        return f"{self.fate} into {' and '.join(self.heirs)}" if self.heirs else "its accounts are in no one segment"


@dataclass(frozen=True)
class Transition:
    """What became of segments, by position. before is empty for a birth, after for a death."""

    kind: Kind
    before: tuple[int, ...]
    after: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Overlap:
    """Accounts under two sets of definitions. before, after: (segment_id, name) of each segment, in order.

    accounts, arr: (before, after) of the accounts in both snapshots; came, arr_came: (after,) of the accounts that only
    the later snapshot has. arr is USD a year; both None where the catalogue has no value.
    """

    before: tuple[tuple[str, str], ...]
    after: tuple[tuple[str, str], ...]
    accounts: Counts
    came: Counts
    arr: Counts | None = None
    arr_came: Counts | None = None


@dataclass(frozen=True)
class Event:
    """One thing that happened to segments, and how much went along.

    accounts, arr: those of the segments before that are in the segments after; all of a segment that died or was born.
    share: `accounts` over the accounts before; for a death the most that any one segment holds of it; for a birth its
    share of all accounts now.
    """

    kind: Kind
    before: tuple[str, ...]
    after: tuple[str, ...]
    accounts: int
    arr: float | None
    share: float
    says: str


def transitions(counts: Counts, pairs: Mapping[int, int]) -> tuple[Transition, ...]:
    """What became of every segment before, then the births. counts: (before, after) accounts in common.

    pairs: after to before, where the id lives on (`matching.matched`). Every segment before is in one transition; one
    after is born where it is in no other. MONIC's rules decide; an id that lives on although they would call it a
    death is `changed`, and one that ends in a segment of another id is merged into it.
    """
    follows = {old: new for new, old in pairs.items()}
    fates = {old: _fate(counts, old, follows.get(old)) for old in range(counts.shape[0])}
    into: dict[int, list[int]] = {}
    found: list[Transition] = []
    for old, (kind, after) in fates.items():
        if kind == "survived":
            into.setdefault(after[0], []).append(old)
        else:
            found.append(Transition(kind, (old,), after))
    for new, olds in into.items():
        alone = len(olds) == 1 and pairs.get(new) == olds[0]
        found.append(Transition("survived" if alone else "merged", tuple(olds), (new,)))
    found.sort(key=lambda transition: transition.before)
    taken = {new for transition in found for new in transition.after}
    return (*found, *(Transition("born", (), (new,)) for new in range(counts.shape[1]) if new not in taken))


def ended(
    pairs: Mapping[int, int], champion: Sequence[tuple[str, str]], ids: Sequence[str], counts: Counts
) -> list[Tombstone]:
    """Tombstones of the champion's (segment_id, name) that no segment continues.

    pairs, counts: as `transitions` takes them; ids: of the segments after.
    """
    tombs = []
    for position, (old_id, name) in enumerate(champion):
        if position in pairs.values():
            continue
        kind, after = _fate(counts, position, None)
        fate: Fate = "split" if kind == "split" else "merged" if after else "died"
        tombs.append(Tombstone(old_id, name, fate, tuple(ids[new] for new in after)))
    return tombs


def events(overlap: Overlap) -> tuple[Event, ...]:
    """What happened to the segments, a sentence each: every segment before, then the births."""
    old_ids = [segment for segment, _ in overlap.before]
    pairs = {new: old_ids.index(segment) for new, (segment, _) in enumerate(overlap.after) if segment in old_ids}
    return tuple(_event(transition, overlap) for transition in transitions(overlap.accounts, pairs))


def _fate(counts: Counts, old: int, continued: int | None) -> tuple[Kind, tuple[int, ...]]:
    """MONIC's verdict on one segment before, and where it is after; `continued` bears its id, None where that ended."""
    row, size = counts[old], counts[old].sum()
    parts = [int(new) for new in np.flatnonzero(row >= PART * size)] if size else []
    whole = [new for new in parts if row[new] >= SURVIVES * size]
    if continued is not None and not size and not counts[:, continued].any():
        return "survived", (continued,)
    if whole and continued in (None, whole[0]):
        return "survived", (whole[0],)
    if not whole and row[parts].sum() >= SURVIVES * size and size:
        return "split", tuple(sorted({*parts, *([] if continued is None else [continued])}))
    return ("died", ()) if continued is None else ("changed", (continued,))


def _event(transition: Transition, overlap: Overlap) -> Event:
    before, after = list(transition.before), list(transition.after)
    own, there = overlap.accounts[before], overlap.accounts[np.ix_(before, after)]
    match transition.kind:
        case "born":
            accounts = overlap.accounts[:, after].sum() + overlap.came[after].sum()
            share = accounts / max(overlap.accounts.sum() + overlap.came.sum(), 1)
        case "died":
            accounts = own.sum()
            share = own.max() / accounts if accounts else 0.0
        case _:
            accounts = there.sum()
            share = accounts / own.sum() if own.sum() else 1.0
    return Event(
        kind=transition.kind,
        before=tuple(overlap.before[old][0] for old in before),
        after=tuple(overlap.after[new][0] for new in after),
        accounts=int(accounts),
        arr=_arr(transition, overlap),
        share=float(share),
        says=_sentence(transition, overlap, float(share)),
    )


def _arr(transition: Transition, overlap: Overlap) -> float | None:
    if overlap.arr is None or overlap.arr_came is None:
        return None
    before, after = list(transition.before), list(transition.after)
    if transition.kind == "born":
        return float(overlap.arr[:, after].sum() + overlap.arr_came[after].sum())
    return float(overlap.arr[before].sum() if transition.kind == "died" else overlap.arr[np.ix_(before, after)].sum())


def _sentence(transition: Transition, overlap: Overlap, share: float) -> str:
    olds, news = [overlap.before[old] for old in transition.before], [overlap.after[new] for new in transition.after]
    accounts = f"{overlap.accounts[list(transition.before)].sum():,.0f} accounts"
    match transition.kind:
        case "survived":
            return f"{_called(news)} lives on with {share:.1%} of its {accounts}."
        case "changed":
            return f"{_called(news)} keeps its id with only {share:.1%} of its {accounts}."
        case "split":
            return f"{_called(olds)} was split into {_called(news)}: they hold {share:.1%} of its {accounts}."
        case "merged":
            gone = [old for old in olds if old[0] != news[0][0]]
            were = "were" if len(gone) > 1 else "was"
            return f"{_called(gone)} {were} merged into {_called(news)}, which holds {share:.1%} of the {accounts}."
        case "died":
            return f"{_called(olds)} ended: no segment holds more than {share:.1%} of its {accounts}."
        case "born":
            came = overlap.came[list(transition.after)].sum()
            own = overlap.accounts[:, list(transition.after)].sum() + came
            return (
                f"{_called(news)} is new: {own:,.0f} accounts, {share:.1%} of all; {came:,.0f} of them were not there "
                "at the refresh before."
            )


def _called(segments: Sequence[tuple[str, str]]) -> str:
    """ "SEG-01 Customer, large firm and SEG-02 Trial"."""
    return " and ".join(f"{segment} {name}".strip() for segment, name in segments)

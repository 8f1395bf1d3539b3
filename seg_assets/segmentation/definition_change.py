"""What changes when one set of definitions takes the place of another, on the same accounts.

Belongs here: segments before and after, who moves where, figures of both, plays, ids that end and their heirs.
Does not: accounts whose values changed (migrations.py), how the note reads (seg_assets/reports/release_note.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from seg_assets.segmentation.clustering import explained_variance
from seg_assets.segmentation.coding import coded
from seg_assets.segmentation.comparison import ranked_by_both
from seg_assets.segmentation.events import Tombstone, ended
from seg_assets.segmentation.fit_figures import YARDSTICK_ROWS, standing
from seg_assets.segmentation.matching import overlaps
from seg_assets.segmentation.migrations import memberships
from seg_assets.segmentation.model import Segment, Segmentation
from seg_assets.segmentation.outcomes import Outcomes
from seg_assets.segmentation.sampling import hash_sample
from seg_assets.segmentation.threshold_drift import threshold_drift

MOVES = pl.Schema(
    {"from_segment_id": pl.String(), "to_segment_id": pl.String(), "accounts": pl.Int64(), "arr": pl.Float64()}
)


@dataclass(frozen=True)
class Side:
    """A segment under one set of definitions. definition: in words; arr: USD a year, None without a value feature."""

    name: str
    definition: str
    play: str | None
    accounts: int
    arr: float | None


@dataclass(frozen=True)
class SegmentChange:
    """A segment_id before and after; None where it is not there."""

    segment_id: str
    before: Side | None
    after: Side | None


@dataclass(frozen=True)
class FigureChange:
    """A figure of all segments together, before and after; None where it cannot be told."""

    figure: str
    before: float | None
    after: float | None


@dataclass(frozen=True, eq=False)
class DefinitionChange:
    """moves: accounts that change segment, columns as MOVES, the most first; borders: sentences on thresholds.

    retired: ids that end, with their heirs; plays_added, plays_dropped: plays that no segment had, or has any more.
    """

    segments: tuple[SegmentChange, ...]
    accounts: int
    moved: int
    moved_arr: float | None
    moves: pl.DataFrame
    figures: tuple[FigureChange, ...]
    borders: tuple[str, ...]
    plays_added: tuple[str, ...]
    plays_dropped: tuple[str, ...]
    retired: tuple[Tombstone, ...]


def definition_change(
    before: Segmentation | None,
    after: Segmentation,
    snapshot: pl.DataFrame,
    value_feature: str | None,
    outcomes: Outcomes | None,
    *,
    horizon_days: int,
    seed: int = 0,
) -> DefinitionChange:
    """What `after` changes for the accounts of `snapshot`; before: None for the first definitions of all.

    snapshot: account rows with the required columns of both, and the value feature. Every figure is of both on the same
    accounts; AUC is on the newest matured snapshot, by rates of an earlier one, None where too few have converted.
    """
    now = memberships(after, snapshot, value_feature)
    was = None if before is None else memberships(before, snapshot, value_feature)
    moves = pl.DataFrame(schema=MOVES) if was is None else _moves(was, now)
    plays_before = _plays(before) if before else []
    plays_after = _plays(after)
    return DefinitionChange(
        segments=tuple(_segments(before, after, was, now)),
        accounts=snapshot.height,
        moved=int(moves["accounts"].sum()),
        moved_arr=None if value_feature is None else float(moves["arr"].sum()),
        moves=moves,
        figures=(
            *_figures(before, after, snapshot, was, now),
            *_auc(before, after, outcomes, horizon_days=horizon_days, seed=seed),
        ),
        borders=_borders(before, after),
        plays_added=tuple(play for play in plays_after if play not in plays_before),
        plays_dropped=tuple(play for play in plays_before if play not in plays_after),
        retired=() if before is None else _retired(before, after, snapshot),
    )


def _moves(was: pl.DataFrame, now: pl.DataFrame) -> pl.DataFrame:
    both = now.join(was.select("account_id", from_segment_id="segment_id"), on="account_id")
    return (
        # Sums of floats depend on their order.
        both.sort("account_id")
        .rename({"segment_id": "to_segment_id"})
        .filter(pl.col("from_segment_id") != pl.col("to_segment_id"))
        .group_by("from_segment_id", "to_segment_id")
        .agg(
            pl.len().cast(pl.Int64).alias("accounts"),
            pl.when(pl.col("arr").count() > 0).then(pl.col("arr").sum()).alias("arr"),
        )
        .select(pl.col(name).cast(dtype) for name, dtype in MOVES.items())
        .sort(-pl.col("accounts"), "from_segment_id", "to_segment_id")
    )


def _segments(
    before: Segmentation | None, after: Segmentation, was: pl.DataFrame | None, now: pl.DataFrame
) -> Iterator[SegmentChange]:
    sides: list[dict[str, Side]] = []
    for segmentation, members in ((before, was), (after, now)):
        if segmentation is None or members is None:
            sides.append({})
            continue
        held = (
            members.sort("account_id")
            .group_by("segment_id")
            .agg(pl.len(), pl.col("arr").sum(), known=pl.col("arr").count() > 0)
        )
        found = {row[0]: row[1:] for row in held.iter_rows()}
        sides.append({one.segment_id: _side(segmentation, one, found) for one in segmentation.segments})
    for segment_id in sorted({*sides[0], *sides[1]}):
        yield SegmentChange(segment_id, sides[0].get(segment_id), sides[1].get(segment_id))


def _side(segmentation: Segmentation, segment: Segment, held: dict[str, tuple[int, float, bool]]) -> Side:
    accounts, arr, known = held.get(segment.segment_id, (0, 0.0, True))
    words = segmentation.words(segment)
    return Side(segment.name, words, segment.play, accounts, arr if known else None)


def _figures(
    before: Segmentation | None,
    after: Segmentation,
    snapshot: pl.DataFrame,
    was: pl.DataFrame | None,
    now: pl.DataFrame,
) -> Iterator[FigureChange]:
    sides = [(before, was), (after, now)]
    yield FigureChange("segments", *(None if side is None else float(len(side.segments)) for side, _ in sides))
    shares = [
        None if members is None else members["segment_id"].value_counts()["count"] / max(members.height, 1)
        for _, members in sides
    ]
    yield FigureChange("smallest_share", *(None if share is None else _number(share.min()) for share in shares))
    yield FigureChange("largest_share", *(None if share is None else _number(share.max()) for share in shares))
    if after.index_set.names:
        sample = hash_sample(snapshot).head(YARDSTICK_ROWS)
        points = standing(after, sample)
        explained = [
            None if side is None else explained_variance(points, coded(side, sample)[1].to_numpy().astype(np.intp))
            for side, _ in sides
        ]
        yield FigureChange("explained_variance", *explained)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _auc(
    before: Segmentation | None, after: Segmentation, outcomes: Outcomes | None, *, horizon_days: int, seed: int
) -> Iterator[FigureChange]:
    found = ranked_by_both(after, before or after, outcomes, horizon_days=horizon_days, seed=seed)
    if found is not None:
        new, old = found
        yield FigureChange("auc", None if before is None else old.auc.value, new.auc.value)


def _borders(before: Segmentation | None, after: Segmentation) -> tuple[str, ...]:
    if before is None:
        return ()
    return tuple(drift.says for drift in threshold_drift(before, after) if drift.before != drift.after)


def _plays(segmentation: Segmentation) -> list[str]:
    return list(dict.fromkeys(segment.play for segment in segmentation.segments if segment.play))


def _retired(before: Segmentation, after: Segmentation, snapshot: pl.DataFrame) -> tuple[Tombstone, ...]:
    """The ids of `before` that `after` has not, with the segments of `after` that hold their accounts.

    As the refresh recorded it, where it did: a rollback ends ids too, and no refresh has a tombstone for these.
    """
    recorded = {tombstone.segment_id: tombstone for tombstone in after.tombstones}
    ids = [segment.segment_id for segment in after.segments]
    old = [(segment.segment_id, segment.name) for segment in before.segments]
    pairs = {ids.index(segment): place for place, (segment, _) in enumerate(old) if segment in ids}
    rows, columns = (coded(side, snapshot)[1].to_numpy().astype(np.intp) for side in (before, after))
    found = ended(pairs, old, ids, overlaps(rows, columns, (len(old), len(ids))))
    return tuple(recorded.get(tombstone.segment_id, tombstone) for tombstone in found)

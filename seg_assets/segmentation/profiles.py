"""The segment book's table: what each segment is, has and does.

Belongs here: sizes, value, conversions with intervals, differences, a row a segment.
Does not: pages (reports/), which segment an account is in (model.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

import polars as pl

from seg_assets.catalogs import Catalogue
from seg_assets.segmentation.differences import differences
from seg_assets.segmentation.model import Segmentation
from seg_assets.segmentation.outcomes import CONVERTED, Outcomes
from seg_assets.segmentation.portraits import portraits
from seg_assets.segmentation.scoring import SEGMENT, with_segment
from seg_assets.segmentation.wording import Vocabulary

Z_95 = 1.959964
# Natural or reproducible would need the null population and the resampling of the stability report.
KIND = "constructed"

SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "segment_id": pl.String,
    "name": pl.String,
    "definition": pl.String,
    "definition_sql": pl.String,
    "accounts": pl.Int64,
    "account_share": pl.Float64,
    "arr": pl.Float64,
    "arr_share": pl.Float64,
    "conversions": pl.Int64,
    "conversion_rate": pl.Float64,
    "conversion_low": pl.Float64,
    "conversion_high": pl.Float64,
    "index_means": pl.List(pl.Struct({"index": pl.String, "mean": pl.Float64})),
    "differences": pl.List(pl.String),
    "play": pl.String,
    "action": pl.String,
    "kind": pl.String,
}


def profile(
    segmentation: Segmentation, snapshot: pl.DataFrame, catalogue: Catalogue, outcomes: Outcomes | None
) -> pl.DataFrame:
    """A row a segment, as the contract's `segment_profiles` without service_month and definition_version.

    arr: the sum of the catalogue's value feature, null without one; conversions, conversion_rate and its 95 % Wilson
    interval (conversion_low, conversion_high): over matured, eligible accounts, null without outcomes; differences:
    what differs most from everyone else, in units; kind: "constructed" (exact rules, not shown to be natural groups)
    until a test against a population without groups says otherwise.
    """
    frame, code = coded(segmentation, snapshot)
    count = len(segmentation.segments)
    pictures = portraits(frame, code, count, catalogue, segmentation.index_set)
    vocabulary = Vocabulary.of(catalogue, segmentation.index_set)
    values = _values(snapshot, code, count, catalogue.value_feature)
    results = conversions(segmentation, outcomes)
    rows = []
    for position, segment in enumerate(segmentation.segments):
        picture = pictures[position]
        rows.append(
            {
                "segment_id": segment.segment_id,
                "name": segment.name,
                "definition": segmentation.words(segment),
                "definition_sql": segment.definition.sql(),
                "accounts": picture.accounts,
                "account_share": picture.share,
                "arr": values[position] if values else None,
                "arr_share": values[position] / sum(values) if values and sum(values) else None,
                **results[position],
                "index_means": [{"index": name, "mean": mean} for name, mean in picture.indices.items()],
                "differences": differences(pictures, position, vocabulary),
                "play": segment.play,
                "action": segment.action,
                "kind": KIND,
            }
        )
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def coded(segmentation: Segmentation, snapshot: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
    """The snapshot with its indices, and each account's segment by position, UInt32."""
    frame = snapshot.with_columns(segmentation.index_set.expressions())
    return frame, with_segment(frame.lazy(), segmentation.definitions).select(SEGMENT).collect().to_series()


def conversions(segmentation: Segmentation, outcomes: Outcomes | None) -> list[dict[str, float | int | None]]:
    """conversions, conversion_rate, conversion_low, conversion_high of each segment; None without outcomes."""
    unknown: dict[str, float | int | None] = dict.fromkeys(
        ("conversions", "conversion_rate", "conversion_low", "conversion_high")
    )
    if outcomes is None:
        return [dict(unknown) for _ in segmentation.segments]
    counted = (
        with_segment(outcomes.frame.with_columns(segmentation.index_set.expressions()), segmentation.definitions)
        .group_by(SEGMENT)
        .agg(pl.len().alias("accounts"), pl.col(CONVERTED).sum())
        .collect()
    )
    by_segment = {segment: (accounts, hits) for segment, accounts, hits in counted.iter_rows()}
    found = []
    for position in range(len(segmentation.segments)):
        accounts, hits = by_segment.get(position, (0, 0))
        low, high = wilson(hits, accounts) if accounts else (None, None)
        rate = hits / accounts if accounts else None
        found.append(
            unknown | {"conversions": hits, "conversion_rate": rate, "conversion_low": low, "conversion_high": high}
        )
    return found


def wilson(hits: int, trials: int) -> tuple[float, float]:
    """The 95 % score interval of a share. trials > 0. Source: Wilson 1927."""
    p = hits / trials
    spread = Z_95 * sqrt(p * (1 - p) / trials + Z_95**2 / (4 * trials**2))
    centre, scale = p + Z_95**2 / (2 * trials), 1 + Z_95**2 / trials
    low = (centre - spread) / scale if hits else 0.0
    high = (centre + spread) / scale if hits < trials else 1.0
    return low, high


def _values(snapshot: pl.DataFrame, code: pl.Series, segments: int, feature: str | None) -> Sequence[float]:
    if feature is None:
        return ()
    value = pl.when(pl.col(feature).is_finite()).then(pl.col(feature)).sum()
    sums = dict(snapshot.group_by(code.alias("__segment")).agg(value).iter_rows())
    return [float(sums.get(segment) or 0.0) for segment in range(segments)]

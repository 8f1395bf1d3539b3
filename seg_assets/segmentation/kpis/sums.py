"""What is summed of the accounts of each segment for every KPI of one period.

Belongs here: conditions and values of accounts at both ends of a period, and their sums. Does not: what the sums say
(figures.py), which periods there are (periods.py).

Every KPI is a ratio of two sums, of y over x: a share has x = 1, and y = 1 where the account is counted; a mean x = 1
and y the value; retention x the value at the beginning and y that at the end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from seg_assets.catalogs.kpi import Kpi, KpiKind
from seg_assets.catalogs.kpis import GONE, columns_asked
from seg_assets.catalogs.label_language import names_in, parsed
from seg_assets.catalogs.labels import INTENT
from seg_assets.catalogs.model import SEGMENT_ID
from seg_assets.segmentation.label_conditions import expression
from seg_assets.segmentation.model import Segmentation
from seg_assets.segmentation.scoring import SEGMENT, looked_up, with_segment

AT_END = "__end_"
X, Y = "__x", "__y"
DIGITS = 12
"""Of sums that are kept: the same numbers, summed in another order, differ in their last."""


def columns_read(kpis: Sequence[Kpi], segmentation: Segmentation) -> tuple[str, ...]:
    """The columns of account_snapshots that `placed` reads, sorted."""
    indices = _indices(segmentation, columns_asked(kpis))
    roots = {root for index in indices for root in index.meta.root_names()}
    columns = {column for definition in segmentation.definitions for column in definition.columns}
    made = {*segmentation.index_set.names, INTENT}
    return tuple(sorted({"account_id", *roots, *(columns.union(columns_asked(kpis)) - made)}))


def placed(kpis: Sequence[Kpi], segmentation: Segmentation, snapshot: pl.LazyFrame) -> pl.DataFrame:
    """account_id, segment_id (by the definitions alone) and what KPIs ask, of the accounts of a snapshot.

    snapshot: has `columns_read`. Intent is null as long as no outcome was known to fit it on.
    """
    asked = columns_asked(kpis)
    ids = [one.segment_id for one in segmentation.segments]
    there = snapshot.with_columns(_indices(segmentation, asked))
    if segmentation.intent is None:
        there = there.with_columns(pl.lit(None, pl.Float64).alias(INTENT))
    segment = looked_up(ids, pl.col(SEGMENT), pl.String).alias(SEGMENT_ID)
    return with_segment(there, segmentation.definitions).select("account_id", segment, *asked).collect()


def _indices(segmentation: Segmentation, asked: Sequence[str]) -> list[pl.Expr]:
    """The indices that the definitions or KPIs ask: making all of them takes several times as long."""
    wanted = {column for definition in segmentation.definitions for column in definition.columns}.union(asked)
    return [index for index in segmentation.index_set.expressions() if index.meta.output_name() in wanted]


def period_sums(kpis: Sequence[Kpi], begin: pl.DataFrame, end: pl.DataFrame) -> pl.DataFrame:
    """Sums of every KPI over the accounts of one period, by segment and audience. kpis: at least one.

    begin, end: `placed` of both ends of the period. An account is in the segment that it has when `of` is asked.

    Columns: kpi, segment_id, audience (its title; empty where the KPI has none); accounts (asked, and answered),
    unknown (asked, but what is counted or summed is missing), gone (there at the beginning and not at the end), Int64;
    x, y, xx, xy, yy, Float64. No row where nobody is asked.
    """
    later = end.select("account_id", pl.exclude("account_id").name.prefix(AT_END))
    followed = begin.join(later, on="account_id", how="left", maintain_order="left")
    return pl.concat(_sums(kpi, followed if kpi.follows else end) for kpi in kpis)


def _sums(kpi: Kpi, accounts: pl.DataFrame) -> pl.DataFrame:
    audience, x, y = _measured(kpi)
    gone = _is_gone() if kpi.follows else pl.lit(False)
    of = (
        accounts.lazy()
        .filter(_holds(kpi.of, ""))
        .select(SEGMENT_ID, audience.alias("audience"), x.alias(X), y.alias(Y), gone.alias(GONE))
    )
    known = pl.col(X).is_finite() & pl.col(Y).is_finite()
    of = of.filter(pl.col("audience").is_not_null()).with_columns(
        known.fill_null(False).alias("known"), *(pl.when(known).then(name).alias(name) for name in (X, Y))
    )
    return (
        of.group_by(SEGMENT_ID, "audience")
        .agg(
            pl.lit(kpi.name).first().alias("kpi"),
            pl.col("known").sum().cast(pl.Int64).alias("accounts"),
            (~pl.col("known")).sum().cast(pl.Int64).alias("unknown"),
            pl.col(GONE).sum().cast(pl.Int64).alias(GONE),
            **{
                name: product.sum().round_sig_figs(DIGITS)
                for name, product in {
                    "x": pl.col(X),
                    "y": pl.col(Y),
                    "xx": pl.col(X) ** 2,
                    "xy": pl.col(X) * pl.col(Y),
                    "yy": pl.col(Y) ** 2,
                }.items()
            },
        )
        .sort(SEGMENT_ID, "audience")
        .collect()
    )


def _measured(kpi: Kpi) -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    """Each account's audience (null: in none), x and y (null: not known)."""
    one, whole = pl.lit(1.0), pl.lit("")
    if kpi.value is None:
        later = AT_END if kpi.follows else ""
        audience, counted = pl.lit(None, pl.String), pl.lit(None, pl.Float64)
        for each in reversed(kpi.counted):
            among = _holds(each.when, "")
            audience = pl.when(among).then(pl.lit(each.title)).otherwise(audience)
            counted = pl.when(among).then(_holds(each.counts, later).cast(pl.Float64)).otherwise(counted)
        return audience, one, counted
    if kpi.kind is KpiKind.MEAN:
        return whole, one, pl.col(kpi.value).cast(pl.Float64)
    before = pl.col(kpi.value)
    after = pl.when(_is_gone()).then(0.0).otherwise(pl.col(f"{AT_END}{kpi.value}"))
    if kpi.kind is KpiKind.GROSS_RETENTION:
        # Not min_horizontal, which skips what is missing.
        after = pl.when(after > before).then(before).otherwise(after)
    return whole, before, after


def _holds(text: str, prefix: str) -> pl.Expr:
    """The condition, asked of the columns under `prefix`; null where it cannot be told."""
    tree = parsed(text)
    columns: Mapping[str, pl.Expr] = {
        name: _is_gone() if prefix and name == GONE else pl.col(f"{prefix}{name}") for name in names_in(tree)
    }
    return expression(tree, columns)


def _is_gone() -> pl.Expr:
    # Every account that is there has a segment.
    return pl.col(f"{AT_END}{SEGMENT_ID}").is_null()

"""The segments on one screen: what each is, how big, how often it converts, whom one may reach, what to do.

Belongs here: rows of the segment book as text, and the chart of their conversion.
Does not: computing them (segmentation/profiles.py), the page around (conversion_lift.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from seg_assets.catalogs import Catalogue
from seg_assets.reports import numbers
from seg_assets.reports.charts import Point, Role, Words, points
from seg_assets.reports.tables import Drawing, Sheet

LABELS_SHOWN = 4


@dataclass(frozen=True)
class SegmentRow:
    """One segment in words. reach and labels: (what, share) in order; None where what they need has not landed."""

    segment_id: str
    name: str
    definition: str
    accounts: str
    account_share: str
    arr: str
    arr_share: str
    conversion: str
    conversion_interval: str
    reach: tuple[tuple[str, str], ...] | None
    play: str
    action: str
    labels: tuple[tuple[str, str], ...] | None
    differences: tuple[str, ...]
    kind: str


def segment_rows(
    profiles: pl.DataFrame, catalogue: Catalogue, labels: pl.DataFrame | None, reach: pl.DataFrame | None
) -> list[SegmentRow]:
    """A row a segment, the one that converts most often first.

    profiles: rows of segment_profiles of one service month; labels: segment_id, label, accounts, None where no
    labels are given; reach: segment_id, channel, share, None where no consents have landed.
    """
    unit = _value_unit(catalogue)
    titles = {label.name: label.title for label in catalogue.labels}
    rows = sorted(profiles.to_dicts(), key=_order)
    return [_row(row, unit, titles, labels, reach) for row in rows]


def conversion_chart(profiles: pl.DataFrame) -> Drawing | None:
    """How often each segment converts, with intervals; None where no rate is known or all are of too few accounts."""
    shown = [row for row in sorted(profiles.to_dicts(), key=_order) if not _order(row)[0]]
    if not shown:
        return None
    title = "How often the accounts of each segment convert, with 95 % intervals"
    best, last = shown[0], shown[-1]
    words = Words(
        "segment-conversion",
        title,
        f"{best['segment_id']} converts most often, {numbers.share(best['conversion_rate'])}, {last['segment_id']} "
        f"least often, {numbers.share(last['conversion_rate'])}.",
    )
    marks = [
        Point(
            f"{row['segment_id']} {row['name']}",
            row["conversion_rate"],
            row["conversion_low"],
            row["conversion_high"],
            numbers.share(row["conversion_rate"]),
            Role.OURS,
        )
        for row in shown
    ]
    svg = points(words, marks, "accounts that convert, %", percent=True)
    return Drawing(svg, title, _rates_sheet(shown))


def _order(row: dict[str, Any]) -> tuple[bool, float, str]:
    """The highest rate first, segments whose rate is not shown last."""
    hidden = row["conversion_rate"] is None or numbers.few(row["eligible"], row["conversions"])
    return hidden, 0.0 if hidden else -row["conversion_rate"], row["segment_id"]


def _rates_sheet(rows: Sequence[dict[str, Any]]) -> Sheet:
    return Sheet(
        "segment-rates",
        "Conversion of each segment over all months that its rate is learned from",
        ("Segment", "Eligible account-months", "Conversions", "Convert", "95 % interval"),
        [
            (
                f"{row['segment_id']} {row['name']}",
                numbers.count(row["eligible"]),
                numbers.count(row["conversions"]),
                numbers.share(row["conversion_rate"]),
                numbers.share_interval(row["conversion_low"], row["conversion_high"]),
            )
            for row in rows
        ],
        numeric=frozenset({1, 2, 3, 4}),
    )


def _row(
    row: dict[str, Any], unit: str, titles: dict[str, str], labels: pl.DataFrame | None, reach: pl.DataFrame | None
) -> SegmentRow:
    segment_id = row["segment_id"]
    few_accounts = numbers.few(row["accounts"], None)
    return SegmentRow(
        segment_id=segment_id,
        name=row["name"],
        definition=row["definition"],
        accounts=numbers.TOO_FEW if few_accounts else numbers.count(row["accounts"]),
        account_share=numbers.share(row["account_share"]),
        arr=numbers.TOO_FEW if few_accounts else numbers.money(row["arr"], unit),
        arr_share=numbers.share(row["arr_share"]) if row["arr_share"] is not None and not few_accounts else "",
        **_conversion(row),
        reach=None if reach is None else _reach(reach, segment_id, few_accounts),
        play=row["play"] or "no play fits",
        action=row["action"] or "",
        labels=None if labels is None else _labels(labels, segment_id, titles),
        differences=tuple(row["differences"] or ()),
        kind=row["kind"] or "",
    )


def _conversion(row: dict[str, Any]) -> dict[str, str]:
    if row["conversion_rate"] is None:
        return {"conversion": numbers.UNKNOWN, "conversion_interval": "no outcome has matured"}
    if numbers.few(row["eligible"], row["conversions"]):
        return {"conversion": numbers.TOO_FEW, "conversion_interval": ""}
    return {
        "conversion": numbers.share(row["conversion_rate"]),
        "conversion_interval": numbers.share_interval(row["conversion_low"], row["conversion_high"]),
    }


def _reach(reach: pl.DataFrame, segment_id: str, few_accounts: bool) -> tuple[tuple[str, str], ...]:
    own = reach.filter(pl.col("segment_id") == segment_id)
    return tuple(
        (channel, numbers.TOO_FEW if few_accounts else numbers.share(part))
        for channel, part in own.select("channel", "share").iter_rows()
    )


def _labels(labels: pl.DataFrame, segment_id: str, titles: dict[str, str]) -> tuple[tuple[str, str], ...]:
    own = labels.filter(pl.col("segment_id") == segment_id, pl.col("accounts") >= numbers.FEWEST_ACCOUNTS)
    most = own.sort("accounts", "label", descending=[True, False]).head(LABELS_SHOWN)
    return tuple(
        (titles.get(name, name), numbers.count(many)) for name, many in most.select("label", "accounts").iter_rows()
    )


def _value_unit(catalogue: Catalogue) -> str:
    if catalogue.value_feature is None:
        return ""
    return catalogue.feature(catalogue.value_feature).unit or ""

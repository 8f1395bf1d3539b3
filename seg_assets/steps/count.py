"""How many segments a refresh makes: the report on their number, stored before the segments are fitted.

Belongs here: which numbers are judged, writing the report, its figures for the materialization.
Does not: the report itself (segmentation/count/), the fit (steps/fit.py).
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Sequence
from typing import Any

import polars as pl

from resources.lakehouse import Lakehouse
from seg_assets.catalogs import Catalogue
from seg_assets.schemas import SEGMENT_COUNT_REPORT
from seg_assets.segmentation import Segmentation
from seg_assets.segmentation.count.report import CountReport, count_report
from seg_assets.segmentation.count.table import report_markdown, report_rows
from seg_assets.segmentation.stability.births import Birth
from seg_assets.segmentation.stability.verdict import Gate
from seg_assets.steps.refresh_data import RefreshData


def counts_to_judge(catalogue: Catalogue, champion: Segmentation | None, *, every: bool) -> Sequence[int]:
    """Every number of segments that is allowed, or the one in force (at first the usual) and its neighbours."""
    limits = catalogue.limits
    if every:
        return range(limits.fewest_segments, limits.most_segments + 1)
    usual = len(champion.segments) if champion and len(champion.segments) > 1 else limits.segments
    usual = min(max(usual, limits.fewest_segments), limits.most_segments)
    return range(max(usual - 1, limits.fewest_segments), min(usual + 1, limits.most_segments) + 1)


def judge_counts(
    lakehouse: Lakehouse,
    catalogue: Catalogue,
    service_month: dt.date,
    champion: Segmentation | None,
    data: RefreshData,
    before: pl.Series | None,
    births: Sequence[Birth],
    *,
    every: bool,
    seed: int,
) -> tuple[CountReport, dict[str, Any]]:
    """The report of a service month, stored, and figures for its materialization.

    before: account_ids that the champion was fitted on; births: those behind its segments, the oldest first.
    """
    began = time.monotonic()

    def judged(every: bool) -> CountReport:
        return count_report(
            data.snapshot,
            catalogue,
            champion,
            data.outcomes,
            data.history,
            preprocessor=data.preprocessor,
            counts=counts_to_judge(catalogue, champion, every=every),
            seed=seed,
            before=before,
            births=births,
        )

    report = judged(every)
    if champion is None and not every and report.choice.state is Gate.BLOCK:
        # Nothing is in force to fall back on: a first model deserves a look at every number.
        report = judged(True)
    rows = report_rows(report)
    stored = lakehouse.replace(SEGMENT_COUNT_REPORT, rows, service_month)
    return report, {
        "k": report.choice.count,
        "sentence": report.choice.sentence,
        "state": str(report.choice.state),
        "history": report.history,
        "sampled": report.sampled,
        "count_table": report_markdown(rows),
        "dagster/row_count": stored,
        "dagster/uri": lakehouse.uri(SEGMENT_COUNT_REPORT.name),
        "seconds": round(time.monotonic() - began, 3),
    }

"""The lift report as the tables that it is stored in, and test months read back from them.

Belongs here: figures, classes, funnel, controls, verdicts and scores as frames. Does not: the columns' meanings
(lift_schemas.py), writing (steps/lift.py), the words of figures (wording.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from math import isfinite
from typing import Any

import numpy as np
import polars as pl

from seg_assets.lift_schemas import (
    CONVERSION_LIFT_CLASSES,
    CONVERSION_LIFT_CONTROLS,
    CONVERSION_LIFT_FUNNEL,
    CONVERSION_LIFT_REPORT,
    CONVERSION_LIFT_SCORES,
    CONVERSION_LIFT_VERDICTS,
)
from seg_assets.schemas import Table
from seg_assets.segmentation.conversion.candidates.candidate import LeftOut
from seg_assets.segmentation.conversion.candidates.segments import NAME as SEGMENTS
from seg_assets.segmentation.conversion.estimate import Estimate
from seg_assets.segmentation.conversion.figures import AUC, LIFTS, QUALIFIED, Row
from seg_assets.segmentation.conversion.population import ELIGIBLE, HEADLINE, FunnelStep
from seg_assets.segmentation.conversion.ranking import Judged, Ranking
from seg_assets.segmentation.conversion.report import (
    VERDICT_POPULATIONS,
    Look,
    PopulationControl,
    Sheet,
    Test,
    look_words,
    remembered,
)
from seg_assets.segmentation.conversion.verdict import MONITORING
from seg_assets.segmentation.conversion.wording import (
    LEFT_OUT,
    RANK_CORRELATION,
    WORDINGS,
    difference_words,
    figure_words,
)
from seg_assets.segmentation.lift import Interval
from seg_assets.segmentation.rates import wilson

COMPARED = (AUC, LIFTS[20], QUALIFIED)
"""Figures of which segments' difference to every other candidate is told."""

Rows = list[dict[str, Any]]


def figures_table(
    found: Sequence[Sheet],
    left_out: Sequence[LeftOut],
    baseline: str | None,
    trained_on: Sequence[dt.date],
    version: str,
) -> pl.DataFrame:
    """Every figure of every candidate, its difference to `baseline`, and that of segments to every candidate.

    A candidate that could not be judged has one row a population that says why.
    """
    rows: Rows = []
    for sheet in found:
        scene = sheet.scene
        common = {
            "as_of": scene.judged.as_of,
            "population": scene.population.name,
            "population_title": scene.population.title,
            "accounts": sheet.figures.accounts,
            "conversions": sheet.figures.conversions,
            "families": sheet.figures.families,
            "status": MONITORING,
            "trained_on": list(trained_on),
            "definition_version": version,
        }
        for row in _of_sheet(sheet, baseline):
            rows.append(common | row)
        rows += [
            common | _blank(one.name, one.title, LEFT_OUT, f"{one.title}: left out, {one.reason}") for one in left_out
        ]
    return _frame(rows, CONVERSION_LIFT_REPORT)


def _of_sheet(sheet: Sheet, baseline: str | None) -> Iterable[dict[str, Any]]:
    rankings = {ranking.name: ranking for ranking in sheet.scene.rankings}
    there = baseline if baseline in rankings else SEGMENTS
    for row in sheet.figures.rows(there):
        if row.versus is None or row.figure in COMPARED:
            yield _figure(row, rankings)
    for other in rankings:
        for figure in COMPARED if other not in (SEGMENTS, there) else ():
            difference = sheet.figures.difference(SEGMENTS, other, figure)
            if difference is not None:
                yield _figure(Row(SEGMENTS, figure, "", other, *_ends(difference.interval())), rankings)
    for name, estimate in sheet.steady.items():
        if estimate is not None:
            yield _figure(Row(name, RANK_CORRELATION, "", None, *_ends(estimate.interval())), rankings)


def _figure(row: Row, rankings: dict[str, Ranking]) -> dict[str, Any]:
    ranking = rankings[row.candidate]
    ends = (row.value, row.low, row.high)
    says = (
        figure_words(ranking.title, row.figure, row.part, *ends)
        if row.versus is None
        else difference_words(ranking.title, rankings[row.versus].title, row.figure, *ends)
    )
    if row.figure == AUC and ranking.classes is not None and np.ptp(ranking.classes) == 0:
        says += "; all these accounts are in one of its classes, so it ranks nobody above another"
    return {
        "candidate": row.candidate,
        "candidate_title": ranking.title,
        "classes": ranking.count,
        "figure": row.figure,
        "part": row.part,
        "versus": row.versus,
        "value": _known(row.value),
        "low": _known(row.low),
        "high": _known(row.high),
        "unit": WORDINGS[row.figure].unit,
        "says": says,
    }


def _blank(candidate: str, title: str, figure: str, says: str) -> dict[str, Any]:
    empty = dict.fromkeys(("classes", "versus", "value", "low", "high"))
    return empty | {
        "candidate": candidate,
        "candidate_title": title,
        "figure": figure,
        "part": "",
        "unit": "",
        "says": says,
    }


def classes_table(found: Sequence[Sheet]) -> pl.DataFrame:
    """Every class of every candidate in every population, by its rate in training months, the highest first."""
    rows: Rows = []
    for sheet in found:
        for ranking in sheet.scene.rankings:
            rows += _classes(sheet.scene.population.name, sheet.scene.judged, ranking)
    return _frame(rows, CONVERSION_LIFT_CLASSES)


def _classes(population: str, judged: Judged, ranking: Ranking) -> Rows:
    if ranking.classes is None or ranking.count is None:
        return []
    counts = np.bincount(2 * ranking.classes + judged.converted, minlength=2 * ranking.count).reshape(-1, 2)
    expected = np.full(ranking.count, np.nan)
    expected[ranking.classes] = ranking.scores
    rows: Rows = []
    for place in np.lexsort((np.arange(ranking.count), -np.nan_to_num(expected, nan=-1.0))):
        accounts, conversions = int(counts[place].sum()), int(counts[place, 1])
        low, high = wilson(conversions, accounts) if accounts else (None, None)
        rows.append(
            {
                "population": population,
                "candidate": ranking.name,
                "candidate_title": ranking.title,
                "rank": len(rows) + 1,
                "label": ranking.labels[place],
                "accounts": accounts,
                "account_share": accounts / len(judged.converted),
                "conversions": conversions,
                "expected_rate": _known(float(expected[place])),
                "conversion_rate": conversions / accounts if accounts else None,
                "conversion_low": low,
                "conversion_high": high,
            }
        )
    return rows


def funnel_table(steps: Sequence[FunnelStep]) -> pl.DataFrame:
    """The steps in order."""
    rows = [vars(step) | {"position": place} for place, step in enumerate(steps, start=1)]
    return _frame(rows, CONVERSION_LIFT_FUNNEL)


def controls_table(done: Sequence[PopulationControl]) -> pl.DataFrame:
    """A row a control."""
    rows = [
        {
            "population": one.population,
            "control": one.control.name,
            "passed": one.control.passed,
            "expected": one.control.expected,
            "seen": one.control.seen,
        }
        for one in done
    ]
    return _frame(rows, CONVERSION_LIFT_CONTROLS)


def verdicts_table(told: Sequence[Look], due: dt.date) -> pl.DataFrame:
    """A row a look. due: when the verdict of the quarter can be told."""
    rows = []
    for look in told:
        verdict = look.verdict
        difference = _interval(look.difference) if verdict is None else verdict.difference
        lift = _interval(look.lift) if verdict is None else verdict.lift
        rows.append(
            {
                "quarter": look.quarter,
                "look": look.look,
                "months": list(look.months),
                "population": look.population,
                "population_title": look.population_title,
                "versus": look.versus,
                "versus_title": look.versus_title,
                "deciding": look.deciding,
                "verdict": MONITORING if verdict is None else verdict.says.value,
                "says": look_words(look, due),
                "confidence": 0.95 if verdict is None else verdict.confidence,
                "accounts": look.accounts,
                "conversions": look.conversions,
                "missing_conversions": None if verdict is None else verdict.missing,
                **_named(("value", "low", "high"), difference),
                **_named(("lift_value", "lift_low", "lift_high"), lift),
            }
        )
    return _frame(rows, CONVERSION_LIFT_VERDICTS)


def scores_table(found: Sequence[Sheet]) -> pl.DataFrame:
    """What the verdicts of later months need: the accounts, their outcomes, and a column a candidate."""
    parts = []
    for sheet in found:
        if sheet.scene.population.name not in VERDICT_POPULATIONS:
            continue
        judged, rankings = remembered(sheet.scene)
        columns = {
            "as_of": pl.repeat(judged.as_of, len(judged.converted), dtype=pl.Date, eager=True),
            "population": pl.repeat(sheet.scene.population.name, len(judged.converted), eager=True),
            "account_id": judged.account_ids,
            "family": pl.Series(judged.families, dtype=pl.Int64),
            "converted": pl.Series(judged.converted),
        }
        parts.append(pl.DataFrame(columns | {ranking.name: ranking.scores for ranking in rankings}))
    if not parts:
        return pl.DataFrame(schema={n: t for n, t in CONVERSION_LIFT_SCORES.schema.items() if n != "data_month"})
    return pl.concat(parts, how="diagonal")


def tests_of(scores: pl.DataFrame) -> dict[str, list[Test]]:
    """By population the test months that `scores_table` stored, in the order of their dates."""
    known = set(CONVERSION_LIFT_SCORES.schema)
    found: dict[str, list[Test]] = {HEADLINE: [], ELIGIBLE: []}
    for (population, as_of), rows in sorted(
        scores.partition_by("population", "as_of", as_dict=True).items(), key=lambda item: str(item[0][1])
    ):
        judged = Judged(
            account_ids=rows["account_id"],
            converted=rows["converted"].to_numpy(),
            families=rows["family"].to_numpy().astype(np.intp),
            as_of=as_of,
        )
        names = [name for name in rows.columns if name not in known and rows[name].null_count() == 0]
        rankings = tuple(Ranking(name, name, None, None, rows[name].to_numpy()) for name in names)
        found.setdefault(population, []).append((judged, rankings))
    return found


def _frame(rows: Rows, table: Table) -> pl.DataFrame:
    """`rows` with the table's columns and types; the partition column is the writer's."""
    schema = {name: dtype for name, dtype in table.schema.items() if name != table.partition_column}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _interval(estimate: Estimate | None) -> Interval | None:
    return None if estimate is None else estimate.interval()


def _named(names: tuple[str, str, str], interval: Interval | None) -> dict[str, float | None]:
    values = (None, None, None) if interval is None else tuple(_known(end) for end in _ends(interval))
    return dict(zip(names, values, strict=True))


def _ends(interval: Interval) -> tuple[float, float, float]:
    return interval.value, interval.low, interval.high


def _known(value: float) -> float | None:
    return float(value) if isfinite(value) else None

"""The report as tables: what a reader asks is in them, and the year's verdict is put together from them."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from seg_assets.lift_schemas import LIFT_TABLES
from seg_assets.segmentation.conversion import tables
from seg_assets.segmentation.conversion.candidates.candidate import LeftOut
from seg_assets.segmentation.conversion.headline import headline_markdown
from seg_assets.segmentation.conversion.month import judge_month
from seg_assets.segmentation.conversion.population import ELIGIBLE, HEADLINE
from seg_assets.segmentation.conversion.ranking import Ranking
from seg_assets.segmentation.conversion.report import Sheet, controls, incumbent_of, looks, remembered, sheets
from seg_assets.segmentation.conversion.verdict import MONITORING, confidences
from seg_assets_tests.segmentation.conversion.shop import TEST, TRAINING, all_conversions, as_of, champion, shop

CATALOGUE = shop()
DUE = dt.date(2026, 6, 1)
FEBRUARY = dt.date(2026, 2, 23)


@pytest.fixture(scope="module")
def month():
    conversions = all_conversions(CATALOGUE)
    found = [as_of(day, CATALOGUE, conversions) for day in (TEST, *TRAINING)]
    return judge_month(found[0], found[1:], CATALOGUE, *champion(CATALOGUE), seed=4)


@pytest.fixture(scope="module")
def found(month) -> list[Sheet]:
    return sheets(month, CATALOGUE, seed=1)


@pytest.fixture(scope="module")
def figures(month, found) -> pl.DataFrame:
    return tables.figures_table(found, month.left_out, incumbent_of(found), TRAINING, "2026-03.1")


def dated(found: list[Sheet], day: dt.date) -> list[Sheet]:
    """The same month, as of another Monday."""
    return [replace(one, scene=replace(one.scene, judged=replace(one.scene.judged, as_of=day))) for one in found]


def test_every_frame_is_what_its_table_says(month, found, figures) -> None:
    done = controls(found, month.test, CATALOGUE, seed=1)
    frames = {
        "conversion_lift_funnel": tables.funnel_table(month.funnel),
        "conversion_lift_classes": tables.classes_table(found),
        "conversion_lift_controls": tables.controls_table(done),
        "conversion_lift_scores": tables.scores_table(found),
        "conversion_lift_verdicts": tables.verdicts_table(looks(found, {}, CATALOGUE, seed=1), DUE),
        "conversion_lift_report": figures,
    }
    assert set(frames) == {table.name for table in LIFT_TABLES}
    for table in LIFT_TABLES:
        frame = frames[table.name]
        assert frame.height
        expected = {name: dtype for name, dtype in table.schema.items() if name != "data_month"}
        assert {name: frame.schema[name] for name in expected} == expected
    assert all(one.control.passed for one in done)
    assert {one.population for one in done} == {HEADLINE, ELIGIBLE}


def test_every_candidate_has_its_figures_and_its_difference_to_segments(found, figures) -> None:
    own = figures.filter(pl.col("population") == ELIGIBLE, pl.col("versus").is_null(), pl.col("part") == "")
    names = {ranking.name for ranking in found[1].scene.rankings}
    for figure in (
        "auc",
        "lift_10",
        "lift_20",
        "lift_30",
        "capture_20",
        "gini",
        "attainable_share",
        "qualified_per_1000",
    ):
        assert set(own.filter(pl.col("figure") == figure)["candidate"]) == names
    against = figures.filter(
        pl.col("population") == ELIGIBLE, pl.col("candidate") == "segments", pl.col("figure") == "auc"
    )
    assert set(against["versus"].drop_nulls()) == names - {"segments"}
    assert "rank_correlation" in own["figure"]
    assert set(figures.filter(pl.col("figure") == "auc_within")["part"]) >= {"", "A", "D", "none"}
    assert figures["status"].unique().to_list() == [MONITORING]


def test_a_difference_is_that_of_the_two_figures(figures) -> None:
    rows = figures.filter(pl.col("population") == HEADLINE, pl.col("figure") == "auc")
    values = dict(rows.filter(pl.col("versus").is_null()).select("candidate", "value").iter_rows())
    for name, versus, value in rows.drop_nulls("versus").select("candidate", "versus", "value").iter_rows():
        assert value == pytest.approx(values[name] - values[versus])


def test_what_is_left_out_says_why(found) -> None:
    left_out = [LeftOut("rfm", "RFM, merged", "no revenue")]
    frame = tables.figures_table(found[:1], left_out, "tiers", TRAINING, "2026-03.1")
    (row,) = frame.filter(pl.col("figure") == "left_out").rows(named=True)
    assert (row["candidate"], row["value"], row["says"]) == ("rfm", None, "RFM, merged: left out, no revenue")


def test_classes_hold_everybody_and_every_conversion(found) -> None:
    classes = tables.classes_table(found)
    totals = classes.group_by("population", "candidate").agg(pl.col("accounts", "conversions", "account_share").sum())
    for sheet in found:
        own = totals.filter(pl.col("population") == sheet.scene.population.name)
        assert own["accounts"].unique().to_list() == [len(sheet.scene.judged.converted)]
        assert own["conversions"].unique().to_list() == [int(sheet.scene.judged.converted.sum())]
        assert own["account_share"].to_numpy() == pytest.approx(1.0)
    ranks = classes.filter(pl.col("population") == ELIGIBLE, pl.col("candidate") == "segments").sort("rank")
    assert ranks["expected_rate"].drop_nulls().is_sorted(descending=True)


def test_scores_read_back_are_the_months_that_were_stored(found) -> None:
    stored = tables.scores_table(found)
    read = tables.tests_of(stored)
    for sheet in found[:2]:
        judged, rankings = remembered(sheet.scene)
        ((again, others),) = read[sheet.scene.population.name]
        assert again.account_ids.equals(judged.account_ids)
        assert (again.as_of, again.converted.tolist()) == (judged.as_of, judged.converted.tolist())
        assert np.array_equal(again.families, judged.families)
        assert {one.name: one.scores.tolist() for one in others} == {o.name: o.scores.tolist() for o in rankings}


def test_within_a_quarter_there_is_monitoring_and_at_its_end_a_verdict(found) -> None:
    early = tables.verdicts_table(looks(dated(found, FEBRUARY), {}, CATALOGUE, seed=1), DUE)
    assert early["verdict"].unique().to_list() == [MONITORING]
    assert all(f"not before {DUE}" in says for says in early.filter("deciding")["says"])
    assert early["confidence"].unique().to_list() == [0.95]
    late = tables.verdicts_table(looks(found, {}, CATALOGUE, seed=1), DUE)
    assert late["quarter"].unique().to_list() == ["2026-Q1"]
    assert late["look"].unique().to_list() == [1]
    deciding, others = late.filter("deciding"), late.filter(~pl.col("deciding"))
    assert deciding.select("population", "versus").rows() == [(HEADLINE, "tiers"), (ELIGIBLE, "tiers")]
    assert MONITORING not in deciding["verdict"].to_list()
    assert others["verdict"].unique().to_list() == [MONITORING]
    assert others["confidence"].unique().to_list() == [0.95]
    # O'Brien and Fleming spend next to nothing at the first look, and two populations share it.
    assert deciding["confidence"].to_list() == pytest.approx([confidences(alpha=0.025)[0]] * 2)


def test_an_incumbent_that_ranks_nobody_does_not_decide_and_says_so(found) -> None:
    """No lead has revenue, so all leads are of one tier: to be better than that says nothing."""
    blind = [replace(one, scene=replace(one.scene, rankings=tuple(map(untiered, one.scene.rankings)))) for one in found]
    told = tables.verdicts_table(looks(dated(blind, FEBRUARY), {}, CATALOGUE, seed=1), DUE)
    assert told.filter("deciding")["versus"].to_list() == ["hand_rules", "hand_rules"]
    says = told.filter(pl.col("versus") == "tiers")["says"].to_list()
    assert all(one.endswith("so it ranks nobody above another.") for one in says)


def untiered(ranking: Ranking) -> Ranking:
    """The tiers, none of which is known."""
    if not ranking.name.startswith("tiers"):
        return ranking
    return replace(ranking, classes=np.full(len(ranking.scores), 4), scores=np.full(len(ranking.scores), 0.1))


def test_a_verdict_takes_the_months_of_the_year_so_far_and_each_account_once(found) -> None:
    earlier = tables.tests_of(tables.scores_table(dated(found, FEBRUARY)))
    late = tables.verdicts_table(looks(found, earlier, CATALOGUE, seed=1), DUE)
    assert late["months"].to_list()[0] == [FEBRUARY, TEST]
    # The same accounts at both dates: all of them count in February, and in March nobody is left.
    alone = tables.verdicts_table(looks(found, {}, CATALOGUE, seed=1), DUE)
    assert late["accounts"].to_list() == alone["accounts"].to_list()
    assert late["conversions"].to_list() == alone["conversions"].to_list()
    assert late["deciding"].to_list() == alone["deciding"].to_list()
    assert late["versus_title"].to_list() == alone["versus_title"].to_list()


def test_the_first_screen_has_a_line_a_candidate_best_first(found) -> None:
    title, _, header, _, *lines = headline_markdown(found[0]).splitlines()
    assert title.startswith("members to order: ")
    assert header.count("|") == 7
    assert len(lines) == len(found[0].scene.rankings)
    assert lines[0].startswith("| Ceiling: ")

"""Figures are looked up as the report has them, and a difference whichever way round."""

from __future__ import annotations

import math

import polars as pl
import pytest

from seg_assets.reports.ledger import Ledger, Told, apart
from seg_assets_tests.reports import frames


@pytest.fixture(scope="module")
def ledger():
    return Ledger(frames.figures(left_out=("tiers_retuned",)))


def test_a_figure_with_its_interval(ledger):
    assert ledger.figure("headline", "segments", "auc").whole == "0.720 (0.709 to 0.732)"
    assert ledger.figure("headline", "segments", "capture_20").text.startswith("50.4")
    assert ledger.figure("headline", "segments", "auc", "A") is None


def test_a_difference_turns_round(ledger):
    stored = ledger.difference("headline", "tiers", "segments", "auc")
    turned = ledger.difference("headline", "segments", "tiers", "auc")
    assert turned.value == pytest.approx(-stored.value)
    assert turned.bounded == pytest.approx((-stored.bounded[1], -stored.bounded[0]))
    assert turned.text == "+0.170"


def test_what_was_left_out_is_no_candidate_and_says_why(ledger):
    assert "tiers_retuned" not in [name for name, _, _ in ledger.candidates("headline")]
    assert ledger.left_out("headline") == ["Tiers, thresholds re-tuned: left out, no revenue"]


def test_populations_in_the_reports_order_with_ids_that_a_page_can_use(ledger):
    assert [one.name for one in ledger.populations] == ["headline", "eligible", "lifecycle_stage=rare"]
    assert all(one.slug.replace("-", "").isalnum() for one in ledger.populations)
    assert [one.few for one in ledger.populations] == [False, False, True]


def test_a_figure_without_an_interval():
    told = Told("auc", 0.7, None, None)
    assert (told.whole, apart(told)) == ("0.700 (no interval)", 0)
    assert Told("auc", 0.5, 0.5, 0.5).whole == "0.500"


def test_unknown_ends_are_no_interval():
    frame = frames.figures().with_columns(pl.lit(math.nan).alias("low"))
    assert Ledger(frame).figure("headline", "segments", "auc").bounded is None


@pytest.mark.parametrize(
    ("low", "high", "side"), [(0.01, 0.02, 1), (-0.02, -0.01, -1), (-0.01, 0.01, 0), (0.0, 0.1, 0)]
)
def test_a_difference_is_apart_from_nought_where_its_interval_is(low, high, side):
    assert apart(Told("auc", (low + high) / 2, low, high, True)) == side

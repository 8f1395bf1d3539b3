from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seg_assets.segmentation.calibration import fit_confidence
from seg_assets.segmentation.confidence import FAR, Confidence, Noise, calibrated, distance, weekly_noise
from seg_assets.segmentation.definitions import Condition, Test
from seg_assets_tests.segmentation.conftest import Fitted

CONFIDENCE = Confidence((Noise("usage", 5.0),))


def away(condition: Condition, *values: float | None) -> list[float]:
    frame = pl.DataFrame({"usage": values, "stage": ["lead"] * len(values)}, schema_overrides={"usage": pl.Float64})
    return frame.select(d=distance(condition, CONFIDENCE))["d"].to_list()


def test_distances_are_in_weeks_of_noise_and_0_inside() -> None:
    assert away(Condition("usage", Test.AT_LEAST, 60.0), 50, 60, 70) == [2.0, 0.0, 0.0]
    assert away(Condition("usage", Test.BELOW, 60.0), 50, 60, 70) == [0.0, 0.0, 2.0]


def test_what_is_missing_or_endless_is_far_from_what_it_is_not() -> None:
    assert away(Condition("usage", Test.AT_LEAST, 60.0), None, float("nan"), float("inf"), -float("inf")) == [
        FAR,
        0,
        0,
        FAR,
    ]
    assert away(Condition("usage", Test.BELOW, 60.0), None, float("nan"), float("inf"), -float("inf")) == [
        0,
        FAR,
        FAR,
        0,
    ]
    assert away(Condition("stage", Test.ONE_OF, 0.0, ("trial",)), 1.0) == [FAR]
    assert away(Condition("stage", Test.NONE_OF, 0.0, ("trial",)), 1.0) == [0.0]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 60))
def test_the_table_never_falls_with_the_margin(seed: int, days: int) -> None:
    random = np.random.default_rng(seed)
    margin = random.exponential(3, 400).clip(0, FAR)
    same = random.random(400) < 0.5 + margin / 25
    table = calibrated((), margin, same, days)
    assert list(table.chances) == sorted(table.chances)
    assert all(0 <= chance <= 1 for chance in table.chances)
    assert len(table.chances) == len(table.edges) + 1
    assert list(table.edges) == sorted(set(table.edges))


def test_a_week_of_calibration_reproduces_the_shares_it_has_seen() -> None:
    random = np.random.default_rng(0)
    margin = random.uniform(0, FAR, 20_000)
    chance = 0.6 + 0.4 * margin / FAR
    table = calibrated((), margin, random.random(20_000) < chance, 7)
    frame = pl.DataFrame({"margin": margin})
    told = frame.select(c=table.expression(pl.col("margin")))["c"].to_numpy()
    assert np.abs(told - chance).mean() < 0.03


def test_an_unlearned_table_tells_nothing() -> None:
    frame = pl.DataFrame({"margin": [1.0, None]})
    told = frame.with_columns(c=CONFIDENCE.expression(pl.col("margin")))["c"]
    assert told.dtype == pl.Float64
    assert told.to_list() == [None, None]


def test_noise_is_that_of_a_week_whatever_lies_between_the_snapshots() -> None:
    random = np.random.default_rng(0)
    before = pl.Series(random.normal(50, 10, 20_000))
    after = before + pl.Series(random.normal(0, 6, 20_000))
    assert weekly_noise(before, after, 7, 0.5) == pytest.approx(6.0, rel=0.03)
    assert weekly_noise(before, after, 28, 0.5) == pytest.approx(3.0, rel=0.03)
    assert weekly_noise(before, before, 7, 0.5) == 0.5


def test_confidence_holds_at_the_next_scoring(fitted: Fitted) -> None:
    """Learned on the week before, judged on the week after: told and seen differ by a few points at most."""
    now = fitted.segmentation.assign(fitted.snapshot).collect()
    then = fitted.segmentation.assign(fitted.later).collect()
    same = (now["rule_segment_id"] == then["rule_segment_id"]).mean()
    assert now["confidence"].mean() == pytest.approx(same, abs=0.03)


def test_a_previous_snapshot_that_is_later_is_refused(fitted: Fitted) -> None:
    with pytest.raises(ValueError, match="must be earlier"):
        fit_confidence(fitted.segmentation, fitted.snapshot, fitted.later)

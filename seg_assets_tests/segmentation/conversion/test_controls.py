from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from seg_assets.catalogs import Catalogue
from seg_assets.segmentation.conversion.controls import (
    leak_screen,
    leaks,
    permuted_target,
    random_partition,
    same_twice,
)
from seg_assets.segmentation.conversion.figures import figures
from seg_assets_tests.segmentation.conversion.judged_accounts import judged, ranking, score
from seg_assets_tests.segmentation.leads import leads
from seg_assets_tests.segmentation.small_catalogue import small_catalogue


def test_permuted_outcomes_are_told_by_nobody() -> None:
    random = np.random.default_rng(1)
    classes = random.integers(0, 5, 3_000)
    people = judged(random.random(3_000) < 0.02 + 0.03 * classes, random.integers(0, 900, 3_000))
    control = permuted_target(people, ranking("segments", classes, np.linspace(0.1, 0.5, 5)))
    assert control.passed
    assert control.name == "permuted target: segments"
    assert abs(float(control.seen) - 0.5) < 0.01


def test_classes_by_chance_pass_and_classes_that_know_fail_by_name() -> None:
    random = np.random.default_rng(2)
    converted = random.random(3_000) < 0.1
    chance = ranking("random", random.integers(0, 6, 3_000), random.random(6))
    knowing = ranking("knowing", np.where(converted, 1, random.integers(0, 2, 3_000)), [0.1, 0.2])
    found = figures(judged(converted), [chance, knowing], draws=100)
    assert random_partition(found, "random").passed
    failed = random_partition(found, "knowing")
    assert not failed.passed
    assert failed.name == "random partition: knowing"
    nobody = figures(judged(np.zeros(50, dtype=bool)), [chance.of(np.arange(50))], draws=10)
    assert "not enough" in random_partition(nobody, "random").seen


def test_a_handful_of_conversions_raises_no_false_alarm_about_classes_by_chance() -> None:
    """Of 2,000 accounts with 8 conversions one report was stopped: resamplings of so few vary too little."""
    random = np.random.default_rng(4)
    failed = 0
    for _ in range(60):
        converted = np.zeros(400, dtype=bool)
        converted[random.choice(400, 8, replace=False)] = True
        chance = ranking("random", random.integers(0, 6, 400), random.random(6))
        failed += not random_partition(figures(judged(converted), [chance], draws=100), "random").passed
    assert failed == 0


def test_the_same_segmentation_twice_differs_by_exactly_nothing() -> None:
    random = np.random.default_rng(3)
    people = judged(random.random(2_000) < 0.1, random.integers(0, 700, 2_000))
    for candidate in (
        ranking("segments", random.integers(0, 7, 2_000), random.random(7)),
        score("best", random.random(2_000)),
    ):
        control = same_twice(people, candidate)
        assert control.passed
        assert control.seen == "largest 0"
    assert same_twice(replace(people, converted=np.zeros(2_000, dtype=bool)), candidate).passed


def screened(frame: pl.DataFrame, converted: np.ndarray, catalogue: Catalogue) -> list[str]:
    return [name for name, _ in leaks(frame, converted, catalogue)]


def test_a_feature_that_was_written_after_the_outcome_fails_the_report_by_name() -> None:
    catalogue, frame = small_catalogue(), leads(4_000)
    converted = frame["converted"].to_numpy()
    assert screened(frame, converted, catalogue) == []
    feature = "orders"
    known = frame.with_columns(orders=pl.when("converted").then(5.0).otherwise(pl.col("orders").clip(0, 4)))
    found = leaks(known, converted, catalogue)
    assert [name for name, _ in found] == [feature]
    control = leak_screen(found)
    assert not control.passed
    assert feature in control.seen
    assert leak_screen([]).passed


def test_without_conversions_nothing_leaks() -> None:
    catalogue, frame = small_catalogue(), leads(500)
    assert leaks(frame, np.zeros(frame.height, dtype=bool), catalogue) == []

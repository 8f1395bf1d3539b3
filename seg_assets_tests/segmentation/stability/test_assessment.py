from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from seg_assets.segmentation.stability.assessment import Effort, Stability, stability
from seg_assets.segmentation.stability.clusterer import free_kmeans
from seg_assets.segmentation.stability.verdict import Cutoffs, Gate, Origin, StabilityLimits
from seg_assets_tests.segmentation.population import population
from seg_assets_tests.segmentation.small_catalogue import small_catalogue
from seg_assets_tests.segmentation.stability.blobs import GROUPED, planted

EFFORT = Effort(half=300, splits=6, bootstraps=6, nulls=10, null_splits=2, null_bootstraps=2)
COUNTS = (3, 6)


def refit(frame: pl.DataFrame, seed: int):
    """k-means on the numbers, for 3 and for 6 segments."""
    assign = free_kmeans(COUNTS, starts=3)(frame.select(GROUPED).to_numpy(), seed)
    return lambda rows: assign(rows.select(GROUPED).to_numpy())


def judged(frame: pl.DataFrame, effort: Effort = EFFORT, **more) -> tuple[Stability, ...]:
    return stability(frame, small_catalogue(), refit, refit(frame, 0), seed=0, effort=effort, **more)


def continuum(accounts: int) -> pl.DataFrame:
    random = np.random.default_rng(3)
    shared = random.normal(size=accounts)
    values = [pl.Series(name, shared + random.normal(size=accounts)) for name in GROUPED]
    return population(small_catalogue(), accounts).with_columns(values)


@pytest.fixture(scope="module")
def groups() -> tuple[Stability, ...]:
    return judged(planted(700))


def test_planted_groups_are_natural_and_pass(groups: tuple[Stability, ...]) -> None:
    three = groups[0]
    assert three.origin is Origin.NATURAL
    assert three.prediction_strength.estimate.value > 0.95 > three.prediction_strength.null_high
    assert [segment.figure.origin for segment in three.segments] == [Origin.NATURAL] * 3
    assert (three.worst_jaccard_gate, three.agreement_gate) == (Gate.PASS, Gate.PASS)
    assert three.half == 300


def test_groups_cut_once_more_are_not_natural(groups: tuple[Stability, ...]) -> None:
    six = groups[1]
    assert len(six.segments) == 6
    assert six.origin is not Origin.NATURAL
    assert six.prediction_strength.estimate.value < groups[0].prediction_strength.estimate.value
    assert six.agreement_gate is Gate.BLOCK


def test_segments_of_a_continuum_are_not_natural() -> None:
    for partition in judged(continuum(700)):
        assert partition.origin is not Origin.NATURAL
        assert sum(segment.figure.origin is Origin.NATURAL for segment in partition.segments) <= 1


def test_the_worst_segment_decides(groups: tuple[Stability, ...]) -> None:
    for partition in groups:
        values = [segment.figure.estimate.value for segment in partition.segments]
        assert partition.worst_jaccard.estimate.value == min(values)
        assert [segment.position for segment in partition.segments] == list(range(len(values)))
        assert partition.agreement_low.value <= partition.agreement.estimate.value


def test_limits_move_the_gates_and_not_the_figures(groups: tuple[Stability, ...]) -> None:
    strict = Cutoffs(passes=1.1, blocks=1.05)
    found = judged(planted(700), limits=StabilityLimits(jaccard=strict, agreement=strict))
    assert found[0].worst_jaccard.estimate == groups[0].worst_jaccard.estimate
    assert (found[0].worst_jaccard_gate, found[0].agreement_gate) == (Gate.BLOCK, Gate.BLOCK)


def test_neither_the_order_of_rows_nor_anything_but_the_seed_matters() -> None:
    few = replace(EFFORT, splits=2, bootstraps=2, nulls=2)
    frame = planted(120)
    original = refit(frame, 0)
    runs = [
        stability(rows, small_catalogue(), refit, original, seed=seed, effort=few)
        for rows, seed in ((frame, 0), (frame.sample(fraction=1, shuffle=True, seed=1), 0), (frame, 1))
    ]
    assert runs[0] == runs[1]
    assert runs[0] != runs[2]
    assert runs[0][0].half == 60


def test_too_few_accounts_are_refused() -> None:
    frame = planted(3)
    with pytest.raises(ValueError, match="3 accounts cannot be split"):
        stability(frame, small_catalogue(), refit, refit(planted(20), 0), seed=0, effort=EFFORT)

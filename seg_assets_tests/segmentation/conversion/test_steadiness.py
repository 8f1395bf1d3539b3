from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from seg_assets.segmentation.conversion.ranking import Judged, Ranking
from seg_assets.segmentation.conversion.steadiness import rank_correlation
from seg_assets_tests.segmentation.conversion.judged_accounts import judged, ranking

RATES = np.array([0.02, 0.05, 0.1, 0.2])


def month(rates: np.ndarray, seed: int, accounts: int = 4_000) -> tuple[Judged, Ranking]:
    random = np.random.default_rng(seed)
    classes = random.integers(0, 4, accounts)
    return judged(random.random(accounts) < rates[classes]), ranking("segments", classes, RATES)


def test_classes_that_keep_their_order_correlate_fully_and_turned_round_they_do_not() -> None:
    same = rank_correlation(month(RATES, 0), month(RATES, 1), draws=50)
    assert same is not None
    assert same.value == 1
    assert same.interval().high <= 1
    other = rank_correlation(month(RATES, 0), month(RATES[::-1], 1), draws=50)
    assert other is not None
    assert other.value == -1


def test_classes_are_matched_by_label_not_by_number() -> None:
    first, (people, segments) = month(RATES, 0), month(RATES, 1)
    assert segments.classes is not None
    turned = replace(segments, classes=3 - segments.classes, labels=segments.labels[::-1])
    one, two = (rank_correlation(first, (people, each), draws=30) for each in (segments, turned))
    assert one is not None
    assert two is not None
    assert (one.value, one.deviation) == (two.value, pytest.approx(two.deviation))


def test_two_classes_have_no_correlation() -> None:
    people, segments = month(RATES, 0)
    assert segments.classes is not None
    few = ranking("segments", segments.classes // 2, RATES[:2])
    assert rank_correlation((people, few), (people, few), draws=5) is None
    nobody = replace(people, converted=np.zeros(4_000, dtype=bool))
    assert rank_correlation((nobody, segments), (people, segments), draws=5) is None

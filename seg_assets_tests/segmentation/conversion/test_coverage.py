"""Intervals hold their truth as often as they say, for few conversions and for accounts that convert together."""

from __future__ import annotations

import numpy as np

from seg_assets.segmentation.conversion.estimate import Estimate
from seg_assets.segmentation.conversion.figures import AUC, LIFTS, QUALIFIED, figures
from seg_assets_tests.segmentation.conversion.judged_accounts import judged, score

RUNS = 1_000
DRAWS = 200
HEADLINE = (AUC, LIFTS[20], QUALIFIED)


def holds_zero(difference: Estimate | None) -> bool:
    assert difference is not None
    interval = difference.interval()
    return interval.low <= 0 <= interval.high


def test_intervals_hold_zero_in_93_to_97_of_100_permuted_runs() -> None:
    """400 accounts, 40 of which converted, dealt out anew each time: the truth of every difference is 0."""
    held = []
    for seed in range(RUNS):
        random = np.random.default_rng(seed)
        converted = random.permutation(np.arange(400) < 40)
        rankings = [
            score(name, random.random(size)[random.integers(0, size, 400)])
            for name, size in (("segments", 6), ("tiers", 4))
        ]
        found = figures(judged(converted), rankings, capacity=60, draws=DRAWS, seed=seed)
        held.append([holds_zero(found.difference("segments", "tiers", figure)) for figure in HEADLINE])
    share = np.mean(held, axis=0)
    assert ((share >= 0.93) & (share <= 0.97)).all(), share


def test_accounts_that_convert_together_need_their_families() -> None:
    """Four accounts a family, alike in class and mostly in outcome: taken apart, intervals are too narrow."""
    together, apart = [], []
    for seed in range(300):
        random = np.random.default_rng(seed)
        families = np.arange(800) // 4
        converted = random.random(800) < random.beta(0.1, 0.9, 200)[families]
        segments, tiers = (random.integers(0, size, 200)[families] for size in (6, 4))
        rankings = [score("segments", random.random(6)[segments]), score("tiers", random.random(4)[tiers])]
        for held, known in ((together, families), (apart, None)):
            found = figures(judged(converted, known), rankings, draws=DRAWS, seed=seed)
            held.append(holds_zero(found.difference("segments", "tiers", AUC)))
    assert 0.92 <= np.mean(together) <= 0.98
    assert np.mean(apart) < 0.80

from __future__ import annotations

import numpy as np
import pytest

from seg_assets.segmentation.intent.additive_fit import (
    Design,
    deviation_beyond_chance,
    fit_additive,
    marginal_deviation,
)


def drawn(accounts: int, effects: list[list[float]], *, seed: int = 0) -> tuple[Design, np.ndarray, np.ndarray]:
    """Features of which bin b has the effect effects[feature][b]; the design, outcomes, the true log odds."""
    random = np.random.default_rng(seed)
    codes = tuple(random.integers(0, len(effect), accounts) + 2 for effect in effects)
    log_odds = -2 + sum(np.array(effect)[code - 2] for effect, code in zip(effects, codes, strict=True))
    converted = random.random(accounts) < 1 / (1 + np.exp(-log_odds))
    sizes = tuple(len(effect) + 2 for effect in effects)
    return Design(codes, sizes, (False,) * len(effects)), converted, log_odds


def test_the_effects_that_made_the_outcomes_are_found() -> None:
    effects = [[-1.0, 0.0, 1.0], [0.5, -0.5], [0.0, 0.0, 0.0, 0.0]]
    design, converted, truth = drawn(40_000, effects)
    found = fit_additive(design, converted, 0.0)
    assert np.diff(found.tables[0][2:]) == pytest.approx([1.0, 1.0], abs=0.1)
    assert np.diff(found.tables[1][2:]) == pytest.approx([-1.0], abs=0.1)
    assert found.tables[2].tolist() == [0.0] * 6
    assert np.abs(found.log_odds(design) - truth).max() < 0.15


def test_of_two_features_that_say_the_same_neither_counts_twice() -> None:
    design, converted, truth = drawn(20_000, [[-0.8, 0.8]])
    twice = Design(design.codes * 2, design.sizes * 2, design.walks * 2)
    assert fit_additive(twice, converted, 0.0).log_odds(twice) == pytest.approx(truth, abs=0.15)


def test_many_features_that_tell_it_together_are_not_all_left_out() -> None:
    """Seen with sixteen usage counts: each seemed to add nothing beside the others, and all of them went at once."""
    random = np.random.default_rng(0)
    trait = random.normal(size=8_000)
    codes = tuple(np.digitize(trait + 0.5 * random.normal(size=8_000), [-1, 0, 1]) + 2 for _ in range(16))
    converted = random.random(8_000) < 1 / (1 + np.exp(2.5 - trait))
    design = Design(codes, (6,) * 16, (True,) * 16)
    found = fit_additive(design, converted, 0.0)
    assert np.corrcoef(found.log_odds(design), trait)[0, 1] > 0.95


def test_the_offset_of_drawing_rows_by_outcome_is_taken_off() -> None:
    design, converted, truth = drawn(60_000, [[-1.0, 1.0]])
    kept = converted | (np.random.default_rng(1).random(60_000) < 0.2)
    part = fit_additive(design.rows(kept), converted[kept], float(np.log(1 / 0.2)))
    assert part.log_odds(design) == pytest.approx(truth, abs=0.12)


def test_neighbouring_bins_lend_each_other_strength() -> None:
    """With few accounts a bin, an ordered feature is found more exactly when it is known to be ordered."""
    effect = list(np.linspace(-1, 1, 12))
    errors = []
    for seed in range(5):
        design, converted, truth = drawn(1_500, [effect], seed=seed)
        for walk in (False, True):
            part = fit_additive(Design(design.codes, design.sizes, (walk,)), converted, 0.0)
            errors.append((walk, float(np.square(part.log_odds(design) - truth).mean())))
    assert sum(e for walk, e in errors if walk) < 0.8 * sum(e for walk, e in errors if not walk)


def test_chance_alone_is_no_deviation() -> None:
    random = np.random.default_rng(0)
    estimates = random.normal(0, 0.3, (200, 10))
    assert np.mean([deviation_beyond_chance(row, np.full(10, 0.09)) for row in estimates]) < 0.1
    spread = estimates + random.normal(0, 1.0, (200, 10))
    assert np.mean([deviation_beyond_chance(row, np.full(10, 0.09)) for row in spread]) == pytest.approx(1.0, abs=0.1)


def test_deviation_beyond_chance_by_hand() -> None:
    """Weights 1 and 1, mean 0: ((9 + 9) - 1) / (2 - 1) is 17."""
    assert deviation_beyond_chance(np.array([3.0, -3.0]), np.ones(2)) == pytest.approx(np.sqrt(17))
    assert deviation_beyond_chance(np.array([3.0]), np.ones(1)) == 0.0


def test_accounts_that_a_group_does_not_apply_to_say_nothing_about_its_features() -> None:
    codes = np.array([0] * 500 + [2] * 250 + [3] * 250)
    converted = np.arange(1_000) < 500
    assert marginal_deviation(codes, 4, converted) < 0.05


def test_without_any_signal_only_the_rate_is_left() -> None:
    design, converted, _ = drawn(5_000, [[0.0, 0.0]])
    found = fit_additive(design, converted, 0.0)
    assert found.intercept == pytest.approx(np.log(converted.mean() / (1 - converted.mean())), abs=1e-6)
    assert not found.tables[0].any()

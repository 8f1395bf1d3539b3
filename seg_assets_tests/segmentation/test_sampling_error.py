"""What a sample leaves uncertain is what another sample would have said."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from seg_assets.segmentation.candidates import Candidate
from seg_assets.segmentation.definitions import Test
from seg_assets.segmentation.intent.cross_fit import fit_intent
from seg_assets.segmentation.sampling_error import SamplingError, redrawn_thresholds, sampling_error, standard_errors
from seg_assets.segmentation.stratified import strata_expressions, stratified_sample


def test_the_error_of_a_share_is_how_much_shares_differ_between_samples() -> None:
    """Three strata of a known population, drawn 3,000 times without replacement."""
    members = np.array([[700, 200, 100], [60, 300, 140], [5, 10, 85]])
    accounts, drawn = members.sum(axis=1), np.array([100, 50, 10])
    generator = np.random.default_rng(1)
    samples = np.stack(
        [generator.multivariate_hypergeometric(m, n, size=3_000) for m, n in zip(members, drawn, strict=True)], axis=1
    )
    shares = samples.sum(axis=1) / drawn.sum()
    told = np.mean([standard_errors(counts, accounts.astype(float)) ** 2 for counts in samples], axis=0) ** 0.5
    assert told == pytest.approx(shares.std(axis=0), rel=0.06)


def test_a_sample_of_everyone_has_no_error() -> None:
    assert standard_errors(np.array([[3, 4], [1, 0]]), np.array([7.0, 1.0])).tolist() == [0.0, 0.0]


def test_a_stratum_that_nobody_was_taken_of_adds_to_the_error() -> None:
    seen = standard_errors(np.array([[30, 20]]), np.array([500.0]))
    unseen = standard_errors(np.array([[30, 20], [0, 0]]), np.array([500.0, 50.0]))
    assert (unseen > seen).all()


@pytest.mark.parametrize("accounts", [400, 6_000])
def test_redrawn_thresholds_lie_around_the_step_and_nearer_with_more_accounts(accounts: int) -> None:
    generator = np.random.default_rng(2)
    bins = generator.integers(0, 101, accounts).astype(np.uint8)
    candidate = Candidate("use", bins, thresholds=tuple(float(point) for point in range(1, 101)))
    target = (1.0 * (bins >= 60) + generator.normal(0, 1.0, accounts))[:, None]
    drawn = redrawn_thresholds(candidate, bins, target, 10, generator)
    low, high = np.quantile(drawn, (0.025, 0.975))
    assert low <= 60 <= high
    assert high - low <= (60 if accounts == 400 else 12)


@pytest.fixture(scope="module")
def told(fitted) -> SamplingError:
    strata = fitted.snapshot.select("account_id", *strata_expressions(fitted.catalogue))
    sampled = stratified_sample(strata, 3_000)
    rows = fitted.snapshot.filter(pl.col("account_id").is_in(sampled.ids.implode()))
    of_all = dict.fromkeys((segment.segment_id for segment in fitted.segmentation.segments), 0.125)
    learned = fit_intent(fitted.outcomes, fitted.catalogue)
    return sampling_error(
        fitted.segmentation,
        rows,
        fitted.catalogue,
        fitted.preprocessor,
        sampled,
        of_all,
        learned=learned,
        seed=3,
    )


def test_every_segment_and_every_threshold_has_its_error(fitted, told) -> None:
    assert [share.segment_id for share in told.shares] == [s.segment_id for s in fitted.segmentation.segments]
    assert all(0 < share.error < 0.01 for share in told.shares)
    asked = [s for s in fitted.segmentation.splits if s.condition.test in (Test.AT_LEAST, Test.BELOW)]
    assert [(one.path, one.column) for one in told.thresholds] == [(s.path, s.condition.column) for s in asked]
    assert asked
    assert all(one.low <= one.high for one in told.thresholds)


def test_the_errors_are_told_in_words_and_figures(told) -> None:
    assert "Learned from 3,000 of 4,000 accounts" in told.markdown()
    figures = told.metrics()
    assert figures["fit_population"] == 4_000
    assert len(figures) == 2 + len(told.shares) + 2 * len(told.thresholds)

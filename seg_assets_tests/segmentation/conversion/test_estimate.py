from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t

from seg_assets.segmentation.conversion.estimate import Estimate, estimate


def test_the_interval_of_few_families_is_students() -> None:
    """Ten families' worth: deviation times sqrt(10 / 9), quantile of t with 9 degrees of freedom."""
    draws = np.random.default_rng(0).normal(0.6, 0.05, 400)
    found = estimate(np.concatenate([[0.6], draws]), 10.0)
    assert found is not None
    interval = found.interval()
    assert interval.high - 0.6 == pytest.approx(t.isf(0.025, 9) * draws.std(ddof=1) * np.sqrt(10 / 9))
    assert found.interval(0.99).low < interval.low


def test_an_interval_ends_where_the_figure_can_go_no_further() -> None:
    interval = Estimate(0.98, 0.05, 100, 0, 1).interval()
    assert interval.high == 1
    assert interval.low < 0.9


def test_a_figure_that_is_undefined_in_some_resamplings_keeps_those_that_are_defined() -> None:
    some = estimate(np.array([0.5, 0.4, np.nan, 0.6]), 20.0)
    assert some is not None
    assert some.deviation == pytest.approx(np.std([0.4, 0.6], ddof=1) * np.sqrt(20 / 19))
    assert estimate(np.array([np.nan, 0.4, 0.6]), 20.0) is None

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seg_assets.catalogs import Kind
from seg_assets.segmentation.composite import NEARLY_HALF, Composite, Contribution, points_of
from seg_assets.segmentation.scaling import Scale
from seg_assets.segmentation.serialise import stable

UNIT = Scale("x", Kind.NUMERIC, "any", None, (), "none", 1.0, -9.0, 9.0, 0.0, 1.0, -9.0, 9.0)


@st.composite
def composites(draw: st.DrawFn) -> Composite:
    """Indices of x alone, which is its own standardised value, with halves among their points."""
    raw = sorted(draw(st.lists(st.floats(-3, 3).map(stable), min_size=2, max_size=21, unique_by=lambda x: round(x, 7))))
    inner = st.lists(st.integers(1, 39), min_size=len(raw) - 2, max_size=len(raw) - 2, unique=True)
    points = (0.0, *(2.5 * half for half in sorted(draw(inner))), 100.0)
    return Composite("x_index", "x", "low", "", "high", (Contribution("x", 1.0),), tuple(raw), points)


def indices_of(composite: Composite, means: np.ndarray) -> np.ndarray:
    frame = pl.DataFrame({"x": means / 1e6})
    return frame.select(composite.expression({"x": UNIT})).to_series().to_numpy()


@given(composites(), st.lists(st.integers(-4_000_000, 4_000_000), min_size=1, max_size=50))
def test_looked_up_points_are_the_computed_ones(composite: Composite, means: list[int]) -> None:
    corners = [int(step.start) for step in composite.steps]
    some = np.array([*means, *corners, *(c + 1 for c in corners), *(c - 1 for c in corners)], dtype=float)
    assert indices_of(composite, some).tolist() == points_of(some, composite.steps).tolist()


@given(composites())
def test_points_rise_from_0_to_100_and_follow_the_corners(composite: Composite) -> None:
    means = np.linspace(-4e6, 4e6, 4001).round()
    points = indices_of(composite, means)
    assert (np.diff(points) >= 0).all()
    assert (points[0], points[-1]) == (0, 100)
    exact = np.interp(means / 1e6, composite.raw, composite.points)
    steepest = max(step.slope for step in composite.steps)
    assert (np.abs(points - exact) <= 0.5 + steepest + 1e-5).all()


def test_an_account_on_a_corner_of_half_a_point_is_rounded_up() -> None:
    """Where a third of the accounts have one value its corners share their mean, which may be 7.5 points."""
    composite = Composite(
        "i", "i", "low", "", "high", (Contribution("x", 1.0),), (-1.0, -0.653211, 1.0), (0.0, 7.5, 100.0)
    )
    assert indices_of(composite, np.array([-653_212.0, -653_211.0])).tolist() == [7, 8]


@given(st.integers(-(10**12), 10**12), st.integers(1, 100))
def test_no_last_bit_of_a_quotient_decides_a_mean(total: int, weight: int) -> None:
    divided, multiplied = total / weight, total * (1 / weight)
    exact = (1000 * total + 503 * weight) // (1000 * weight)
    assert np.floor(divided + NEARLY_HALF) == np.floor(multiplied + NEARLY_HALF) == exact


def test_weights_are_whole_hundredths() -> None:
    assert Contribution("x", -0.29).hundredths == -29
    for weight in (0.123, 0.0):
        with pytest.raises(ValueError, match=f"weight of 'x' is {weight}; it must be whole hundredths"):
            Contribution("x", weight)

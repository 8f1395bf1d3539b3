from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seg_assets.segmentation.serialise import canonical_json, stable


@given(st.floats(allow_nan=False, allow_infinity=False, width=64).filter(lambda x: abs(x) < 1e300))
def test_a_stable_number_stays_the_same_and_survives_json(value: float) -> None:
    rounded = stable(value)
    assert stable(rounded) == rounded
    assert json.loads(canonical_json(rounded)) == rounded
    assert math.isclose(rounded, value, rel_tol=1e-8, abs_tol=1e-300)


def test_the_last_bits_of_a_number_make_no_difference() -> None:
    assert stable(0.1 + 0.2) == stable(0.3)
    assert str(stable(-0.0)) == "0.0"


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_what_is_not_finite_cannot_be_fitted(value: float) -> None:
    with pytest.raises(ValueError, match="overflow"):
        stable(value)
    with pytest.raises(ValueError, match="Out of range"):
        canonical_json({"value": value})

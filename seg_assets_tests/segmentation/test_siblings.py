from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from seg_assets.segmentation.siblings import nearest_siblings


def test_the_sibling_is_the_nearest_and_of_equals_the_first() -> None:
    places = np.array([[0.0, 0.0], [3.0, 0.0], [0.0, 4.0], [3.0, 1.0], [-3.0, 0.0]])
    assert nearest_siblings(places) == [1, 3, 0, 1, 0]


def test_a_segment_alone_has_no_sibling() -> None:
    assert nearest_siblings(np.zeros((1, 3))) == [None]


def test_without_any_axis_the_first_other_segment_is_the_sibling() -> None:
    assert nearest_siblings(np.zeros((3, 0))) == [1, 0, 0]


@given(arrays(np.float64, (5, 3), elements=st.floats(-3, 3).map(lambda value: round(value, 2))))
def test_nobody_is_nearer_than_the_sibling(places: np.ndarray) -> None:
    for segment, sibling in enumerate(nearest_siblings(places)):
        assert sibling is not None and sibling != segment
        distances = ((places - places[segment]) ** 2).sum(axis=1)
        assert distances[sibling] <= np.delete(distances, segment).min() + 1e-9

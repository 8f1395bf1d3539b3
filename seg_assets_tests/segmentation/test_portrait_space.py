from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from seg_assets.segmentation.coding import coded
from seg_assets.segmentation.portrait_space import Axis, PortraitSpace, needs_apart
from seg_assets.segmentation.portraits import Portrait, portraits
from seg_assets.segmentation.scoring import SEGMENT
from seg_assets_tests.segmentation.conftest import Fitted


@pytest.fixture(scope="module")
def frame(fitted: Fitted) -> pl.DataFrame:
    frame, code = coded(fitted.segmentation, fitted.snapshot)
    return frame.with_columns(code.alias(SEGMENT))


@pytest.fixture(scope="module")
def pictures(fitted: Fitted, frame: pl.DataFrame) -> tuple[Portrait, ...]:
    count = len(fitted.segmentation.segments)
    return portraits(frame.drop(SEGMENT), frame[SEGMENT], count, fitted.catalogue, fitted.segmentation.index_set)


@pytest.fixture(scope="module")
def space(fitted: Fitted, frame: pl.DataFrame, pictures: tuple[Portrait, ...]) -> PortraitSpace:
    return PortraitSpace.of(frame, pictures, fitted.catalogue, fitted.segmentation.index_set)


def test_an_index_and_all_levels_of_a_feature_vary_as_much(
    fitted: Fitted, frame: pl.DataFrame, space: PortraitSpace
) -> None:
    known = frame.drop_nulls(list(fitted.catalogue.name_features))
    for column in {axis.column for axis in space.axes}:
        axes = [axis for axis in space.axes if axis.column == column]
        on = frame if axes[0].level is None else known
        variance = sum(on.select(axis.expression()).to_series().var(ddof=0) for axis in axes)  # type: ignore[misc]
        assert variance == pytest.approx(1.0, abs=0.02)


def test_a_segments_place_is_the_mean_of_its_accounts_places(
    frame: pl.DataFrame, pictures: tuple[Portrait, ...], space: PortraitSpace
) -> None:
    indices = [number for number, axis in enumerate(space.axes) if axis.level is None]
    places = space.places(pictures)[:, indices]
    means = frame.group_by(SEGMENT).agg(space.axes[n].expression().mean().alias(str(n)) for n in indices).sort(SEGMENT)
    assert np.allclose(places, means.drop(SEGMENT).to_numpy())


def test_the_distance_of_an_account_is_the_sum_of_squares_over_all_axes(
    frame: pl.DataFrame, pictures: tuple[Portrait, ...], space: PortraitSpace
) -> None:
    far = frame.select(space.distance(pictures, pl.col(SEGMENT))).to_series().to_numpy()
    points = frame.select(axis.expression().alias(str(n)) for n, axis in enumerate(space.axes)).to_numpy()
    own = space.places(pictures)[frame[SEGMENT].to_numpy()]
    assert np.allclose(far, ((points - own) ** 2).sum(axis=1))


def test_a_level_that_is_not_known_is_none_of_the_levels() -> None:
    axis = Axis("stage", "lead", 2.0)
    frame = pl.DataFrame({"stage": ["lead", "trial", None]})
    assert frame.select(axis.expression()).to_series().to_list() == [0.5, 0.0, 0.0]


def test_need_leaves_intent_out(fitted: Fitted, pictures: tuple[Portrait, ...], space: PortraitSpace) -> None:
    assert "intent" in fitted.segmentation.index_set.names
    assert set(space.need(pictures[0])) == {*fitted.segmentation.index_set.names} - {"intent"}


def test_indices_apart_are_told_farthest_first() -> None:
    one, other = {"a": 1.0, "b": 0.0, "c": 0.5, "d": 2.0}, {"a": 0.0, "b": 0.4, "c": 0.0, "d": 4.0}
    assert needs_apart(one, other, 0.5) == ["d", "a", "c"]
    assert needs_apart(one, one, 0.5) == []

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from seg_assets.segmentation.stability.clusterer import free_kmeans
from seg_assets.segmentation.stability.split_halves import split_halves
from seg_assets_tests.segmentation.stability.blobs import blobs


def remembered(rows: list[np.ndarray]):
    """A clusterer that puts everyone into one segment and remembers what it was fitted on."""

    def cluster(data: np.ndarray, _seed: int):
        rows.append(data[:, 0])
        return lambda other: np.zeros((len(other), 1), dtype=np.intp)

    return cluster


@pytest.mark.parametrize(("half", "sizes"), [(100, (10, 11)), (4, (4, 4))])
def test_halves_share_nobody(half: int, sizes: tuple[int, int]) -> None:
    rows: list[np.ndarray] = []
    split_halves(np.arange(21.0)[:, None], remembered(rows), splits=3, half=half, seed=0)
    assert len(rows) == 6
    for first, second in zip(rows[::2], rows[1::2], strict=True):
        assert (len(first), len(second)) == sizes
        assert len(set(first) | set(second)) == sum(sizes)
    assert set(rows[0]) != set(rows[2])


def test_each_half_is_counted_by_what_both_refits_say() -> None:
    ((halves,),) = split_halves(blobs(81)[0], free_kmeans((4,), starts=3), splits=1, half=100, seed=0)
    assert (halves.first.sum(), halves.second.sum()) == (40, 41)
    assert ((halves.first > 0).sum(axis=1) == 1).all()


def test_a_frame_is_split_as_points_are() -> None:
    cloud = blobs(60)[0]
    frame = pl.DataFrame({"x": cloud[:, 0], "y": cloud[:, 1]})
    kmeans = free_kmeans((2, 3), starts=1)

    def of_frame(rows: pl.DataFrame, seed: int):
        assign = kmeans(rows.to_numpy(), seed)
        return lambda other: assign(other.to_numpy())

    points = split_halves(cloud, kmeans, splits=2, half=20, seed=4)
    frames = split_halves(frame, of_frame, splits=2, half=20, seed=4)
    for one, other in zip(points, frames, strict=True):
        assert all((a.first == b.first).all() and (a.second == b.second).all() for a, b in zip(one, other, strict=True))


def test_too_few_accounts_are_refused() -> None:
    with pytest.raises(ValueError, match="3 accounts cannot be split"):
        split_halves(np.zeros((3, 1)), remembered([]), splits=1, half=10, seed=0)

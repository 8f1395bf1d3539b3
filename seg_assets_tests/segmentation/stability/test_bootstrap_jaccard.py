from __future__ import annotations

import numpy as np
import pytest

from seg_assets.segmentation.stability.bootstrap_jaccard import best_jaccards, by_segment
from seg_assets.segmentation.stability.clusterer import free_kmeans
from seg_assets_tests.segmentation.stability.blobs import blobs, continuum
from seg_assets_tests.segmentation.stability.golden import DATA, partition, points, reference

COUNTS = range(2, 6)


@pytest.mark.parametrize("data", DATA)
def test_means_agree_with_r_where_its_seeds_start_from_the_same_partition(data: str) -> None:
    """Three times the larger of 0.01 and the spread of R's seeds: of those with the base partition's sizes.

    Wine in five parts has one such seed, and the spread is that of all four: wide, as each starts from another
    partition. Seen there: within 0.04 of that seed, 0.07 with other seeds of ours. A mean of 100 errs by 0.02 in parts
    that dissolve in half of the bootstraps, and starts of Hartigan and Wong 1979 end nearer to the best partition.
    """
    original = np.column_stack([partition(data, count) for count in COUNTS])
    kmeans = free_kmeans(COUNTS, starts=10)
    found = best_jaccards(points(data), kmeans, original, bootstraps=100, rows=1_000, seed=5)
    for count, labels, jaccards in zip(COUNTS, original.T, found, strict=True):
        order = np.argsort(-np.bincount(labels))
        sizes = np.bincount(labels)[order].tolist()
        every = reference("clusterboot")[f"{data}_{count}"]
        runs = [run["bootmean"] for run in every if run["size"] == sizes]
        spread = np.ptp(runs if len(runs) > 1 else [run["bootmean"] for run in every], axis=0)
        ours = np.array([by_segment(jaccards)[segment].jaccard.value for segment in order])
        assert (np.abs(ours - np.mean(runs, axis=0)) <= 3 * np.maximum(0.01, spread)).all(), (data, count, ours, runs)


def test_groups_always_come_back() -> None:
    cloud, corner = blobs(200)
    (jaccards,) = best_jaccards(cloud, free_kmeans((4,), starts=3), corner[:, None], bootstraps=5, rows=1_000, seed=0)
    for segment in by_segment(jaccards):
        assert segment.jaccard.value > 0.95
        assert (segment.dissolved, segment.recovered) == (0.0, 1.0)


def test_arbitrary_segments_dissolve() -> None:
    drawn = np.random.default_rng(0).integers(5, size=(300, 1))
    (jaccards,) = best_jaccards(continuum(300), free_kmeans((5,), starts=1), drawn, bootstraps=5, rows=1_000, seed=0)
    assert all(segment.dissolved == 1.0 and segment.recovered == 0.0 for segment in by_segment(jaccards))


def test_each_account_counts_once_in_a_bootstrap() -> None:
    sizes: list[int] = []

    def whole(data: np.ndarray, _seed: int):
        sizes.append(len(data))
        assert len(np.unique(data)) == len(data)
        return lambda rows: np.zeros((len(rows), 1), dtype=np.intp)

    everyone = np.zeros((1_000, 1), dtype=np.intp)
    (jaccards,) = best_jaccards(np.arange(1_000.0)[:, None], whole, everyone, bootstraps=3, rows=1_000, seed=0)
    assert all(600 < size < 665 for size in sizes)
    assert (jaccards == 1.0).all()
    best_jaccards(np.arange(1_000.0)[:, None], whole, everyone, bootstraps=1, rows=50, seed=0)
    assert sizes[-1] <= 50


def test_a_segment_of_which_nobody_was_drawn_has_0() -> None:
    original = np.zeros((100, 1), dtype=np.intp)
    original[7] = 1
    one = lambda _data, _seed: lambda rows: np.zeros((len(rows), 1), dtype=np.intp)  # noqa: E731
    (jaccards,) = best_jaccards(np.zeros((100, 1)), one, original, bootstraps=20, rows=100, seed=0)
    assert (jaccards[:, 1] == 0).any()
    assert jaccards[:, 1].max() < 0.03

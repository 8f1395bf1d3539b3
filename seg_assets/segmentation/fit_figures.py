"""What readable segments cost: how much they explain beside clusters that nobody has to read.

Belongs here: figures of a fitted segmentation on its training sample.
Does not: figures by which a number of segments is chosen (count/).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from seg_assets.segmentation.balance import Matrix
from seg_assets.segmentation.clustering import Labels, explained_variance, free_clusters
from seg_assets.segmentation.coding import coded
from seg_assets.segmentation.growing import likeness
from seg_assets.segmentation.matching import overlaps
from seg_assets.segmentation.model import Segmentation
from seg_assets.segmentation.preprocess import Preprocessor
from seg_assets.segmentation.serialise import stable

YARDSTICK_ROWS = 20_000


def fit_figures(
    bare: Segmentation,
    sample: pl.DataFrame,
    preprocessor: Preprocessor,
    seed: int,
    champion: Segmentation | None,
) -> dict[str, float]:
    """How much readable segments explain beside free k-means with as many clusters, on at most 20,000 accounts.

    Of the standardised indices, which is what people see; of the axes of likeness where a catalogue has no index.
    """
    sample = sample.head(YARDSTICK_ROWS)
    labels, count = _labels(bare, sample), len(bare.segments)
    alike = likeness(preprocessor, sample)
    points = standing(bare, sample) if bare.index_set.names else alike
    start = _labels(champion, sample) if champion else None
    free = free_clusters(points, count, champion=start, seed=seed) if count > 1 else None
    explained = explained_variance(points, labels)
    most = explained_variance(points, free.labels) if free else 0.0
    together = overlaps(labels, free.labels, (count, count)) if free else np.ones((1, 1))
    return {
        "axes": float(alike.shape[1]),
        "segments": float(count),
        "explained_variance": stable(round(explained, 6)),
        "explained_variance_free": stable(round(most, 6)),
        "explained_of_free": stable(round(explained / most, 6)) if most > 0 else 1.0,
        "agreement_with_free": stable(round(float(together.max(axis=1).sum() / together.sum()), 6)),
    }


def standing(segmentation: Segmentation, sample: pl.DataFrame) -> Matrix:
    """(n, indices): each index standardised over the accounts; one that does not vary is all zero."""
    values = sample.select(segmentation.index_set.expressions()).to_numpy().astype(np.float64)
    deviation = values.std(axis=0)
    standing: Matrix = np.round((values - values.mean(axis=0)) / np.where(deviation > 0, deviation, 1.0), 9)
    return standing


def _labels(segmentation: Segmentation, sample: pl.DataFrame) -> Labels:
    """The segment of each row by position. sample: with indices; they are computed again, by the same reference."""
    return coded(segmentation, sample)[1].to_numpy().astype(np.intp)

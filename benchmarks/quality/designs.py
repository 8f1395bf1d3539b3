"""The ways to make segments that people could read, and what they give up for it.

Belongs here: from a split to classes and their definitions, for each design and number of segments.
Does not: judging them (readability.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import polars as pl

from benchmarks.quality.contenders import SEED, Contender, conditions_of, ours, ours_unguided, supervised_tree
from benchmarks.quality.splits import Split
from benchmarks.quality.threshold_tree import ThresholdTree
from seg_assets.catalogs import Catalogue
from seg_assets.segmentation import Preprocessor, Reference
from seg_assets.segmentation.balance import Matrix
from seg_assets.segmentation.candidates import candidates
from seg_assets.segmentation.clustering import Clusters, free_clusters
from seg_assets.segmentation.definitions import Definition
from seg_assets.segmentation.growing import likeness
from seg_assets.segmentation.guided_points import guided_candidates, guided_points, intent_axis
from seg_assets.segmentation.indices import IndexSet
from seg_assets.segmentation.intent.cross_fit import IntentFit, fit_intent
from seg_assets.segmentation.intent.index import INTENT
from seg_assets.segmentation.lift import Codes, Vector
from seg_assets.segmentation.sampling import hash_sample
from seg_assets.segmentation.scoring import SEGMENT, with_segment

OURS, OURS_UNGUIDED = "clustering tree, guided (ours)", "clustering tree, not guided"
ONE_BOX, TWO_BOXES = "threshold tree, k leaves", "threshold tree, 2k leaves"
SUPERVISED, FREE = "supervised tree", "k-means on guided points (not readable)"
CLUSTERED_ROWS = 20_000


@dataclass(frozen=True, eq=False)
class Ground:
    """What all designs of one split stand on, computed once and when asked for."""

    split: Split
    catalogue: Catalogue

    @cached_property
    def preprocessor(self) -> Preprocessor:
        """Fitted on the snapshot, with its own reference."""
        snapshot = self.split.snapshot
        return Preprocessor.fit(snapshot, self.catalogue, Reference.fit(snapshot, self.catalogue))

    @cached_property
    def intent(self) -> IntentFit:
        """As a first refresh learns it. Raises ValueError where it cannot."""
        found = fit_intent(self.split.outcomes, self.catalogue)
        if found.index is None:
            raise ValueError(f"no guided design without intent: {found.reason}")
        return found

    @property
    def indices(self) -> IndexSet:
        """The indices that definitions may ask for."""
        return IndexSet(self.preprocessor.reference, self.intent.index)

    @cached_property
    def sample(self) -> pl.DataFrame:
        """At most 60,000 accounts with their indices and the intent of an index that has not learned from them."""
        rows = hash_sample(self.split.snapshot).with_columns(self.preprocessor.reference.index_expressions())
        return rows.with_columns(self.intent.out_of_fold(rows))

    @cached_property
    def likeness(self) -> Matrix:
        """(n, axes) of the sample."""
        return likeness(self.preprocessor, self.sample)

    @cached_property
    def axis(self) -> Vector:
        """(n,) the intent axis of the sample."""
        index = self.intent.index
        odds = index.anchor_odds if index is not None else 1.0
        return intent_axis(self.sample[INTENT].to_numpy(), odds, self.likeness)

    def clusters(self, count: int, weight: float) -> Clusters:
        """Free k-means on the guided points of at most 20,000 accounts."""
        points = guided_points(self.likeness, self.axis, weight)[:CLUSTERED_ROWS]
        return free_clusters(points, count, seed=SEED)

    def points(self, rows: pl.DataFrame, weight: float) -> Matrix:
        """(n, axes + 1) the guided points of any account rows, by the sample's axes and the index for scoring."""
        projection, centre = self._projection
        alike = (self._table(rows) - centre) @ projection
        known, first = np.unique(self.sample[INTENT].to_numpy(), return_index=True)
        axis = np.interp(rows.select(self.indices.expressions())[INTENT].to_numpy(), known, self.axis[first])
        return guided_points(alike, axis, weight)

    @cached_property
    def _projection(self) -> tuple[Matrix, Matrix]:
        """The linear map from balanced points to the axes of likeness, found again from both, and the centre."""
        table = self._table(self.sample)
        centre = table.mean(axis=0)
        return np.linalg.lstsq(table - centre, self.likeness, rcond=None)[0], centre

    def _table(self, rows: pl.DataFrame) -> Matrix:
        return self.preprocessor.transform(rows).drop("account_id").to_numpy().astype(np.float64)


def designs(ground: Ground, count: int) -> list[Contender]:
    """Each design with at most `count` segments, ours first."""
    split, catalogue, preprocessor = ground.split, ground.catalogue, ground.preprocessor
    guided = ours(split, catalogue, preprocessor, count)
    if guided.segmentation is None or guided.segmentation.intent_weight is None:
        raise ValueError(f"no guided design without intent: {ground.intent.reason}")
    weight = guided.segmentation.intent_weight
    clusters = ground.clusters(count, weight)
    return [
        replace(guided, name=OURS),
        replace(ours_unguided(split, catalogue, preprocessor, count), name=OURS_UNGUIDED),
        threshold_tree(ONE_BOX, ground, clusters, weight, leaves=count, leaves_a_cluster=1),
        threshold_tree(TWO_BOXES, ground, clusters, weight, leaves=2 * count, leaves_a_cluster=2),
        replace(supervised_tree(split, catalogue, count), name=SUPERVISED),
        free_on_guided(ground, clusters, weight),
    ]


def threshold_tree(
    name: str, ground: Ground, clusters: Clusters, weight: float, *, leaves: int, leaves_a_cluster: int
) -> Contender:
    """Conditions on the candidates of our trees that imitate `clusters` of the guided points."""
    catalogue, reference = ground.catalogue, ground.preprocessor.reference
    asked = candidates(ground.sample, catalogue, reference)
    last = reference.indices[-1].name if reference.indices else None
    asked = guided_candidates(asked, ground.sample[INTENT].to_numpy(), last)
    points = guided_points(ground.likeness, ground.axis, weight)
    definitions = ThresholdTree(
        distances=squared_distances(points, clusters.centroids),
        candidates=asked,
        smallest=int(np.ceil(catalogue.limits.smallest_share * len(points) / leaves_a_cluster)),
        depth=catalogue.limits.conditions,
        leaves_a_cluster=leaves_a_cluster,
    ).definitions(leaves)
    classes = classes_of(definitions, ground.indices.expressions())
    return Contender(name, len(definitions), classes, conditions=conditions_of(definitions))


def classes_of(definitions: Sequence[Definition], indices: list[pl.Expr]) -> Callable[[pl.DataFrame], Codes]:
    """Account rows to the position of the definition that holds."""

    def classes(rows: pl.DataFrame) -> Codes:
        coded = with_segment(rows.lazy().with_columns(indices), definitions).select(SEGMENT).collect()
        return coded.to_series().to_numpy().astype(np.intp)

    return classes


def free_on_guided(ground: Ground, clusters: Clusters, weight: float) -> Contender:
    """The nearest centroid of each account: what the readable designs imitate or stand beside."""

    def classes(rows: pl.DataFrame) -> Codes:
        away = squared_distances(ground.points(rows, weight), clusters.centroids)
        codes: Codes = away.argmin(axis=1).astype(np.intp)
        return codes

    return Contender(FREE, len(clusters.centroids), classes)


def squared_distances(points: Matrix, centroids: Matrix) -> Matrix:
    """(n, k) of each point to every centroid, never below zero."""
    crossed = points @ centroids.T
    found: Matrix = np.maximum((points**2).sum(axis=1)[:, None] - 2 * crossed + (centroids**2).sum(axis=1), 0.0)
    return found

"""The ways to make segments that are compared: ours, rules by hand, free k-means, a supervised tree.

Belongs here: from a split to a function that gives every account its class. Does not: judging classes (judging.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from benchmarks.quality.hand_rules import HandRules
from benchmarks.quality.splits import Split, codes_of
from seg_assets.catalogs import Catalogue, Kind
from seg_assets.segmentation import Preprocessor, Reference, Segmentation, fit
from seg_assets.segmentation.clustering import free_clusters
from seg_assets.segmentation.definitions import Definition
from seg_assets.segmentation.intent.rows import training_rows
from seg_assets.segmentation.levels import level_shares
from seg_assets.segmentation.lift import Codes
from seg_assets.segmentation.sampling import hash_sample

SEED = 20_260_629
GUIDED, UNGUIDED, RULES, K_MEANS, TREE = "ours", "ours, not guided", "rules by hand", "free k-means", "supervised tree"
CLUSTERED_ROWS = 20_000
SMALLEST_LEAF = 50


@dataclass(frozen=True, eq=False)
class Contender:
    """name; count: of classes; classes: account rows to positions 0 .. count - 1; segmentation: where it is one.

    conditions: of each class, what there is to read of it; empty where nobody could, or where it was not counted.
    """

    name: str
    count: int
    classes: Callable[[pl.DataFrame], Codes]
    segmentation: Segmentation | None = None
    conditions: tuple[int, ...] = ()


def contenders(split: Split, catalogue: Catalogue, rules: HandRules, count: int) -> list[Contender]:
    """All of them, ours first, each with at most `count` classes; the rules with as many as were written."""
    preprocessor = Preprocessor.fit(split.snapshot, catalogue, Reference.fit(split.snapshot, catalogue))
    return [
        ours(split, catalogue, preprocessor, count),
        ours_unguided(split, catalogue, preprocessor, count),
        Contender(RULES, len(rules.classes), lambda rows: codes_of(rows, rules.code)),
        k_means(split, preprocessor, count),
        supervised_tree(split, catalogue, count),
    ]


def ours(split: Split, catalogue: Catalogue, preprocessor: Preprocessor, count: int) -> Contender:
    """Segments as a first refresh makes them."""
    return segments(
        GUIDED, fit(split.snapshot, catalogue, None, split.outcomes, preprocessor=preprocessor, seed=SEED, count=count)
    )


def ours_unguided(split: Split, catalogue: Catalogue, preprocessor: Preprocessor, count: int) -> Contender:
    """Segments as a refresh makes them before any label has matured."""
    return segments(
        UNGUIDED, fit(split.snapshot, catalogue, None, None, preprocessor=preprocessor, seed=SEED, count=count)
    )


def segments(name: str, segmentation: Segmentation) -> Contender:
    """A segmentation as a contender: classes are its definitions, in their order."""
    places = {segment.segment_id: place for place, segment in enumerate(segmentation.segments)}

    def classes(rows: pl.DataFrame) -> Codes:
        found = segmentation.assign(rows).select("rule_segment_id").collect().to_series()
        return found.replace_strict(places, return_dtype=pl.Int32).to_numpy().astype(np.intp)

    return Contender(name, len(places), classes, segmentation, conditions_of(segmentation.definitions))


def conditions_of(definitions: Sequence[Definition]) -> tuple[int, ...]:
    """How many conditions each definition has; one in two boxes is read twice."""
    return tuple(sum(len(box.conditions) for box in definition.boxes) for definition in definitions)


def k_means(split: Split, preprocessor: Preprocessor, count: int) -> Contender:
    """Free k-means on the balanced points of at most 20,000 accounts; other accounts go to the nearest centroid."""

    def points(rows: pl.DataFrame) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        return preprocessor.transform(rows).drop("account_id").to_numpy().astype(np.float64)

    sample = hash_sample(split.snapshot, CLUSTERED_ROWS)
    centroids = free_clusters(points(sample), count, seed=SEED).centroids

    def classes(rows: pl.DataFrame) -> Codes:
        # |x - c|^2 less |x|^2, which is the same for every centroid.
        away = (centroids**2).sum(axis=1) - 2 * points(rows) @ centroids.T
        codes: Codes = away.argmin(axis=1).astype(np.intp)
        return codes

    return Contender(K_MEANS, count, classes)


def supervised_tree(split: Split, catalogue: Catalogue, count: int) -> Contender:
    """A classification tree with `count` leaves on what the intent index learns from, encoded as the ceiling does."""
    from sklearn.tree import DecisionTreeClassifier

    rows = training_rows(split.outcomes)
    if rows is None:
        raise ValueError("all accounts that are learned from had the same outcome")
    columns = numbers_of(rows.frame, catalogue)
    smallest = min(SMALLEST_LEAF, max(1, rows.frame.height // (2 * count)))
    tree = DecisionTreeClassifier(max_leaf_nodes=count, min_samples_leaf=smallest, random_state=SEED).fit(
        _table(rows.frame, columns), rows.converted, sample_weight=rows.weights
    )
    paths = _paths(tree.tree_.children_left, tree.tree_.children_right, tree.tree_.feature)
    leaves = np.array(sorted(paths))

    def classes(frame: pl.DataFrame) -> Codes:
        codes: Codes = np.searchsorted(leaves, tree.apply(_table(frame, columns))).astype(np.intp)
        return codes

    return Contender(TREE, len(leaves), classes, conditions=tuple(len(paths[leaf]) for leaf in leaves))


def _paths(left: Codes, right: Codes, column: Codes) -> dict[int, frozenset[tuple[int, bool]]]:
    """What each leaf of a tree in scikit-learn's arrays asks: a column from below, from above, or both."""
    asked: dict[int, frozenset[tuple[int, bool]]] = {0: frozenset()}
    # Children come after their parent.
    for node in range(len(left)):
        if left[node] >= 0:
            before = asked.pop(node)
            asked[int(left[node])] = before | {(int(column[node]), True)}
            asked[int(right[node])] = before | {(int(column[node]), False)}
    return asked


def numbers_of(rows: pl.DataFrame, catalogue: Catalogue) -> list[pl.Expr]:
    """Every feature as a number: levels from the most frequent of `rows` on, missing ones and unseen levels as null."""
    columns = []
    for feature in catalogue.features:
        column = pl.col(feature.name)
        if feature.kind in (Kind.NUMERIC, Kind.BOOLEAN):
            columns.append(column.cast(pl.Float64))
            continue
        named = feature.levels + feature.unordered_levels if feature.kind is Kind.ORDINAL else ()
        levels = list(named or level_shares(rows[feature.name]))
        codes = [float(code) for code in range(len(levels))]
        columns.append(column.replace_strict(levels, codes, default=None, return_dtype=pl.Float64))
    return columns


def _table(rows: pl.DataFrame, columns: list[pl.Expr]) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return rows.select(columns).cast(pl.Float32).to_numpy()

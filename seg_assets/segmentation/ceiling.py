"""The best that a model on all features attains: what segments are measured against, never what they are made with.

Belongs here: gradient boosting and additive logistic regression, learned on some snapshots and applied to others.
Does not: measures and intervals (lift.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from seg_assets.catalogs import Catalogue, Kind
from seg_assets.segmentation.intent.additive_fit import Design, Vector, fit_additive
from seg_assets.segmentation.intent.bins import bins_of, codes_of
from seg_assets.segmentation.intent.rows import TrainingRows
from seg_assets.segmentation.levels import level_shares
from seg_assets.segmentation.lift import auc

# Boosting treats at most 255 levels as levels; the rare ones beyond are one level.
MOST_LEVELS = 200
# So many accounts stay in the processor's cache while every tree goes over them.
SCORED_AT_ONCE = 8_192
BOOSTING = {
    "max_iter": 200,
    "learning_rate": 0.05,
    "max_leaf_nodes": 15,
    "min_samples_leaf": 50,
    "l2_regularization": 10,
}


@dataclass(frozen=True)
class Ceiling:
    """Scores (n,) of the judged accounts by the model with the higher AUC there, and the AUC of each model."""

    scores: Vector
    boosting_auc: float
    logistic_auc: float


def ceiling(rows: TrainingRows, judged: pl.DataFrame, catalogue: Catalogue, *, seed: int = 0) -> Ceiling:
    """The better of two models, on the judged accounts themselves: the higher ceiling is the harder measure.

    rows: what the models learn from; judged: account rows with `converted`, of later snapshots or other accounts.
    """
    converted = judged["converted"].to_numpy()
    boosting, logistic = model_scores(rows, judged, catalogue, seed=seed)
    found = auc(boosting, converted), auc(logistic, converted)
    return Ceiling(boosting if found[0] >= found[1] else logistic, *found)


def model_scores(
    rows: TrainingRows, judged: pl.DataFrame, catalogue: Catalogue, *, seed: int = 0
) -> tuple[Vector, Vector]:
    """(n,) scores of the judged accounts by boosting and by logistic regression. judged: account rows."""
    return _boosting(rows, judged, catalogue, seed), _logistic(rows, judged, catalogue)


def _logistic(rows: TrainingRows, judged: pl.DataFrame, catalogue: Catalogue) -> Vector:
    bins = bins_of(rows.frame, catalogue)
    designs = [
        Design(tuple(codes_of(f, bins)), tuple(b.size for b in bins), tuple(bool(b.thresholds) for b in bins))
        for f in (rows.frame, judged)
    ]
    return fit_additive(designs[0], rows.converted, rows.offset).log_odds(designs[1])


def _boosting(rows: TrainingRows, judged: pl.DataFrame, catalogue: Catalogue, seed: int) -> Vector:
    from sklearn.ensemble import HistGradientBoostingClassifier
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    columns: list[pl.Expr] = []
    for feature in catalogue.features:
        if feature.kind in (Kind.NUMERIC, Kind.BOOLEAN):
            columns.append(pl.col(feature.name).cast(pl.Float64))
        else:
            levels = list(level_shares(rows.frame[feature.name]))[:MOST_LEVELS]
            codes = [float(code) for code in range(len(levels))]
            other = None if len(levels) < MOST_LEVELS else float(MOST_LEVELS)
            column = pl.col(feature.name)
            coded = column.replace_strict(levels, codes, default=other, return_dtype=pl.Float64)
            columns.append(pl.when(column.is_not_null()).then(coded).alias(feature.name))
    learned, scored = (f.select(columns).to_numpy().astype(np.float64, copy=False) for f in (rows.frame, judged))
    # A column without any value to learn from (usage, where all accounts are leads) is refused by the binning.
    known = ~np.isnan(learned).all(axis=0)
    learned, scored = learned[:, known], scored[:, known]
    levelled = [feature.kind not in (Kind.NUMERIC, Kind.BOOLEAN) for feature in catalogue.features]
    levelled = [one for one, kept in zip(levelled, known, strict=True) if kept]
    model = HistGradientBoostingClassifier(
        **BOOSTING, early_stopping=False, categorical_features=levelled, random_state=seed
    )
    # One thread: threads of boosting spin while they wait for each other. Two on two busy cores took six times as long.
    with threadpool_limits(limits=1):
        model.fit(learned, rows.converted)
        parts = [
            model.decision_function(scored[begin : begin + SCORED_AT_ONCE])
            for begin in range(0, len(scored), SCORED_AT_ONCE)
        ]
    scores: Vector = np.concatenate(parts)
    return scores

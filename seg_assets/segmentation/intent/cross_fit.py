"""Fitting the intent index on matured conversions, so that no account's index ever learned from its own outcome.

Belongs here: folds, the screen against leaks, calibration.
Does not: the rows (rows.py), the regression (additive_fit.py), points (points.py, index.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from seg_assets.catalogs import Catalogue
from seg_assets.segmentation.intent.additive_fit import Design, Flags, Vector, fit_additive
from seg_assets.segmentation.intent.bins import Bins, Codes, bins_of, codes_of
from seg_assets.segmentation.intent.in_force import stays
from seg_assets.segmentation.intent.index import INTENT, IntentIndex
from seg_assets.segmentation.intent.points import Population, damped, scorecard
from seg_assets.segmentation.intent.rows import FOLDS, TrainingRows, folds_of, training_rows
from seg_assets.segmentation.lift import auc, auc_deviation_by_chance, auc_of_counts
from seg_assets.segmentation.outcomes import Outcomes
from seg_assets.segmentation.serialise import stable

FEWEST_CONVERTED = 200
# Alone, no feature known before the outcome tells this much; one that does was written after it.
LEAK = 0.9
DEVIATIONS_FROM_CHANCE = 3.0


@dataclass(frozen=True)
class IntentFit:
    """What a refresh learned. index: None where it may not exist, and then `reason` says why in a sentence.

    folds: an index a fold of accounts, learned from the other folds; metrics: figures of the fit, by name.
    """

    index: IntentIndex | None
    folds: tuple[IntentIndex, ...]
    metrics: dict[str, float]
    reason: str

    def out_of_fold(self, frame: pl.DataFrame) -> pl.Series:
        """The intent of each row of `frame` as Float64, by the index that has not seen the account or its family.

        What segments are fitted on: an index that had learned from an account's outcome would lend it to the
        segment. Raises ValueError where there is no index.
        """
        if self.index is None:
            raise ValueError(f"there is no intent index: {self.reason}")
        names = [f"__fold_{fold}" for fold in range(FOLDS)]
        values = frame.lazy().select(i.expression().alias(n) for i, n in zip(self.folds, names, strict=True)).collect()
        chosen = values.to_numpy()[np.arange(frame.height), folds_of(frame)]
        return pl.Series(INTENT, chosen)


def fit_intent(outcomes: Outcomes | None, catalogue: Catalogue, *, champion: IntentIndex | None = None) -> IntentFit:
    """The intent index from eligible accounts at matured snapshots.

    champion: the index in force. It stays where the newest labels do not contradict it; else its anchor and bins are
    kept, and its points damp the new ones. The first refresh has none, and sets 50 to the odds of all its rows.
    Deterministic, and independent of the order of the rows. Families stay together in folds where the frame has
    `parent_account_id`.
    """
    return fit_intent_on(None if outcomes is None else training_rows(outcomes), catalogue, champion=champion)


def fit_intent_on(rows: TrainingRows | None, catalogue: Catalogue, *, champion: IntentIndex | None = None) -> IntentFit:
    """The same from rows that were drawn already, None where there were none to draw."""
    if rows is None:
        return _absent("no snapshot with both outcomes has matured")
    if rows.accounts_converted < FEWEST_CONVERTED:
        return _absent(f"{rows.accounts_converted} accounts converted; at least {FEWEST_CONVERTED} are needed")
    fold = folds_of(rows.frame)
    kept = {} if champion is None else {item.bins.feature: item.bins for item in champion.items}
    bins = bins_of(rows.frame, catalogue, kept)
    codes = codes_of(rows.frame, bins)
    excluded = leaks_of(bins, codes, rows.converted, fold)
    left = [place for place, b in enumerate(bins) if b.feature not in dict(excluded)]
    bins = tuple(bins[place] for place in left)
    design = Design(
        tuple(codes[place] for place in left), tuple(b.size for b in bins), tuple(bool(b.thresholds) for b in bins)
    )
    population = Population.of(bins, design, rows.converted, rows.weights)
    return _fitted(rows, population, fold, excluded, champion)


def _absent(reason: str) -> IntentFit:
    return IntentFit(None, (), {}, reason)


def _fitted(
    rows: TrainingRows,
    population: Population,
    fold: Codes,
    excluded: tuple[tuple[str, float], ...],
    champion: IntentIndex | None,
) -> IntentFit:
    design, converted, weights = population.design, population.converted, population.weights
    parts = []
    log_odds = np.zeros(len(converted))
    for number in range(FOLDS):
        inside = fold == number
        part = fit_additive(design.rows(~inside), converted[~inside], rows.offset)
        log_odds[inside] = part.log_odds(design.rows(inside))
        parts.append(part)
    found = auc(log_odds, converted, weights)
    by_chance = auc_deviation_by_chance(int(converted.sum()), int((~converted).sum()))
    if found < 0.5 + DEVIATIONS_FROM_CHANCE * by_chance:
        return _absent(f"no feature tells who converts: AUC {found:.3f} on accounts that were not learned from")
    slope, intercept = calibration(log_odds, converted, weights)
    anchor = stable(rows.odds) if champion is None else champion.anchor_odds
    blank = IntentIndex(anchor, 0, (), stable(slope), stable(intercept), excluded)
    whole = fit_additive(design, converted, rows.offset)
    index, *folds = (scorecard(blank, part, population) for part in (whole, *parts))
    if champion is not None:
        known = {*champion.required_columns} <= {*rows.frame.columns}
        leaks = {item.bins.feature for item in champion.items} & dict(excluded).keys()
        held = known and not leaks and stays(champion, rows, log_odds)
        index = champion if held else damped(index, champion, population)
    metrics = {
        "intent_auc": stable(found),
        "intent_slope": stable(slope),
        "intent_features": float(len(index.items)),
        "intent_conversions": float(rows.accounts_converted),
        "intent_rows": float(len(converted)),
    }
    return IntentFit(index, tuple(folds), metrics, "")


def leaks_of(
    bins: Sequence[Bins], codes: Sequence[Codes], converted: Flags, fold: Codes
) -> tuple[tuple[str, float], ...]:
    """Features that alone tell who converts, and their AUC with rates learned from the other folds.

    bins, codes: as `bins_of` and `codes_of` give them; converted, fold: (n,), folds as `folds_of` gives them.
    """
    found = []
    for b, code in zip(bins, codes, strict=True):
        cells = code + b.size * fold
        counts = [np.bincount(cells[converted == side], minlength=b.size * FOLDS) for side in (True, False)]
        up, down = (count.reshape(FOLDS, b.size) for count in counts)
        others_up, others_down = up.sum(axis=0) - up, down.sum(axis=0) - down
        rates = ((others_up + 1) / (others_up + others_down + 2)).ravel()
        order = np.argsort(rates, kind="stable")
        _, ties = np.unique(rates[order], return_inverse=True)
        alone = auc_of_counts(np.bincount(ties, up.ravel()[order]), np.bincount(ties, down.ravel()[order]))
        if alone > LEAK:
            found.append((b.feature, stable(round(alone, 6))))
    return tuple(found)


def calibration(log_odds: Vector, converted: Flags, weights: Vector) -> tuple[float, float]:
    """(slope, intercept) of the weighted logistic regression of `converted` on `log_odds`, all (n,).

    Source: Platt 1999, without its prior; 50 Newton steps at most.
    """
    design = np.column_stack([log_odds, np.ones(len(log_odds))])
    found = np.array([1.0, 0.0])
    for _ in range(50):
        chance = 1 / (1 + np.exp(-(design @ found)))
        gradient = design.T @ (weights * (converted - chance))
        curvature = design.T @ (design * (weights * chance * (1 - chance))[:, None])
        step = np.linalg.solve(curvature + 1e-9 * np.eye(2), gradient)
        found = found + step
        if np.abs(step).max() < 1e-10:
            break
    return float(found[0]), float(found[1])

"""What must come out as known on every run: where it does not, the report is wrong, whatever it says.

Belongs here: permuted outcomes, classes by chance, the same segmentation twice, features that know the outcome.
Does not: which candidate is made by chance (candidates/), failing a run (assets/lift.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from seg_assets.catalogs import Catalogue
from seg_assets.segmentation.conversion.counting import steps_of
from seg_assets.segmentation.conversion.families import dealt
from seg_assets.segmentation.conversion.figures import AUC, LIFTS, Figures, figures
from seg_assets.segmentation.conversion.ranking import Judged, Ranking, in_order
from seg_assets.segmentation.intent.bins import bins_of, codes_of
from seg_assets.segmentation.intent.cross_fit import LEAK, leaks_of
from seg_assets.segmentation.intent.rows import folds_of
from seg_assets.segmentation.lift import auc_deviation_by_chance, auc_of_counts

# A control that is right raises a false alarm once in a thousand reports, not in every twentieth.
CONFIDENCE = 0.999
PERMUTATIONS = 200
DRAWS = 50
# An AUC that so many deviations of chance explain is no leak, however high.
DEVIATIONS_FROM_CHANCE = 3.0


@dataclass(frozen=True)
class Control:
    """One control. expected, seen: sentences for people; a control that failed fails the report by its name."""

    name: str
    passed: bool
    expected: str
    seen: str


def permuted_target(judged: Judged, ranking: Ranking, *, seed: int = 0) -> Control:
    """The mean AUC of a ranking on outcomes dealt out anew, family by family, is one half.

    Fails where ranks, ties or families are counted wrongly. Source of permuting: Ojala, Garriga 2010.
    """
    judged, (ranking,) = in_order(judged, (ranking,))
    steps = steps_of(ranking.scores)
    total, found = np.bincount(steps), []
    _, family = np.unique(judged.families, return_inverse=True)
    for outcome in dealt(judged.converted, family, PERMUTATIONS, seed):
        hits = np.bincount(steps[outcome], minlength=len(total))
        found.append(auc_of_counts(hits, total - hits))
    mean, deviation = float(np.mean(found)), float(np.std(found, ddof=1) / np.sqrt(PERMUTATIONS))
    width = _quantile() * deviation
    return Control(
        f"permuted target: {ranking.name}",
        abs(mean - 0.5) <= width + 1e-12,
        f"mean AUC 0.5 over {PERMUTATIONS} permutations, within {width:.4f}",
        f"{mean:.4f}",
    )


def random_partition(found: Figures, name: str) -> Control:
    """Classes by chance, of the sizes of the segments, tell nothing: their AUC is one half within its interval.

    Or within what chance does to scores that say nothing: of a dozen conversions an interval is too narrow.
    found: figures among whose candidates `name` is. Passes where there is no interval: nothing can be told then.
    """
    estimate = found.estimate(name, AUC)
    interval = None if estimate is None else estimate.interval(CONFIDENCE)
    expected = f"0.5 within the {100 * CONFIDENCE:g} % interval of the AUC"
    if interval is None or np.isnan(interval.low):
        return Control(f"random partition: {name}", True, expected, "not enough conversions to tell")
    chance = _quantile() * auc_deviation_by_chance(found.conversions, found.accounts - found.conversions)
    return Control(
        f"random partition: {name}",
        interval.low <= 0.5 <= interval.high or abs(interval.value - 0.5) <= chance,
        f"{expected}, or {chance:.4f} from it, which chance explains",
        f"{interval.value:.4f} ({interval.low:.4f} to {interval.high:.4f})",
    )


def same_twice(judged: Judged, ranking: Ranking, *, seed: int = 0) -> Control:
    """A segmentation against itself, its classes numbered backwards: the difference is exactly 0.

    In AUC and lift, as seen and in every resampling: what a verdict is made of.
    """
    again = replace(ranking, name=f"{ranking.name} again")
    if ranking.classes is not None and ranking.count is not None:
        again = replace(again, classes=ranking.count - 1 - ranking.classes, labels=ranking.labels[::-1])
    found = figures(judged, (ranking, again), draws=DRAWS, seed=seed)
    one, two = (found.samples[name] for name in (ranking.name, again.name))
    apart = [np.abs(one[key] - two[key]) for key in one if key[0] in (AUC, *LIFTS.values())]
    largest = max((float(np.nanmax(difference, initial=0.0)) for difference in apart), default=0.0)
    return Control(
        f"same twice: {ranking.name}", largest == 0.0, "difference in AUC and lift exactly 0", f"largest {largest:g}"
    )


def leaks(frame: pl.DataFrame, converted: np.ndarray, catalogue: Catalogue) -> list[tuple[str, float]]:
    """Features that alone rank who converts with an AUC above 0.9, and that AUC, the highest first.

    frame: rows of the judged accounts with the catalogue's features; converted: (n,). A feature's bins are rated on
    other folds of families, so that an AUC is not one of bins that learned from their own accounts. Empty where chance
    alone could do it: few conversions, or none.
    """
    positives, negatives = int(np.sum(converted)), int(np.sum(~converted))
    if not positives or not negatives:
        return []
    bins = bins_of(frame, catalogue)
    found = leaks_of(bins, codes_of(frame, bins), converted, folds_of(frame))
    least = 0.5 + DEVIATIONS_FROM_CHANCE * auc_deviation_by_chance(positives, negatives)
    return sorted(((name, area) for name, area in found if area > least), key=lambda leak: (-leak[1], leak[0]))


def leak_screen(found: Sequence[tuple[str, float]]) -> Control:
    """The screen as a control. found: as `leaks` gives it."""
    named = ", ".join(f"{name} (AUC {area:.3f})" for name, area in found)
    return Control("leak screen", not found, f"no feature alone above AUC {LEAK}", named or "none")


def _quantile() -> float:
    from scipy.stats import norm

    return float(norm.isf((1 - CONFIDENCE) / 2))

"""Whether the intent index in force stays: an index that labels do not contradict is not exchanged for another.

Belongs here: the champion's index held against new labels. Does not: learning a new one (cross_fit.py), how far it
goes into force (points.py).

Why: labels of one more month hardly tell anything new, but points that move by one move 1 to 2 % of all accounts.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl

from seg_assets.segmentation.intent.additive_fit import Vector
from seg_assets.segmentation.intent.index import IntentIndex
from seg_assets.segmentation.intent.rows import TrainingRows
from seg_assets.segmentation.lift import auc_difference

# Of AUC, beyond what chance makes of it.
LAG_AT_MOST = 0.005
DEVIATIONS_BY_CHANCE = 3.0
# Of conversions: a point is 7 % of the odds, and 70 has to mean 70 to the point.
OFF_AT_MOST = 0.07
SEASONS = dt.timedelta(days=182)
"""So long a span holds a season's high and its low: following each would move accounts there and back."""


def stays(champion: IntentIndex, rows: TrainingRows, out_of_fold: Vector) -> bool:
    """Whether `champion` ranks and counts conversions as well as what was learned anew.

    out_of_fold: (n,) what was learned anew says of each of `rows`, by parts that have not seen the account. It ranks as
    well where its AUC on the newest snapshot, whose labels alone are new to it, lags by 0.005 at most. It counts as
    well where it says as many conversions as there were to 7 %, on the newest snapshot or over half a year. Both up to
    three standard deviations of chance.
    """
    days = rows.frame["snapshot_date"]
    newest, lately = (days == days.max()).fill_null(True), (days + SEASONS > days.max()).fill_null(True)
    return not _lags(champion, rows, out_of_fold, newest) and any(_counts(champion, rows, s) for s in (newest, lately))


def _lags(champion: IntentIndex, rows: TrainingRows, out_of_fold: Vector, some: pl.Series) -> bool:
    chosen = some.to_numpy()
    converted = rows.converted[chosen]
    if not converted.any() or converted.all():
        return False
    points = rows.frame.filter(some).select(champion.expression()).to_series().to_numpy()
    lag, deviation = auc_difference(out_of_fold[chosen], points, converted)
    return lag > LAG_AT_MOST + DEVIATIONS_BY_CHANCE * deviation


def _counts(champion: IntentIndex, rows: TrainingRows, some: pl.Series) -> bool:
    chosen = some.to_numpy()
    converted, weights = rows.converted[chosen], rows.weights[chosen]
    if not converted.any() or converted.all():
        return True
    chance = rows.frame.filter(some).select(champion.probability(champion.expression())).to_series().to_numpy()
    expected = float(weights @ chance)
    by_chance = DEVIATIONS_BY_CHANCE * float(np.sqrt(weights @ (chance * (1 - chance))))
    return abs(float(weights @ converted) - expected) <= max(OFF_AT_MOST * expected, by_chance)

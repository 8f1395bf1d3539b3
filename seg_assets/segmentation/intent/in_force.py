"""Whether the intent index in force stays: an index that labels do not contradict is not exchanged for another.

Belongs here: the champion's index held against new labels. Does not: learning a new one (cross_fit.py), how far it
goes into force (points.py).

Why: labels of one more month hardly tell anything new, but points that move by one move 1 to 2 % of all accounts.
"""

from __future__ import annotations

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


def stays(champion: IntentIndex, rows: TrainingRows, out_of_fold: Vector) -> bool:
    """Whether `champion` ranks and counts the conversions of the newest snapshot as well as what was learned anew.

    out_of_fold: (n,) what was learned anew says of each of `rows`, by parts that have not seen the account. The newest
    snapshot alone is judged, because only its labels are new to the champion. It stays where the AUC lags by 0.005 at
    most, and where it says as many conversions as there were to 7 %, or to three standard deviations of chance.
    """
    days = rows.frame["snapshot_date"]
    newest = (days == days.max()).fill_null(True).to_numpy()
    frame, converted, weights = rows.frame.filter(pl.Series(newest)), rows.converted[newest], rows.weights[newest]
    if not converted.any() or converted.all():
        return True
    intent = champion.expression()
    points, chance = frame.select(intent, champion.probability(intent).alias("chance")).get_columns()
    lag, deviation = auc_difference(out_of_fold[newest], points.to_numpy(), converted)
    expected = float(weights @ chance.to_numpy())
    by_chance = DEVIATIONS_BY_CHANCE * float(np.sqrt(weights @ (chance * (1 - chance)).to_numpy()))
    off = abs(float(weights @ converted) - expected)
    return lag <= LAG_AT_MOST + DEVIATIONS_BY_CHANCE * deviation and off <= max(OFF_AT_MOST * expected, by_chance)

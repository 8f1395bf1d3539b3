"""Whether a challenger ranks accounts worse than the champion does.

Belongs here: both on the same accounts of the newest matured snapshot, with the paired interval of the difference.
Does not: what follows from it (promotion.py), segments against rules (that is for people to read).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import polars as pl

from seg_assets.segmentation.coding import coded
from seg_assets.segmentation.count.prospects import LeafCounts, Prospect, difference, prospects
from seg_assets.segmentation.intent.rows import family_codes
from seg_assets.segmentation.lift import Interval
from seg_assets.segmentation.model import Segmentation
from seg_assets.segmentation.outcomes import CONVERTED, Outcomes
from seg_assets.segmentation.sampling import hash_sample

FEWEST_CONVERSIONS = 100
JUDGED_ACCOUNTS = 200_000


def against_champion(
    challenger: Segmentation, champion: Segmentation, outcomes: Outcomes | None, *, horizon_days: int, seed: int
) -> Interval | None:
    """The challenger's AUC less the champion's, with the 95 % interval over families.

    None where it cannot be judged.
    """
    found = ranked_by_both(challenger, champion, outcomes, horizon_days=horizon_days, seed=seed)
    return None if found is None else difference(*found)


def ranked_by_both(
    challenger: Segmentation, champion: Segmentation, outcomes: Outcomes | None, *, horizon_days: int, seed: int
) -> tuple[Prospect, Prospect] | None:
    """How the challenger and the champion rank the same accounts; None where it cannot be judged.

    Rates are learned on the newest snapshot that had matured when the judged one, the newest of all, was taken. The
    champion had not seen its labels; the challenger's intent index has, which favours it by a little. None for fewer
    than 100 conversions, and for outcomes without snapshots.
    """
    days = _learned_and_judged(outcomes.snapshots if outcomes else (), horizon_days)
    if outcomes is None or days is None:
        return None
    learned, judged = (_drawn(outcomes, day) for day in days)
    if judged[CONVERTED].sum() < FEWEST_CONVERSIONS:
        return None
    pair = (champion, challenger)
    size = len(champion.segments) * len(challenger.segments)
    leaf = _both(pair, learned)
    rates = (
        np.bincount(2 * leaf + learned[CONVERTED].to_numpy(), minlength=2 * size).reshape(size, 2).astype(np.float64)
    )
    counts = LeafCounts.of(_both(pair, judged), judged[CONVERTED].to_numpy(), family_codes(judged), size, seed=seed)
    place = np.arange(size)
    before, after = prospects(
        rates, counts, np.array([place // len(challenger.segments), place % len(challenger.segments)])
    )
    return after, before


def _learned_and_judged(snapshots: Sequence[dt.date], horizon_days: int) -> tuple[dt.date, dt.date] | None:
    days = sorted(snapshots)
    earlier = [day for day in days if day + dt.timedelta(days=horizon_days) <= days[-1]]
    return (earlier[-1], days[-1]) if earlier else None


def _drawn(outcomes: Outcomes, day: dt.date) -> pl.DataFrame:
    frame = outcomes.frame.filter(pl.col("snapshot_date") == day).collect(engine="streaming")
    return hash_sample(frame, JUDGED_ACCOUNTS)


def _both(pair: tuple[Segmentation, Segmentation], frame: pl.DataFrame) -> np.ndarray:
    """(n,) the champion's and the challenger's segment of each account as one number."""
    champion, challenger = (coded(one, frame)[1].to_numpy().astype(np.intp) for one in pair)
    return champion * len(pair[1].segments) + challenger

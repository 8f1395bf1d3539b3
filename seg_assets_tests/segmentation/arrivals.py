"""The sample population before and after a tenth of all accounts came, of a kind never seen before.

Belongs here: the two snapshots and the champion of the first. Does not: what a refresh makes of the second.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cache

import polars as pl

from seg_assets.catalogs import default_catalogue
from seg_assets.landing.accounts import account_snapshot
from seg_assets.sample_data import Event, conversions, snapshot
from seg_assets.segmentation import Outcomes, Preprocessor, Reference, Segmentation, fit
from seg_assets.segmentation.intent.cross_fit import IntentFit, fit_intent
from seg_assets.segmentation.outcomes import matured_outcomes

CATALOGUE = default_catalogue()
ACCOUNTS, SEED, SEGMENTS = 6_000, 99, 7
LABELLED = [dt.date(2026, 2, 23), dt.date(2026, 3, 30)]
MAY, JUNE = dt.date(2026, 5, 25), dt.date(2026, 6, 29)


@dataclass(frozen=True, eq=False)
class Arrival:
    """frame: the later accounts; before: account_ids of the earlier ones, which the champion was fitted on."""

    frame: pl.DataFrame
    before: pl.Series
    champion: Segmentation
    outcomes: Outcomes
    learned: IntentFit
    preprocessor: Preprocessor


def accounts_of(monday: dt.date) -> pl.DataFrame:
    frames = snapshot(monday, accounts=ACCOUNTS, seed=SEED, events=[Event("new_kind", JUNE)])
    frames.pop("account_master")
    return account_snapshot(frames, CATALOGUE, monday).accepted


@cache
def arrival() -> Arrival:
    earlier, frame = accounts_of(MAY), accounts_of(JUNE)
    reference = Reference.fit(earlier, CATALOGUE)
    of_may, preprocessor = (Preprocessor.fit(rows, CATALOGUE, reference) for rows in (earlier, frame))
    converted = conversions(LABELLED[0], MAY, accounts=ACCOUNTS, seed=SEED).lazy()
    labelled = pl.concat([accounts_of(day) for day in LABELLED]).lazy()
    outcomes = matured_outcomes(labelled, converted, CATALOGUE, LABELLED)
    learned = fit_intent(outcomes, CATALOGUE)
    champion = fit(earlier, CATALOGUE, None, None, preprocessor=of_may, count=SEGMENTS, learned=learned)
    return Arrival(frame, earlier["account_id"], champion, outcomes, learned, preprocessor)

"""What a year of refreshes tells: nothing in a quiet one, a shift soon, a new kind of account as a birth."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
import polars as pl
import pytest

from seg_assets.calendar import mondays, month_of
from seg_assets.catalogs import Catalogue, default_catalogue
from seg_assets.landing.accounts import account_snapshot
from seg_assets.sample_data import Event, conversions, snapshot
from seg_assets.segmentation import Outcomes, Preprocessor, Reference, Segmentation, fit
from seg_assets.segmentation.clustering import explained_variance
from seg_assets.segmentation.growing import likeness
from seg_assets.segmentation.outcomes import matured_outcomes
from seg_assets.segmentation.profiles import coded
from seg_assets.segmentation.refresh_report import Champion, RefreshReport, refresh_report

CATALOGUE = default_catalogue()
ACCOUNTS = 6_000
SEED = 99
NEW_KIND = Event("new_kind", dt.date(2026, 6, 29))
LABELLED_MONTHS = 3
LABELLED = pytest.mark.parametrize(
    "labelled", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["without labels", "with labels"]
)
HORIZON = dt.timedelta(days=CATALOGUE.objective.horizon_days)


def month_ends(first: dt.date, last: dt.date) -> list[dt.date]:
    return list({month_of(monday): monday for monday in mondays(first, last)}.values())


@cache
def accounts_of(monday: dt.date, *events: Event, seed: int = SEED) -> pl.DataFrame:
    """Account rows of the sample population, with the parent of each."""
    frames = snapshot(monday, accounts=ACCOUNTS, seed=seed, events=events)
    parents = frames.pop("account_master").select("account_id", "parent_account_id")
    rows = account_snapshot(frames, CATALOGUE, monday).accepted
    return rows.join(parents, on="account_id", how="left", maintain_order="left")


def labels_of(moment: dt.date) -> Outcomes:
    """Outcomes of the newest month-ends that had matured at `moment`."""
    ends = month_ends(moment - dt.timedelta(days=250), moment)
    days = [day for day in ends if day + HORIZON <= moment][-LABELLED_MONTHS:]
    frames = pl.concat([accounts_of(day) for day in days]).lazy()
    converted = conversions(days[0], moment, accounts=ACCOUNTS, seed=SEED).lazy()
    return matured_outcomes(frames, converted, CATALOGUE, days)


@dataclass(frozen=True, eq=False)
class Refresh:
    """One refresh, with the accounts that it is of."""

    day: dt.date
    accounts: pl.DataFrame
    segmentation: Segmentation
    preprocessor: Preprocessor

    def champion(self) -> Champion:
        return Champion(str(self.day), self.segmentation, self.day, self.accounts)

    def since(self, before: Refresh) -> RefreshReport:
        return refresh_report(before.champion(), self.champion(), CATALOGUE.value_feature)

    def cold(self) -> Segmentation:
        """What would have come of the same accounts without a champion."""
        return fit(self.accounts, CATALOGUE, None, None, preprocessor=self.preprocessor)

    def explained(self, segmentation: Segmentation) -> float:
        """Of what segments should be alike in, at this refresh."""
        sample = self.accounts.with_columns(self.preprocessor.reference.index_expressions())
        codes = coded(segmentation, self.accounts)[1].to_numpy().astype(np.intp)
        return explained_variance(likeness(self.preprocessor, sample), codes)


def refreshed(frames: list[pl.DataFrame], *, labelled: bool = False, further: int = 0) -> list[Refresh]:
    """A refresh a frame, each from the one before; `further` segments more are asked for in the last two."""
    reference = Reference.fit(frames[0], CATALOGUE)
    done: list[Refresh] = []
    for place, accounts in enumerate(frames):
        day = accounts["snapshot_date"][0]
        preprocessor = Preprocessor.fit(accounts, CATALOGUE, reference)
        segmentation = fit(
            accounts,
            CATALOGUE,
            done[-1].segmentation if done else None,
            labels_of(day) if labelled else None,
            preprocessor=preprocessor,
            count=CATALOGUE.limits.segments + (further if place >= len(frames) - 2 else 0),
            before=done[-1].accounts["account_id"] if done else None,
        )
        done.append(Refresh(day, accounts, segmentation, preprocessor))
    return done


def happened(refreshes: list[Refresh]) -> list[str]:
    """All that is reported of any refresh but that segments live on."""
    reports = [now.since(before) for before, now in pairwise(refreshes)]
    return [says for report in reports for says in report.events.filter(pl.col("event") != "survived")["says"]]


def ids(segmentation: Segmentation) -> set[str]:
    return {segment.segment_id for segment in segmentation.segments}


@LABELLED
def test_a_quiet_year_is_quiet(labelled: bool) -> None:
    year = refreshed(
        [accounts_of(day) for day in month_ends(dt.date(2025, 6, 1), dt.date(2026, 6, 30))], labelled=labelled
    )
    assert len(year) == 13
    assert happened(year) == []
    assert all(refresh.segmentation.metrics["churn"] <= 0.02 for refresh in year[1:])
    assert {segment.name for segment in year[-1].segmentation.segments} == {
        segment.name for segment in year[0].segmentation.segments
    }
    first, last = (
        coded(refresh.segmentation, year[-1].accounts)[1].replace_strict(
            {n: segment.segment_id for n, segment in enumerate(refresh.segmentation.segments)}
        )
        for refresh in (year[0], year[-1])
    )
    assert (first != last).mean() <= 0.10
    if labelled:
        assert year[-1].segmentation.intent is not None
    else:
        assert year[-1].explained(year[-1].segmentation) >= year[-1].explained(year[-1].cold()) - 0.01


def test_a_month_is_quiet_also_after_a_first_tree_whose_questions_were_nearly_tied() -> None:
    """Firm size and lifecycle stage gained the same here; asked first, firm size left 0.545 explained instead of 0.60.

    A month later the other question won: 14 % of accounts moved, one segment was merged and one split.
    """
    months = refreshed([accounts_of(day, seed=7) for day in month_ends(dt.date(2026, 4, 1), dt.date(2026, 6, 30))])
    assert happened(months) == []
    assert all(refresh.segmentation.metrics["churn"] <= 0.02 for refresh in months[1:])
    assert months[0].explained(months[0].segmentation) >= months[-1].explained(months[-1].cold()) - 0.01


def awake(accounts: pl.DataFrame, catalogue: Catalogue = CATALOGUE) -> pl.DataFrame:
    """The accounts, where half of all leads respond to marketing as its most engaged tenth does."""
    features = [feature.name for feature in catalogue.of_group("marketing_engagement")]
    engaged = accounts.filter(pl.col("web_visits_30d") >= accounts["web_visits_30d"].quantile(0.9))
    drawn = np.random.default_rng(1).integers(0, engaged.height, accounts.height)
    theirs = engaged.select(features)[drawn].select(pl.all().name.prefix("__"))
    half = pl.col("lifecycle_stage").is_in(["lead", "mql"]) & pl.col("account_id").str.slice(-1).is_in([*"01234"])
    changed = [pl.when(half).then(pl.col(f"__{name}")).otherwise(pl.col(name)).alias(name) for name in features]
    return pl.concat([accounts, theirs], how="horizontal").with_columns(changed).select(accounts.columns)


def test_a_planted_shift_is_followed_within_two_refreshes() -> None:
    days = month_ends(dt.date(2026, 3, 1), dt.date(2026, 6, 30))
    refreshes = refreshed([accounts_of(day) if day < days[2] else awake(accounts_of(day)) for day in days])
    steady, last = refreshes[1].segmentation, refreshes[-1]
    assert happened(refreshes[:2]) == []
    best = last.explained(last.cold())
    assert last.explained(steady) < best - 0.01
    assert last.explained(last.segmentation) >= best - 0.01


@LABELLED
def test_a_new_kind_of_account_is_a_birth_and_all_others_live_on(labelled: bool) -> None:
    days = [*month_ends(dt.date(2026, 4, 1), dt.date(2026, 6, 30)), dt.date(2026, 7, 20)]
    refreshes = refreshed([accounts_of(day, NEW_KIND) for day in days], labelled=labelled, further=1)
    _, before, born, after = refreshes
    arrived = born.accounts.filter(~pl.col("account_id").is_in(before.accounts["account_id"].implode()))
    assert arrived.height > 0.1 * born.accounts.height
    (event,) = born.since(before).events.filter(pl.col("event") != "survived").rows(named=True)
    assert event["event"] == "born"
    (new_id,) = event["to_segment_ids"]
    assert ids(born.segmentation) == ids(before.segmentation) | {new_id}
    assert new_id not in ids(before.segmentation)
    assert event["share"] > 0.05
    assert born.segmentation.tombstones == ()
    assert ids(after.segmentation) == ids(born.segmentation)
    assert happened([born, after]) == []

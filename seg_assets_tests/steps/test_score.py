"""The scoring step over a lakehouse: a week depends on snapshots and definitions, never on what was scored before."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest

from resources.lakehouse import Lakehouse
from seg_assets.schemas import SEGMENT_SCORES, account_snapshots
from seg_assets.segmentation import Preprocessor, Reference, Segmentation, fit
from seg_assets.steps.inputs import WeekToScore
from seg_assets.steps.score import Scored, score_week
from seg_assets_tests.segmentation.population import population
from seg_assets_tests.segmentation.small_catalogue import small_catalogue

CATALOGUE = small_catalogue()
MONDAYS = [dt.date(2026, 6, 1) + dt.timedelta(weeks=week) for week in range(5)]
LAST = MONDAYS[-1]
ACCOUNTS = 800


def accounts_of(monday: dt.date, drift: float = 0.2) -> pl.DataFrame:
    return population(CATALOGUE, ACCOUNTS, monday=monday, drift=drift)


@pytest.fixture(scope="module")
def segmentation() -> Segmentation:
    frame = accounts_of(MONDAYS[1])
    preprocessor = Preprocessor.fit(frame, CATALOGUE, Reference.fit(frame, CATALOGUE))
    return fit(frame, CATALOGUE, None, None, preprocessor=preprocessor, previous=accounts_of(MONDAYS[0]))


class Weeks:
    """A lakehouse with snapshots, scored week by week."""

    def __init__(self, folder: Path, segmentation: Segmentation, landed: Sequence[dt.date] = MONDAYS) -> None:
        self.lakehouse = Lakehouse(str(folder))
        self.segmentation = segmentation
        for monday in landed:
            self.land(monday)

    def land(self, monday: dt.date, drift: float = 0.2) -> None:
        self.lakehouse.replace(account_snapshots(CATALOGUE), accounts_of(monday, drift), monday)

    def score(self, *weeks: dt.date, hold_weeks: int = 2) -> list[Scored]:
        tasks = [WeekToScore(week=week, definition_version="2026-07.1", before_first_model=False) for week in weeks]
        return [score_week(self.lakehouse, task, self.segmentation, hold_weeks) for task in tasks]

    def stored(self, week: dt.date) -> bytes:
        (file,) = self.lakehouse.partitions(SEGMENT_SCORES.name)[week]
        return Path(file).read_bytes()

    def scores(self, week: dt.date) -> pl.DataFrame:
        return self.lakehouse.scan(SEGMENT_SCORES.name, [week]).collect()


def test_a_week_scored_alone_has_the_bytes_that_it_has_among_others(tmp_path: Path, segmentation: Segmentation) -> None:
    alone, forward, backward = (Weeks(tmp_path / name, segmentation) for name in ("alone", "forward", "backward"))
    alone.score(LAST)
    forward.score(*MONDAYS)
    backward.score(*reversed(MONDAYS))
    assert alone.stored(LAST) == forward.stored(LAST) == backward.stored(LAST)
    before = forward.stored(LAST)
    forward.score(LAST)
    assert forward.stored(LAST) == before


def test_the_hold_reads_the_three_mondays_before_and_says_so(tmp_path: Path, segmentation: Segmentation) -> None:
    weeks = Weeks(tmp_path, segmentation, [monday for monday in MONDAYS if monday != MONDAYS[2]])
    (scored,) = weeks.score(LAST)
    assert scored.earlier == (MONDAYS[3], MONDAYS[1])
    assert scored.rows == ACCOUNTS
    assert scored.held == weeks.scores(LAST)["held"].sum() > 5
    (first,) = weeks.score(MONDAYS[0])
    assert (first.earlier, first.held) == ((), 0)


def test_only_a_monday_that_is_remembered_changes_a_week(tmp_path: Path, segmentation: Segmentation) -> None:
    weeks = Weeks(tmp_path, segmentation)
    weeks.score(LAST)
    before = weeks.stored(LAST)
    weeks.land(MONDAYS[0], drift=2.0)
    weeks.score(LAST)
    assert weeks.stored(LAST) == before
    weeks.land(MONDAYS[3], drift=2.0)
    weeks.score(LAST)
    assert weeks.stored(LAST) != before


def test_without_a_hold_one_snapshot_is_enough(tmp_path: Path, segmentation: Segmentation) -> None:
    weeks, alone = Weeks(tmp_path / "weeks", segmentation), Weeks(tmp_path / "alone", segmentation, [LAST])
    assert weeks.score(LAST, hold_weeks=0) == alone.score(LAST, hold_weeks=0) == [Scored(ACCOUNTS, 0, ())]
    assert weeks.stored(LAST) == alone.stored(LAST)
    scores = weeks.scores(LAST)
    assert scores["segment_id"].equals(scores["rule_segment_id"])

"""The scoring step over a lakehouse: a week depends on snapshots and definitions, never on what was scored before."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest

from resources.lakehouse import Lakehouse
from seg_assets.catalogs import Label
from seg_assets.schemas import SEGMENT_SCORES, account_snapshots
from seg_assets.segmentation import Preprocessor, Reference, Segmentation, fit
from seg_assets.segmentation.labels import NO_LABELS, Labels
from seg_assets.segmentation.overrides import NONE
from seg_assets.steps.inputs import ScoreInputs, WeekToScore
from seg_assets.steps.overrides import OverridesShown
from seg_assets.steps.score import Scored, score, score_week
from seg_assets.steps.week_reads import newest_tiers
from seg_assets.tier_schemas import ACCOUNT_TIERS
from seg_assets_tests.segmentation.label_examples import label
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

    def score(self, *weeks: dt.date, hold_weeks: int = 2, labels: Labels = NO_LABELS) -> list[Scored]:
        tasks = [WeekToScore(week=week, definition_version="2026-07.1", before_first_model=False) for week in weeks]
        return [score_week(self.lakehouse, task, self.segmentation, hold_weeks, labels) for task in tasks]

    def rank(self, month: dt.date, tiers: dict[str, str]) -> None:
        """Store tiers of a data month."""
        rows = {"account_id": list(tiers), "tier": list(tiers.values())}
        frame = pl.DataFrame(rows, schema={"account_id": pl.String, "tier": pl.String})
        others = [pl.lit(None, dtype).alias(n) for n, dtype in ACCOUNT_TIERS.schema.items() if n not in rows]
        self.lakehouse.replace(ACCOUNT_TIERS, frame.with_columns(others).drop("data_month"), month)

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
    found = Scored(ACCOUNTS, 0, (), {}, None, (), OverridesShown(NONE, 0, 0))
    assert weeks.score(LAST, hold_weeks=0) == alone.score(LAST, hold_weeks=0) == [found]
    assert weeks.stored(LAST) == alone.stored(LAST)
    scores = weeks.scores(LAST)
    assert scores["segment_id"].equals(scores["rule_segment_id"])


STRATEGIC = label("strategic", 10, "tier = 'A'")
KEEN = label("keen", 20, "visits >= 20 AND intent >= 60 OR member AND strategic")
LABELS = Labels.of((KEEN, STRATEGIC))
MAY, JUNE, JULY = (dt.date(2026, month, 1) for month in (5, 6, 7))


def test_tiers_are_those_of_the_newest_month_before_the_weeks_own() -> None:
    july = dt.date(2026, 7, 6)
    assert newest_tiers([MAY, JUNE, JULY], july) == JUNE
    assert newest_tiers([MAY, JULY], july) == MAY
    assert newest_tiers([JULY], july) is None
    # A week belongs to the month that its Monday begins in.
    assert newest_tiers([MAY, JUNE], dt.date(2026, 6, 29)) == MAY


def test_a_label_asks_the_tier_of_its_time(tmp_path: Path, segmentation: Segmentation) -> None:
    weeks = Weeks(tmp_path, segmentation)
    first, second, third = sorted(weeks.lakehouse.scan("account_snapshots", [LAST]).collect()["account_id"])[:3]
    weeks.rank(MAY, {first: "A", second: "B", "gone": "A"})
    weeks.rank(JUNE, {third: "A"})
    (scored,) = weeks.score(LAST, labels=LABELS)
    assert (scored.rows, scored.tiers_of, scored.unanswered) == (ACCOUNTS, MAY, ("intent",))
    scores = weeks.scores(LAST)
    strategic = scores.filter(pl.col("labels").list.contains("strategic"))
    assert strategic["account_id"].to_list() == [first]
    assert strategic["action"].to_list() == ["do strategic"]
    assert scored.labels == {"strategic": 1, "keen": scores["labels"].list.contains("keen").sum()}
    assert scores.filter(account_id=second)["action_from"].to_list() != ["strategic"]


def test_without_tiers_nobody_has_one_and_the_materialization_says_so(
    tmp_path: Path, segmentation: Segmentation, monkeypatch: pytest.MonkeyPatch
) -> None:
    weeks = Weeks(tmp_path, segmentation)
    task = WeekToScore(week=LAST, definition_version="2026-07.1", before_first_model=False)

    def told(*labels: Label) -> dict[str, object]:
        inputs = ScoreInputs(lakehouse=weeks.lakehouse.root, weeks=(task,), hold_weeks=0, labels=labels)
        monkeypatch.setattr("seg_assets.steps.score.read_segmentation", lambda *_: segmentation)
        ((week, figures),) = score(inputs)
        assert week == str(LAST)
        return figures

    figures = told(KEEN, STRATEGIC)
    assert figures["labels_tiers_of"] == "none: account_tiers has no month before 2026-06"
    assert figures["labels_unanswered"] == "keen ask intent; strategic, keen ask tier"
    assert str(figures["labels_table"]).splitlines()[2] == "| 10 | strategic | 0 | 0.00% |"
    weeks.rank(JUNE, {"A0000000": "A"})
    assert told(STRATEGIC)["labels_tiers_of"] == "none: account_tiers has no month before 2026-06"
    weeks.rank(MAY, {"A0000000": "A"})
    figures = told(STRATEGIC)
    assert (figures["labels_tiers_of"], figures["labels_unanswered"]) == ("2026-05", "nothing")
    assert told(label("many", 1, "visits >= 20"))["labels_tiers_of"] == "none: no label asks the tier"
    assert not [name for name in told() if name.startswith("labels_")]

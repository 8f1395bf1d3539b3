"""One account is explained from real Delta tables: what is read, and what is said where there is nothing to explain."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from resources.lakehouse import Lakehouse
from seg_assets.assets.raw import raw_table
from seg_assets.schemas import SEGMENT_MODEL, SEGMENT_SCORES, account_snapshots
from seg_assets.segmentation import Reference, Segment, Segmentation
from seg_assets.segmentation.confidence import Confidence, Noise
from seg_assets.segmentation.definitions import Box, Condition, Definition, Test
from seg_assets.segmentation.indices import IndexSet
from seg_assets.segmentation.overridden import with_overrides
from seg_assets.segmentation.wording import Vocabulary
from seg_assets.steps.explain import ExplanationError, explain_account, nearest_ids
from seg_assets_tests.segmentation.small_catalogue import small_catalogue

CATALOGUE = small_catalogue()
WEEKS = [dt.date(2026, 5, 25), dt.date(2026, 6, 29), dt.date(2026, 7, 6), dt.date(2026, 7, 13)]
VERSIONS = ("2026-06.1", "2026-06.1", "2026-07.1", "2026-07.1")
VISITS = {"A0001": (3, 12, 12, 4), "A0002": (3, 3, 3, 3), "A0003": (30, 30, None, None), "B0001": (None, None, 9, 9)}


def split_at(threshold: float) -> Segmentation:
    """Accounts of few and of many visits."""
    nothing = Reference((), (), ())
    few = Condition("visits", Test.BELOW, threshold)
    segments = tuple(
        Segment(segment_id, name, Definition((Box((condition,)),)), None, None, ())
        for segment_id, name, condition in (("SEG-01", "Rare", few), ("SEG-02", "Frequent", few.negation))
    )
    return Segmentation(
        catalogue=CATALOGUE.name,
        reference=nothing,
        intent=None,
        intent_weight=None,
        segments=segments,
        splits=(),
        confidence=Confidence((Noise("visits", 2.0),)),
        vocabulary=Vocabulary.of(CATALOGUE, IndexSet(nothing)),
        tombstones=(),
        highest_id=2,
        metrics={},
    )


MODELS = {"2026-06.1": split_at(10.0), "2026-07.1": split_at(15.0)}


def write(lakehouse: Lakehouse, week: dt.date, version: str, visits: dict[str, float | None]) -> None:
    """Land and score a week."""
    table = account_snapshots(CATALOGUE)
    found = {account: float(value) for account, value in visits.items() if value is not None}
    nulls = {name: pl.Series(name, [None] * len(found), dtype) for name, dtype in table.schema.items()}
    columns = {"account_id": list(found), "visits": list(found.values()), "snapshot_date": [week] * len(found)}
    frame = pl.DataFrame(nulls | columns)
    lakehouse.replace(table, frame, week)
    scores = MODELS[version].assign(frame).collect()
    scores = scores.with_columns(definition_version=pl.lit(version), before_first_model=pl.lit(week.month < 6))
    scores = with_overrides(scores.lazy(), pl.DataFrame()).collect()
    lakehouse.replace(SEGMENT_SCORES, scores, week)


def write_model(lakehouse: Lakehouse, version: str, text: str) -> None:
    nulls = {name: pl.Series(name, [None], dtype) for name, dtype in SEGMENT_MODEL.schema.items()}
    row = pl.DataFrame(nulls | {"definition_version": [version], "segmentation": [text]})
    lakehouse.replace(SEGMENT_MODEL, row, dt.date.fromisoformat(f"{version[:7]}-01"))


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Lakehouse:
    """Four weeks scored by two versions; not to be written to."""
    lakehouse = Lakehouse(str(tmp_path_factory.mktemp("lakehouse")))
    for version, model in MODELS.items():
        write_model(lakehouse, version, model.to_json())
    for position, (week, version) in enumerate(zip(WEEKS, VERSIONS, strict=True)):
        write(lakehouse, week, version, {account: weekly[position] for account, weekly in VISITS.items()})
    master = raw_table(CATALOGUE, "account_master")
    for week, name in ((WEEKS[1], "Acme"), (WEEKS[3], "Acme Ltd")):
        nulls = {column: pl.Series(column, [None], dtype) for column, dtype in master.schema.items()}
        lakehouse.replace(master, pl.DataFrame(nulls | {"account_id": ["A0001"], "account_name": [name]}), week)
    return lakehouse


def test_the_newest_week_is_explained_with_the_name_of_its_time(finished):
    told = explain_account(finished, "A0001", None, 12)
    assert (told.week, told.segment_id, told.account_name) == (WEEKS[3], "SEG-01", "Acme Ltd")
    assert [met.text for met in told.conditions] == ["visits 4 (below 15 or not known)"]
    assert told.nearest is not None
    assert told.nearest.changes[0].text == "visits 4 (asked: at least 15; 11 more, 5.5 weeks of noise)"
    assert told.intent is None
    assert explain_account(finished, "A0001", WEEKS[2], 12).account_name == "Acme"
    assert explain_account(finished, "A0001", WEEKS[0], 12).account_name is None


def test_the_history_tells_what_moved_the_account(finished):
    told = explain_account(finished, "A0001", None, 12)
    assert [(week.week, week.segment_id, [cause.kind for cause in week.causes]) for week in told.history] == [
        (WEEKS[3], "SEG-01", []),
        (WEEKS[2], "SEG-01", ["definition"]),
        (WEEKS[1], "SEG-02", ["behaviour"]),
        (WEEKS[0], "SEG-01", []),
    ]
    assert [week.before_first_model for week in told.history] == [False, False, False, True]


def test_a_short_history_knows_the_week_before_it(finished):
    told = explain_account(finished, "A0001", WEEKS[2], 1)
    assert [(week.week, [cause.kind for cause in week.causes]) for week in told.history] == [(WEEKS[2], ["definition"])]


def test_a_week_asked_for_is_explained_as_it_was_known_then(finished):
    told = explain_account(finished, "A0001", WEEKS[1], 12)
    assert [week.week for week in told.history] == [WEEKS[1], WEEKS[0]]
    assert told.definition_version == "2026-06.1"
    assert told.newest_week == WEEKS[3]


def test_a_lost_account_is_explained_in_its_last_week(finished):
    told = explain_account(finished, "A0003", None, 2)
    assert told.week == WEEKS[1]
    assert [(week.week, week.segment_id) for week in told.history] == [(WEEKS[3], None), (WEEKS[2], None)]
    assert told.history[0].causes[0].text == f"no longer among the accounts since {WEEKS[2]}"


@pytest.mark.parametrize(
    ("account", "week", "message"),
    [
        ("A0009", None, r"'A0009' was never scored; the newest week, 2026-07-13, holds 3 accounts. Spelled most like"),
        (
            "A0001",
            dt.date(2026, 6, 22),
            "2026-06-22 has not been scored; scored are 2026-05-25, 2026-06-29, 2026-07-06",
        ),
        ("A0003", WEEKS[3], "A0003 is not among the accounts of week 2026-07-13; it was in 2026-05-25, 2026-06-29$"),
    ],
)
def test_what_cannot_be_explained_is_told_with_what_can(finished, account, week, message):
    with pytest.raises(ExplanationError, match=message):
        explain_account(finished, account, week, 12)


def test_a_home_without_scores_says_so(tmp_path):
    with pytest.raises(ExplanationError, match="no week has been scored"):
        explain_account(Lakehouse(str(tmp_path)), "A0001", None, 12)


def test_ids_are_found_in_spite_of_case_and_one_slip():
    ids = pl.Series(["ACME-0001", "ACME-0002", "Zenith-1", "X"])
    assert nearest_ids("acme-0002 ", ids)[0] == "ACME-0002"
    assert nearest_ids("ACNE-0001", ids)[0] == "ACME-0001"
    assert nearest_ids("Zenit-1", ids) == ["Zenith-1"]
    assert nearest_ids("something else", ids) == []


@pytest.fixture
def lakehouse(tmp_path) -> Lakehouse:
    """Two weeks of one account, each scored by another version; to change as a test likes."""
    found = Lakehouse(str(tmp_path))
    for version, model in MODELS.items():
        write_model(found, version, model.to_json())
    write(found, WEEKS[1], "2026-06.1", {"A0001": 12})
    write(found, WEEKS[2], "2026-07.1", {"A0001": 12})
    return found


def test_definitions_that_cannot_be_read_leave_their_changes_unexplained(lakehouse):
    write_model(lakehouse, "2026-06.1", '{"format": 1}')
    told = explain_account(lakehouse, "A0001", None, 12)
    assert [cause.text for cause in told.history[0].causes] == ["the definitions 2026-06.1 can no longer be read"]
    with pytest.raises(ExplanationError, match=r"2026-06.1 cannot be read: not a segmentation of format"):
        explain_account(lakehouse, "A0001", WEEKS[1], 12)


def test_an_account_that_left_a_scored_week_is_told_to_be_scored_again(lakehouse):
    frame = lakehouse.scan("account_snapshots", [WEEKS[2]]).with_columns(account_id=pl.lit("A0002")).collect()
    lakehouse.replace(account_snapshots(CATALOGUE), frame, WEEKS[2])
    with pytest.raises(ExplanationError, match="score 2026-07-06 again"):
        explain_account(lakehouse, "A0001", None, 12)

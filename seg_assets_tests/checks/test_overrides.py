"""The check on what people set: how often, against the rule for how long, and towards which segments."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from resources.lakehouse import Lakehouse
from seg_assets.checks.finding import Finding
from seg_assets.checks.overrides import overrides_of
from seg_assets.schemas import SEGMENT_SCORES, account_snapshots
from seg_assets.segmentation.overrides import SET, Override
from seg_assets.steps.overrides import append_override
from seg_assets_tests.segmentation.small_catalogue import small_catalogue

CATALOGUE = small_catalogue()
FIRST = dt.date(2026, 1, 5)
WEEKS = [FIRST + dt.timedelta(weeks=n) for n in range(16)]
EACH = 100
RULES = {f"A{n:03}": "SEG-01" if n < EACH else "SEG-02" for n in range(2 * EACH)}
"""A hundred accounts in each of two segments."""


class Home:
    """A lakehouse with scores, and overrides of the accounts that tests name."""

    def __init__(self, folder: str) -> None:
        self.lakehouse = Lakehouse(folder)
        self.rows: list[Override] = []

    def set(self, *accounts: str, to: str = "SEG-02", since: dt.date = FIRST) -> None:
        at = dt.datetime(2026, 6, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=len(self.rows))
        for account in accounts:
            row = Override(account, SET, to, "Ana", "a | merger", since, dt.date(2026, 12, 31), at)
            append_override(self.lakehouse, row)
            self.rows.append(row)

    def score(self, *weeks: dt.date, rules: dict[str, str] = RULES) -> None:
        """Scores as they would show the overrides set so far."""
        schema = SEGMENT_SCORES.schema
        for week in weeks:
            held = {row.account_id: row.segment_id for row in self.rows if row.from_week <= week}
            told = [
                {"account_id": account, "segment_id": held.get(account, rule), "rule_segment_id": rule}
                | {"segment_name": "", "override_owner": "Ana" if account in held else None}
                for account, rule in rules.items()
            ]
            frame = pl.DataFrame(told, {name: schema[name] for name in told[0]}).with_columns(
                pl.lit(None, dtype).alias(name) for name, dtype in schema.items() if name not in told[0]
            )
            self.lakehouse.replace(SEGMENT_SCORES, frame.select(schema.names()), week)
        table = account_snapshots(CATALOGUE)
        nothing = [pl.lit(None, dtype).alias(name) for name, dtype in table.schema.items() if name != "account_id"]
        accounts = pl.DataFrame({"account_id": list(rules)}).with_columns(nothing)
        self.lakehouse.replace(table, accounts, weeks[-1])

    def found(self, week: dt.date) -> Finding:
        return overrides_of(self.lakehouse, CATALOGUE, week)


@pytest.fixture
def home(tmp_path) -> Home:
    return Home(str(tmp_path))


def test_up_to_a_twentieth_of_a_segment_may_be_set_by_people(home) -> None:
    home.set(*list(RULES)[:5])
    home.score(WEEKS[0])
    found = home.found(WEEKS[0])
    assert found.passed
    assert found.seen == "5 accounts are set by people, 5 of them against the rule"
    assert "| SEG-01 |  | 95 | 0 | 5 | 5.0% |" in found.table


@pytest.mark.parametrize(
    ("accounts", "to", "told"),
    [
        (list(RULES)[:6], "SEG-02", "6.0% of SEG-01  are set by people, 0 to it and 6 away from it"),
        (list(RULES)[EACH : EACH + 6], "SEG-02", "6.0% of SEG-02  are set by people, 6 to it and 0 away from it"),
    ],
    ids=["away", "where they are"],
)
def test_more_than_a_twentieth_warns_and_says_which_way(home, accounts, to, told) -> None:
    home.score(WEEKS[0])
    home.set(*accounts, to=to, since=WEEKS[1])
    home.score(WEEKS[1], WEEKS[2])
    found = home.found(WEEKS[2])
    assert not found.passed and not found.blocks
    assert told in found.told
    assert (found.since, found.accounts) == (WEEKS[1], 6)
    assert found.look_closer == f"seg override list --week {WEEKS[2]}"


def test_against_the_rule_for_a_quarter_is_well_and_for_longer_is_listed(home) -> None:
    home.set("A001")
    home.score(*WEEKS)
    assert home.found(WEEKS[13]).passed
    found = home.found(WEEKS[14])
    assert found.told == (
        f"A001 is set to SEG-02 by Ana while its values meet SEG-01, for more than a quarter: since {FIRST}"
    )
    assert found.since == FIRST
    assert f"| A001 | SEG-02 | SEG-01 | {FIRST} | 2026-12-31 | Ana | a \\| merger |" in found.table


def test_a_week_in_which_the_rule_agreed_begins_the_quarter_anew(home) -> None:
    home.set("A001")
    home.score(*WEEKS)
    home.score(WEEKS[4], rules=RULES | {"A001": "SEG-02"})
    assert home.found(WEEKS[15]).passed


def test_without_an_override_it_passes_whatever_is_stored(home) -> None:
    found = home.found(WEEKS[0])
    assert found.passed
    assert found.seen == "no override holds"

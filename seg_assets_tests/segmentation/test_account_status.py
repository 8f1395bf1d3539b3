"""Who is in business: the account master where it tells, the catalogue's condition elsewhere."""

from __future__ import annotations

import polars as pl

from seg_assets.catalogs.load import parse_catalogue
from seg_assets.segmentation.account_status import account_status
from seg_assets_tests.catalogs.small import TEXT

CATALOGUE = parse_catalogue(TEXT + "active_when: stage = 'open'\n", "mine.yaml")
SNAPSHOT = pl.DataFrame({"account_id": ["A1", "A2", "A3"], "stage": ["open", "lost", None]})


def master(*rows: tuple[str, str | None, str | None, str | None]) -> pl.DataFrame:
    names = ("account_id", "account_name", "parent_account_id", "status")
    return pl.DataFrame(rows, dict.fromkeys(names, pl.String), orient="row")


def told(status: pl.DataFrame) -> dict[str, tuple[bool, str, str]]:
    return {row[0]: row[1:] for row in status.sort("account_id").iter_rows()}


def test_without_a_master_the_condition_tells_and_each_account_is_its_own_parent():
    assert told(account_status(SNAPSHOT, None, CATALOGUE)) == {
        "A1": (True, "A1", "active_when"),
        "A2": (False, "A2", "active_when"),
        "A3": (False, "A3", "active_when"),
    }


def test_the_master_goes_before_the_condition_and_knows_further_accounts():
    landed = master(
        ("A1", "Kiel", None, "inactive"),
        ("A2", "Lund", "A1", None),
        ("B9", None, "A1", "active"),
        ("C1", None, "C0", "active"),
    )
    assert told(account_status(SNAPSHOT, landed, CATALOGUE)) == {
        "A1": (False, "Kiel", "account_master"),
        "A2": (False, "Kiel", "active_when"),
        "A3": (False, "A3", "active_when"),
        "B9": (True, "Kiel", "account_master"),
        "C1": (True, "C0", "account_master"),
    }


def test_where_nothing_tells_every_account_is_active():
    silent = CATALOGUE.model_copy(update={"active_when": None})
    found = account_status(SNAPSHOT, master(("A1", None, None, "inactive")), silent)
    assert told(found) == {
        "A1": (False, "A1", "account_master"),
        "A2": (True, "A2", "nothing"),
        "A3": (True, "A3", "nothing"),
    }


def test_two_rows_of_an_account_stay_two_to_be_counted():
    twice = master(("A1", "Kiel", None, "active"), ("A1", "Kiel", None, "inactive"))
    found = account_status(SNAPSHOT, twice, CATALOGUE)
    assert found.filter(pl.col("account_id") == "A1")["active"].to_list() == [True, False]

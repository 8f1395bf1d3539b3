"""Contamination: each kind is planted and found, and what cannot be known is not called clean."""

from __future__ import annotations

import datetime as dt

import polars as pl

from seg_assets.segmentation.experiment.contamination import Contamination, contaminations

MONDAY = dt.date(2026, 6, 29)
ARMS = pl.DataFrame(
    {
        "account_id": ["A1", "A2", "B1", "C1", "D1"],
        "family": ["A1", "A1", "B1", "C1", "D1"],
        "arm": ["control", "control", "nurture", "holdout", "nurture"],
        "holdout": [False, False, False, True, False],
        "assigned_on": [MONDAY] * 5,
    }
)


def found(
    arms: pl.DataFrame, parents: pl.DataFrame | None = None, contacts: pl.DataFrame | None = None
) -> dict[str, Contamination]:
    return {one.kind: one for one in contaminations(arms, parents, contacts)}


def contacts(*rows: tuple[str, dt.date]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema={"account_id": pl.String, "contacted_on": pl.Date}, orient="row")


def test_a_clean_experiment_has_three_zeros() -> None:
    told = found(ARMS, contacts=contacts(("A1", MONDAY)))
    assert {kind: one.accounts for kind, one in told.items()} == {
        "several_arms": 0,
        "family_split": 0,
        "holdout_contacted": 0,
    }


def test_an_account_in_two_arms_over_time_is_found() -> None:
    again = ARMS.head(1).with_columns(arm=pl.lit("nurture"), assigned_on=pl.lit(MONDAY + dt.timedelta(7)))
    told = found(pl.concat([ARMS, again]))["several_arms"]
    assert (told.accounts, told.examples) == (1, ("A1",))


def test_a_merger_that_puts_two_arms_under_one_parent_is_found() -> None:
    parents = pl.DataFrame({"account_id": ["B1", "D1", "A2"], "parent_account_id": ["A1", "Z", None]})
    told = found(ARMS, parents)["family_split"]
    assert (told.accounts, told.examples) == (3, ("A1", "A2", "B1"))
    assert "such as A1, A2, B1" in told.says


def test_a_contact_after_being_held_out_is_found_and_one_before_is_not() -> None:
    before, after = MONDAY - dt.timedelta(1), MONDAY + dt.timedelta(3)
    assert found(ARMS, contacts=contacts(("C1", before), ("B1", after)))["holdout_contacted"].accounts == 0
    assert found(ARMS, contacts=contacts(("C1", after), ("C1", MONDAY)))["holdout_contacted"].accounts == 1


def test_contacts_that_nobody_recorded_are_not_known_to_be_none() -> None:
    told = found(ARMS)["holdout_contacted"]
    assert told.accounts is None
    assert "not recorded" in told.says

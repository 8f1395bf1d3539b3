"""Which data months can be reported, and what is said of the others."""

from __future__ import annotations

import datetime as dt

import pytest

from seg_assets.calendar import mondays, month_of
from seg_assets.segmentation.conversion.design import Landed
from seg_assets.segmentation.promotion import Action, Promotion
from seg_assets.steps.lift_data import LiftPlan, lift_plan
from seg_assets_tests.segmentation.small_catalogue import small_catalogue

CATALOGUE = small_catalogue()
WEEKS = mondays(dt.date(2025, 6, 2), dt.date(2026, 7, 20))
LANDED = Landed(tuple({month_of(week): week for week in WEEKS}.values()), frozenset(WEEKS), WEEKS[0])
APRIL = dt.date(2026, 4, 1)


def decision(month: int, action: Action = "promote") -> Promotion:
    day = dt.date(2026, month, 1)
    version = f"{day:%Y-%m}.1"
    at = dt.datetime(2026, month, 2, tzinfo=dt.UTC)
    return Promotion(day, version, action, "automatic", at, "test", None, version if action == "promote" else None)


def test_a_month_that_a_model_served_is_judged_by_that_very_model() -> None:
    plan = lift_plan(APRIL, LANDED, [decision(3), decision(4, "reject"), decision(6)], CATALOGUE)
    assert isinstance(plan, LiftPlan)
    assert (plan.as_of, plan.definition_version) == (dt.date(2026, 4, 27), "2026-03.1")
    assert plan.training[-1] == dt.date(2026, 2, 23)
    assert plan.training[-1] + dt.timedelta(days=60) <= plan.as_of


@pytest.mark.parametrize(
    ("month", "promotions", "landed", "told"),
    [
        (APRIL, [], LANDED, "no model served 2026-04"),
        (APRIL, [decision(5)], LANDED, "no model served 2026-04"),
        (dt.date(2026, 5, 1), [decision(3)], LANDED, "for every week up to 2026-07-27; its newest week is 2026-07-20"),
        (dt.date(2026, 8, 1), [decision(3)], LANDED, "no snapshot of 2026-08 has landed"),
        (APRIL, [decision(3)], Landed(LANDED.month_ends, frozenset(), None), "its newest week is not there"),
        (
            dt.date(2025, 7, 1),
            [Promotion(**{**vars(decision(1)), "service_month": dt.date(2025, 6, 1)})],
            LANDED,
            "no outcomes were known at 2025-07-28",
        ),
    ],
)
def test_another_month_says_what_is_missing(month, promotions, landed, told) -> None:
    found = lift_plan(month, landed, promotions, CATALOGUE)
    assert isinstance(found, str)
    assert told in found


def test_outcomes_that_land_with_the_accounts_are_of_no_month() -> None:
    found = lift_plan(APRIL, LANDED, [decision(3)], small_catalogue(outcome_column="bought"))
    assert isinstance(found, str) and "no month is out of time" in found

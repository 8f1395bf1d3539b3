"""Who is champion follows from the promotions table alone."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from seg_assets.segmentation.promotion import (
    AUTOMATIC,
    Champion,
    Gate,
    Promotion,
    champion_before,
    champion_of,
    decide,
    decided_by_person,
    next_version,
    out_of_order,
    promotion_gates,
    rejected_since,
    versions_in_force,
)

MAY, JUNE, JULY = dt.date(2026, 5, 1), dt.date(2026, 6, 1), dt.date(2026, 7, 1)
NOW = dt.datetime(2026, 7, 2, tzinfo=dt.UTC)


def row(month, version, action="promote", to_version=None, minutes=0, by=AUTOMATIC):
    at = NOW + dt.timedelta(minutes=minutes)
    return Promotion(month, version, action, by, at, "because", None, to_version or version)


def gates_of(**changes):
    """The gates of a challenger that passes them all, but for `changes`."""
    passing = {
        "shares": {"SEG-01": 0.5, "SEG-02": 0.5},
        "value_shares": {},
        "names": ["A", "B"],
        "churn": 0.01,
        "smallest_share": 0.03,
        "smallest_value_share": 0.03,
        "churn_at_most": 0.25,
    }
    return promotion_gates(**passing | changes)


def test_a_week_is_scored_by_the_month_it_begins_in():
    rows = [row(JUNE, "2026-06.1"), row(JULY, "2026-07.1", minutes=1)]
    assert champion_of(rows, dt.date(2026, 6, 29)) == Champion("2026-06.1", False)
    assert champion_of(rows, dt.date(2026, 7, 6)) == Champion("2026-07.1", False)


def test_a_rejected_challenger_leaves_the_champion():
    rows = [row(JUNE, "2026-06.1"), row(JULY, "2026-07.1", "reject", "2026-06.1", 1)]
    assert champion_of(rows, dt.date(2026, 7, 6)) == Champion("2026-06.1", False)


def test_a_week_before_every_model_is_scored_by_the_first_and_says_so():
    rows = [row(JULY, "2026-07.1"), row(JUNE, "2026-06.1", minutes=1)]
    assert champion_of(rows, dt.date(2026, 5, 25)) == Champion("2026-06.1", True)
    assert champion_of([], dt.date(2026, 5, 25)) is None


def test_a_rollback_holds_from_its_month():
    rows = [row(MAY, "2026-05.1"), row(JUNE, "2026-06.1"), row(JULY, "2026-07.1")]
    rows.append(row(JULY, "2026-07.1", "rollback", "2026-05.1", 5))
    assert champion_of(rows, dt.date(2026, 7, 20)) == Champion("2026-05.1", False)
    assert champion_of(rows, dt.date(2026, 6, 22)) == Champion("2026-06.1", False)


def test_a_refit_starts_from_the_champion_before_its_month_not_from_its_own_attempt():
    rows = [row(JUNE, "2026-06.1"), row(JULY, "2026-07.1")]
    assert champion_before(rows, JULY) == "2026-06.1"
    assert champion_before(rows, JUNE) is None


def test_a_month_is_first_refreshed_before_later_ones_or_never():
    """July fitted first, June second: two models with the same ids for unrelated segments."""
    assert out_of_order(JUNE, []) is None
    assert out_of_order(JULY, [MAY, JUNE]) is None
    assert out_of_order(JUNE, [JUNE, JULY]) is None
    assert "2026-07 was refreshed before it" in out_of_order(JUNE, [JULY])


def test_attempts_are_counted_by_month():
    assert next_version(JULY, []) == "2026-07.1"
    assert next_version(JULY, ["2026-06.3", "2026-07.1", "2026-07.12"]) == "2026-07.13"


@given(st.dictionaries(st.sampled_from(["SEG-01", "SEG-02", "SEG-03"]), st.floats(0.001, 1), min_size=2))
def test_the_size_gate_is_about_the_smallest(shares):
    gates = promotion_gates(
        shares=shares,
        value_shares={},
        names=sorted(shares),
        churn=None,
        smallest_share=0.03,
        smallest_value_share=0.03,
        churn_at_most=0.25,
    )
    assert {gate.name: gate.passed for gate in gates}["size"] == (round(min(shares.values()), 3) >= 0.03)
    assert "churn" not in {gate.name for gate in gates}


def test_a_challenger_that_fails_one_gate_is_rejected_with_the_figure():
    gates = gates_of(names=["Trial", "Trial"], churn=0.4)
    found = decide(service_month=JULY, definition_version="2026-07.1", champion="2026-06.1", gates=gates, at=NOW)
    assert (found.action, found.to_version) == ("reject", "2026-06.1")
    assert "1 names for 2 segments" in found.reason
    assert "the refresh alone moves 40.0% of accounts (at most 25.0%)" in found.reason
    assert "size" not in found.reason


def test_a_challenger_that_passes_becomes_champion():
    gates = gates_of()
    found = decide(service_month=JULY, definition_version="2026-07.1", champion=None, gates=gates, at=NOW)
    assert (found.action, found.from_version, found.to_version) == ("promote", None, "2026-07.1")
    assert "lift: not judged" in found.reason


def test_a_persons_decision_on_a_month_is_not_replaced_by_a_later_attempt_at_it():
    """Another attempt at a month, because its snapshot landed again, must not undo last week's rollback."""
    rollback = row(JULY, "2026-07.1", "rollback", "2026-06.1", minutes=1, by="Ana")
    promotions = [row(JULY, "2026-07.1", "promote", "2026-07.1"), rollback]
    assert decided_by_person(promotions, JULY) == rollback
    gates = gates_of(standing=rollback)
    found = decide(
        service_month=JULY,
        definition_version="2026-07.2",
        champion="2026-05.1",
        gates=gates,
        at=NOW + dt.timedelta(hours=2),
        in_force="2026-06.1",
    )
    assert (found.action, found.to_version) == ("reject", "2026-06.1")
    assert "Ana chose 2026-06.1 for this month" in found.reason
    assert versions_in_force([*promotions, found])[JULY] == "2026-06.1"


def test_a_machines_decision_on_a_month_leaves_room_for_the_next():
    promotions = [
        row(JULY, "2026-07.1", "rollback", "2026-06.1", by="Ana"),
        row(JULY, "2026-07.2", "promote", "2026-07.2", minutes=1),
    ]
    assert decided_by_person(promotions, JULY) is None
    assert decided_by_person(promotions[:1], dt.date(2026, 8, 1)) is None


def test_an_announced_change_passes_the_churn_gate_and_says_so():
    """The arrival of the intent index is an announced definition change, outside the churn gate (contract)."""
    gates = promotion_gates(
        shares={"SEG-01": 0.5, "SEG-02": 0.5},
        value_shares={},
        names=["A", "B"],
        churn=0.6,
        smallest_share=0.03,
        smallest_value_share=0.03,
        churn_at_most=0.25,
        announced="the intent index arrives",
    )
    found = decide(service_month=JULY, definition_version="2026-07.1", champion="2026-06.1", gates=gates, at=NOW)
    assert found.action == "promote"
    assert "moves 60.0% of accounts (no limit, an announced change: the intent index arrives)" in found.reason


def gates_with(**more: object) -> tuple[Gate, ...]:
    usual = {
        "shares": {"SEG-01": 1.0},
        "value_shares": {},
        "names": ["A"],
        "churn": 0.0,
        "smallest_share": 0.03,
        "smallest_value_share": 0.03,
        "churn_at_most": 0.25,
    }
    return promotion_gates(**(usual | more))  # type: ignore[arg-type]


def test_evidence_of_harm_stops_a_challenger_and_its_absence_is_said():
    harm, doubt = gates_with(lift=(-0.02, -0.03, -0.01)), gates_with(lift=(-0.002, -0.006, 0.002))
    assert [gate.name for gate in harm if not gate.passed] == ["lift"]
    assert all(gate.passed for gate in doubt)
    found = decide(service_month=JULY, definition_version="2026-07.1", champion="2026-06.1", gates=doubt, at=NOW)
    assert "AUC -0.0020 [-0.0060, +0.0020] against the champion (no evidence of harm)" in found.reason
    assert "not judged" not in found.reason


def test_what_is_not_stable_is_never_promoted_over_a_champion():
    gates = gates_with(unstable="No stable segmentation: the worst segment's Jaccard is 0.41 at best.")
    found = decide(service_month=JULY, definition_version="2026-07.1", champion="2026-06.1", gates=gates, at=NOW)
    assert (found.action, found.to_version) == ("reject", "2026-06.1")
    assert "stability: No stable segmentation" in found.reason


def test_a_small_segment_that_holds_value_passes_the_size_gate():
    shares, value = {"SEG-01": 0.98, "SEG-02": 0.02}, {"SEG-01": 0.9, "SEG-02": 0.1}
    by_value = gates_with(shares=shares, value_shares=value, names=["A", "B"])
    by_accounts = gates_with(shares=shares, names=["A", "B"])
    assert all(gate.passed for gate in by_value)
    assert [gate.name for gate in by_accounts if not gate.passed] == ["size"]


def test_a_rejection_lasts_since_the_first_of_them_in_a_row():
    rows = [row(MAY, "2026-05.1"), row(JUNE, "2026-06.1", "reject", "2026-05.1", 1)]
    rows += [row(JULY, "2026-07.1", "reject", "2026-05.1", 2)]
    assert rejected_since(rows, JULY) == JUNE
    assert rejected_since([*rows, row(JUNE, "2026-06.2", minutes=3)], JULY) == JULY

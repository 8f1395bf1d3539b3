"""Labels overlap, build on each other, and one of their actions is done: which one, and why, is told."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import permutations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seg_assets.catalogs.model import SEGMENT
from seg_assets.segmentation.definitions import Box, Definition
from seg_assets.segmentation.labels import NO_LABELS, Labels, Verdict, with_labels, with_verdicts
from seg_assets_tests.segmentation.conftest import Fitted
from seg_assets_tests.segmentation.label_examples import label

EVERYONE = Definition((Box(()),))
RISK = label("renewal_risk", 10, "due AND trend < 0.9")
READY = label("expansion_ready", 20, "visits >= 5")
BIG = label("big", 30, "arr >= 100", None)
BOTH = label("torn", 40, "renewal_risk AND expansion_ready AND NOT big")
ALL = (BIG, BOTH, READY, RISK)
COLUMNS = {"due": pl.Boolean, "trend": pl.Float64, "visits": pl.Float64, "arr": pl.Float64, "play": pl.String}
VALUES = st.sampled_from([None, math.nan, 0.0, 0.9, 5.0, 100.0])
ROWS = st.fixed_dictionaries(
    {
        "due": st.sampled_from([None, True, False]),
        "trend": VALUES,
        "visits": VALUES,
        "arr": VALUES,
        "play": st.sampled_from([None, "call"]),
    }
)


def told(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    frame = pl.DataFrame(rows, schema=COLUMNS)
    found = with_verdicts(with_labels(frame.lazy(), Labels.of(ALL)), Labels.of(ALL), pl.col("play"))
    return found.select("labels", "action", "action_from", "action_reason").collect().to_dicts()


def reckoned(row: dict[str, object]) -> list[str]:
    """The labels of a row, by hand: NaN is above all numbers, null is never enough."""

    def at_least(value: object, threshold: float) -> bool:
        return isinstance(value, float) and (math.isnan(value) or value >= threshold)

    below = isinstance(row["trend"], float) and not at_least(row["trend"], 0.9)
    risk, ready, big = row["due"] is True and below, at_least(row["visits"], 5), at_least(row["arr"], 100)
    held = {"renewal_risk": risk, "expansion_ready": ready, "big": big, "torn": risk and ready and not big}
    return [name for name, holds in held.items() if holds]


@settings(max_examples=50, deadline=None)
@given(st.lists(ROWS, min_size=1, max_size=30))
def test_labels_and_the_winner_are_those_reckoned_by_hand(rows: list[dict[str, object]]) -> None:
    for row, found in zip(rows, told(rows), strict=True):
        held = reckoned(row)
        acting = [name for name in held if name != "big"]
        winner = acting[0] if acting else None
        assert found["labels"] == held
        assert found["action"] == (f"do {winner}" if winner else row["play"])
        assert found["action_from"] == (winner or (SEGMENT if row["play"] else None))
        assert all(name in str(found["action_reason"]) for name in acting)


@settings(max_examples=50, deadline=None)
@given(st.lists(ROWS, min_size=2, max_size=10))
def test_rows_do_not_depend_on_each_other(rows: list[dict[str, object]]) -> None:
    assert told(rows) == [found for row in rows for found in told([row])]
    assert told(rows[::-1]) == told(rows)[::-1]


def test_the_order_in_the_file_means_nothing() -> None:
    assert len({Labels.of(order) for order in permutations(ALL)}) == 1
    assert Labels.of(ALL).names == ("renewal_risk", "expansion_ready", "big", "torn")


@pytest.mark.parametrize(
    ("holding", "has_play", "verdict"),
    [
        (
            ("expansion_ready", "renewal_risk"),
            True,
            Verdict(
                ("renewal_risk", "expansion_ready"),
                "do renewal_risk",
                "renewal_risk",
                "renewal_risk (priority 10) goes before expansion_ready (20) and the segment's play",
            ),
        ),
        (
            ("torn", "expansion_ready", "renewal_risk"),
            False,
            Verdict(
                ("renewal_risk", "expansion_ready", "torn"),
                "do renewal_risk",
                "renewal_risk",
                "renewal_risk (priority 10) goes before expansion_ready (20) and torn (40)",
            ),
        ),
        (
            ("torn",),
            False,
            Verdict(("torn",), "do torn", "torn", "torn (priority 40) is the only one with an action"),
        ),
        (("big",), True, Verdict(("big",), None, SEGMENT, "the segment's play; no label with an action holds")),
        ((), False, Verdict((), None, None, "no play; no label with an action holds")),
    ],
)
def test_the_reason_says_what_goes_before_what(holding: tuple[str, ...], has_play: bool, verdict: Verdict) -> None:
    assert Labels.of(ALL).verdict(holding, has_play=has_play) == verdict


def test_a_label_comes_after_those_it_builds_on() -> None:
    chain = [label(f"l{n}", 9 - n, "member" if n == 0 else f"NOT l{n - 1}") for n in range(6)]
    assert [*Labels.of(chain).generations()] == [(f"l{n}",) for n in range(6)]
    frame = with_labels(pl.LazyFrame({"member": [True, False]}), Labels.of(chain))
    found = with_verdicts(frame, Labels.of(chain), pl.lit("call")).collect()
    assert found["labels"].to_list() == [["l4", "l2", "l0"], ["l5", "l3", "l1"]]


def test_who_asks_something_is_known_through_other_labels() -> None:
    labels = Labels.of(ALL)
    assert labels.columns == ("arr", "due", "trend", "visits")
    assert labels.asking(["trend"]) == ("renewal_risk", "torn")
    assert labels.asking([]) == ()


def test_a_label_that_asks_an_index_that_is_not_there_does_not_hold(fitted: Fitted) -> None:
    labels = Labels.of(
        (label("keen", 1, "intent >= 0"), label("calm", 2, "intent < 1000"), label("any", 3, "web_visits_30d >= 0"))
    )
    found = fitted.segmentation.assign(fitted.snapshot, labels=labels).collect()["labels"]
    assert {"keen", "calm"} < {name for names in found for name in names}
    columns = fitted.snapshot.columns
    first = fitted.segmentation.segments[0]
    without = replace(fitted.segmentation, intent=None, segments=(replace(first, definition=EVERYONE),))
    assert (fitted.segmentation.unanswered(labels, columns), without.unanswered(labels, columns)) == ((), ("intent",))
    names = {name for names in without.assign(fitted.snapshot, labels=labels).collect()["labels"] for name in names}
    assert names == {"any"}


def test_labels_change_nothing_but_labels_and_action(fitted: Fitted) -> None:
    plain = fitted.segmentation.assign(fitted.snapshot).collect()
    labelled = fitted.segmentation.assign(fitted.snapshot, labels=Labels.of(fitted.catalogue.labels)).collect()
    own = ["labels", "action", "action_from", "action_reason"]
    assert labelled.drop(own).equals(plain.drop(own))
    assert plain["labels"].list.len().sum() == 0
    assert labelled.filter(pl.col("action_from") == SEGMENT)["action"].equals(
        plain.filter(labelled["action_from"] == SEGMENT)["action"]
    )
    assert NO_LABELS.columns == ()

"""Lists of audiences: who is on them, who came off and why, and who must never be on one."""

from __future__ import annotations

from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from seg_assets.segmentation.audiences import CHANNEL_COLUMNS, COLUMNS, WeekOfAccounts, audiences

CONSENTS = ("email_consent", "ads_consent", "sales_contactable")
NOBODY = pl.DataFrame(schema={"account_id": pl.String, "reason": pl.String})


def scores(**segments: str) -> pl.DataFrame:
    """account_id to its segment, and its labels after a colon: `SEG-01:new_trial,high_value`."""
    rows = []
    for account, text in segments.items():
        segment, _, labels = text.partition(":")
        rows.append((account, segment, f"Name of {segment}", [label for label in labels.split(",") if label]))
    schema = {
        "account_id": pl.String,
        "segment_id": pl.String,
        "segment_name": pl.String,
        "labels": pl.List(pl.String),
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def master(parents: dict[str, str] | None = None, **consents: tuple[bool | None, ...]) -> pl.DataFrame:
    rows = [
        {"account_id": a, "account_name": f"{a} Ltd", "parent_account_id": (parents or {}).get(a, a)}
        | dict(zip(CONSENTS, given, strict=True))
        for a, given in consents.items()
    ]
    schema = {"account_id": pl.String, "account_name": pl.String, "parent_account_id": pl.String}
    return pl.DataFrame(rows, schema=schema | dict.fromkeys(CONSENTS, pl.Boolean))


def arms(*rows: tuple[str, str, str]) -> pl.DataFrame:
    frame = pl.DataFrame(rows, schema=["account_id", "family", "arm"], orient="row")
    return frame.with_columns(holdout=pl.col("arm") == "holdout", experiment=pl.lit("nurture"))


def told(lists: pl.DataFrame, audience: str = "SEG-01") -> dict[str, tuple[Any, ...]]:
    """account_id: status, e-mail, ads, sales, reason."""
    rows = lists.filter(pl.col("audience") == audience)
    return {r["account_id"]: (r["status"], r["email"], r["ads"], r["sales"], r["reason"]) for r in rows.to_dicts()}


ALL, NONE, UNKNOWN = (True, True, True), (False, False, False), (None, None, None)


def test_each_account_is_in_its_segment_and_in_each_of_its_labels() -> None:
    now = WeekOfAccounts(scores(a="SEG-01:new_trial,high_value", b="SEG-02"), master(a=ALL, b=ALL), None)
    found = audiences(now, None, NOBODY)
    assert tuple(found.columns) == COLUMNS
    assert found.select("kind", "audience", "audience_name", "account_id").rows() == [
        ("label", "high_value", "high value", "a"),
        ("label", "new_trial", "new trial", "a"),
        ("segment", "SEG-01", "Name of SEG-01", "a"),
        ("segment", "SEG-02", "Name of SEG-02", "b"),
    ]
    assert found["status"].unique().to_list() == ["entered"]


def test_consent_is_asked_channel_by_channel_and_unknown_is_none() -> None:
    given = {"a": (True, False, None), "b": NONE, "c": UNKNOWN, "d": (None, False, None)}
    now = WeekOfAccounts(scores(a="SEG-01", b="SEG-01", c="SEG-01", d="SEG-01", e="SEG-01"), master(**given), None)
    assert told(audiences(now, None, NOBODY)) == {
        "a": ("entered", True, False, False, None),
        "b": ("withheld", False, False, False, "no consent"),
        "c": ("withheld", False, False, False, "consent not known"),
        "d": ("withheld", False, False, False, "no consent"),
        "e": ("withheld", False, False, False, "consent not known"),
    }


def test_without_an_account_master_nobody_is_on_a_list() -> None:
    now = WeekOfAccounts(scores(a="SEG-01", b="SEG-02"), None, None)
    found = audiences(now, now, NOBODY)
    assert found["status"].unique().to_list() == ["withheld"]
    assert found["reason"].unique().to_list() == ["consent not known"]


def test_what_changed_since_the_week_before() -> None:
    before = WeekOfAccounts(
        scores(stays="SEG-01", moves="SEG-01", ends="SEG-01", withdraws="SEG-01", agrees="SEG-01"),
        master(stays=ALL, moves=ALL, ends=ALL, withdraws=ALL, agrees=NONE),
        None,
    )
    now = WeekOfAccounts(
        scores(stays="SEG-01", moves="SEG-02", withdraws="SEG-01", agrees="SEG-01"),
        master(stays=(True, False, False), moves=ALL, withdraws=NONE, agrees=ALL),
        None,
    )
    found = audiences(now, before, NOBODY)
    assert told(found) == {
        "stays": ("stayed", True, False, False, None),
        "moves": ("left", False, False, False, "no longer in the audience"),
        "ends": ("left", False, False, False, "no longer in the audience"),
        "withdraws": ("left", False, False, False, "no consent"),
        "agrees": ("entered", True, True, True, None),
    }
    assert told(found, "SEG-02") == {"moves": ("entered", True, True, True, None)}
    assert found.filter(pl.col("account_id") == "ends")["account_name"].to_list() == ["ends Ltd"]


def test_a_suppressed_account_is_told_to_leave_and_never_enters() -> None:
    week = WeekOfAccounts(scores(a="SEG-01:new_trial", b="SEG-01"), master(a=ALL, b=ALL), None)
    suppressed = pl.DataFrame({"account_id": ["a", "a", "gone"], "reason": ["complaint", "complaint", "x"]})
    found = audiences(week, week, suppressed)
    assert told(found)["a"] == ("left", False, False, False, "suppressed: complaint")
    assert told(found, "new_trial")["a"][0] == "left"
    assert told(audiences(week, None, suppressed))["a"][0] == "withheld"
    assert told(found)["b"][0] == "stayed"


def test_the_holdout_is_marked_and_on_no_list_with_all_of_its_family() -> None:
    parents = {"new": "head"}
    week = WeekOfAccounts(
        scores(head="SEG-01", new="SEG-01", other="SEG-01"),
        master(parents, head=ALL, new=ALL, other=ALL),
        arms(("head", "head", "holdout"), ("other", "other", "control")),
    )
    found = audiences(week, None, NOBODY)
    assert told(found)["head"] == told(found)["new"] == ("withheld", False, False, False, "hold-out")
    assert dict(found.select("account_id", "holdout").rows()) == {"head": True, "new": True, "other": False}
    assert dict(found.select("account_id", "arms").rows())["other"] == ["nurture: control"]


def test_an_account_that_is_held_out_from_this_week_on_leaves() -> None:
    people, agree = scores(a="SEG-01"), master(a=ALL)
    now = WeekOfAccounts(people, agree, arms(("a", "a", "holdout")))
    assert told(audiences(now, WeekOfAccounts(people, agree, None), NOBODY))["a"] == (
        "left",
        False,
        False,
        False,
        "hold-out",
    )


@st.composite
def a_week(draw: st.DrawFn) -> WeekOfAccounts:
    ids = draw(st.lists(st.sampled_from("abcdef"), unique=True, min_size=1))
    consent = st.tuples(*[st.sampled_from([True, False, None])] * 3)
    segments = {a: draw(st.sampled_from(["SEG-01", "SEG-02", "SEG-01:x", "SEG-02:x,y"])) for a in ids}
    known = draw(st.booleans())
    held = draw(st.lists(st.sampled_from("abcdef"), unique=True))
    return WeekOfAccounts(
        scores(**segments),
        master(**{a: draw(consent) for a in ids}) if known else None,
        arms(*[(a, a, "holdout") for a in held]) if held else None,
    )


@settings(max_examples=60, deadline=None)
@given(now=a_week(), before=st.none() | a_week(), listed=st.lists(st.sampled_from("abcdef"), unique=True))
def test_nobody_who_must_not_be_contacted_is_ever_on_a_list(
    now: WeekOfAccounts, before: WeekOfAccounts | None, listed: list[str]
) -> None:
    suppressed = pl.DataFrame({"account_id": listed, "reason": ["x"] * len(listed)}, schema=NOBODY.schema)
    found = audiences(now, before, suppressed)
    on_list = found.filter(pl.any_horizontal(CHANNEL_COLUMNS.values()))
    assert set(on_list["status"]) <= {"entered", "stayed"}
    assert not set(on_list["account_id"]) & set(listed)
    assert not on_list["holdout"].any()
    assert found.select("kind", "audience", "account_id").is_duplicated().sum() == 0
    assert on_list["reason"].null_count() == on_list.height
    assert found.join(on_list, on=["kind", "audience", "account_id"], how="anti")["reason"].null_count() == 0
    if now.master is not None:
        for consent, channel in CHANNEL_COLUMNS.items():
            agreed = now.master.filter(pl.col(consent))["account_id"]
            assert set(found.filter(pl.col(channel))["account_id"]) <= set(agreed)
    else:
        assert on_list.is_empty()

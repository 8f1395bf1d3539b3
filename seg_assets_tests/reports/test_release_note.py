"""A release note is a page for marketing: what changed, who moves, figures; nothing in the data can break it."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from seg_assets.reports.release_note import release_page, text


def side(name, definition, accounts, play="Nurture", arr=12_000.0):
    return {"name": name, "definition": definition, "play": play, "accounts": accounts, "arr": arr}


PROMOTED = {
    "service_month": dt.date(2026, 7, 1),
    "definition_version": "2026-07.1",
    "action": "promote",
    "by": "automatic",
    "at": dt.datetime(2026, 7, 2, 9, 12, tzinfo=dt.UTC),
    "reason": "passed churn: moves 3.0%",
    "from_version": "2026-06.1",
    "snapshot_date": dt.date(2026, 6, 29),
    "accounts": 1_000,
    "moved": 130,
    "moved_arr": 45_000.0,
    "segments": [
        {
            "segment_id": "SEG-01",
            "before": side("Customer", "intent below 51", 600),
            "after": side("Customer", "intent below 37", 570),
        },
        {"segment_id": "SEG-02", "before": side("Trial | hot", "on trial", 300), "after": None},
        {"segment_id": "SEG-03", "before": side("Lead", "a lead", 100), "after": side("Lead", "a lead", 100)},
        {"segment_id": "SEG-04", "before": None, "after": side("Small firm", "intent 37 to 50", 330, "Light touch")},
    ],
    "moves": [
        {"from_segment_id": "SEG-02", "to_segment_id": "SEG-04", "accounts": 100, "arr": 40_000.0},
        {"from_segment_id": "SEG-01", "to_segment_id": "SEG-04", "accounts": 30, "arr": None},
    ],
    "figures": [
        {"figure": "segments", "before": 3.0, "after": 3.0},
        {"figure": "auc", "before": 0.744, "after": 0.764},
    ],
    "borders": ["Intent (SEG-01) has its border at 37; it was 51."],
    "plays_added": ["Light touch"],
    "plays_dropped": ["Win back"],
    "retired": [{"segment_id": "SEG-02", "name": "Trial | hot", "fate": "merged", "heirs": ["SEG-04"]}],
}


def test_the_note_says_what_the_issue_asks_for():
    page = release_page("2026-07.1", [PROMOTED], "USD")
    for told in (
        "2026-07.1 takes the place of 2026-06.1 for weeks that begin in July 2026 or later.",
        "130 accounts (13.0\u00a0%) with 45.0\u00a0k\u00a0USD of ARR are in another segment",
        "| SEG-02 Trial \\| hot | SEG-04 Small firm | 100 | 40.0\u00a0k\u00a0USD |",
        "    - before: accounts where intent below 51",
        "    - now: accounts where intent below 37",
        "- SEG-04 Small firm is new: accounts where intent 37 to 50.",
        "- SEG-02 Trial \\| hot ends. It was: accounts where on trial.",
        "Unchanged: SEG-03.",
        "- Intent (SEG-01) has its border at 37; it was 51.",
        "- SEG-02 Trial \\| hot: merged into SEG-04 Small firm. The id is not used again.",
        "- Added: Light touch",
        "- Dropped: Win back",
        "| AUC: how well segments rank accounts by conversion (0.5 is chance) | 0.744 | 0.764 |",
        "| Churn: share of accounts that change segment | – | 13.0\u00a0% |",
    ):
        assert told in page


def test_a_rollback_says_who_decided_and_why_and_keeps_the_id():
    note = PROMOTED | {"action": "rollback", "by": "Ana", "reason": "no play\nfor | them"}
    page = release_page("2026-07.1", [note], "USD")
    assert "## Rolled back to 2026-07.1, from July 2026" in page
    assert "By Ana." in page and "- Reason: no play for \\| them" in page
    assert "The id is kept for it." in page and "not used again" not in page


def test_a_version_that_came_into_force_twice_has_both_notes_the_newest_first():
    again = PROMOTED | {"action": "rollback", "by": "Ana", "service_month": dt.date(2026, 8, 1)}
    page = release_page("2026-07.1", [again, PROMOTED], "USD")
    assert page.index("Rolled back to 2026-07.1, from August 2026") < page.index("Promoted: 2026-07.1, from July 2026")
    assert page.count("# Segment definitions 2026-07.1") == 1


def test_the_first_definitions_are_listed_with_nothing_to_compare():
    segments = [{"segment_id": "SEG-01", "before": None, "after": side("Customer", "intent below 37", 1_000)}]
    note = PROMOTED | {"from_version": None, "segments": segments, "moves": [], "retired": [], "figures": []}
    page = release_page("2026-07.1", [note], "USD")
    assert "No definitions were in force before it." in page
    assert "| SEG-01 Customer | intent below 37 | 1,000 | 12.0\u00a0k\u00a0USD | Nurture |" in page
    assert "AUC cannot be told: too few conversions have matured." in page
    assert "Who moves" not in page and "Churn" not in page


def test_many_moves_are_summed_up():
    moves = [
        {"from_segment_id": "SEG-01", "to_segment_id": "SEG-04", "accounts": 20 - n, "arr": None} for n in range(14)
    ]
    page = release_page("2026-07.1", [PROMOTED | {"moves": moves}], "USD")
    assert "2 further moves: 15 accounts." in page


@given(st.text(max_size=60))
def test_nothing_that_data_say_breaks_a_table_or_begins_markup(words):
    escaped = text(words)
    assert "\n" not in escaped
    for letter in "|<`[#*_":
        assert escaped.count(letter) == escaped.count(f"\\{letter}")
    page = release_page("2026-07.1", [PROMOTED | {"by": words, "reason": words}], "USD")
    header = page.index("| from | to |")
    rows = [line for line in page[header:].splitlines() if line.startswith("|")]
    assert all(row.replace("\\|", "").count("|") in (4, 5, 6) for row in rows)

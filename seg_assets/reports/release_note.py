"""The release note of a version: a Markdown page for those who work with the segments.

Belongs here: how the rows of table release_notes read. Does not: what they hold (steps/release_notes.py), where the
page lies (resources/pages.py).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from seg_assets.catalogs import Catalogue
from seg_assets.reports.numbers import count, decimal, money, share
from seg_assets.segmentation.promotion import AUTOMATIC

FOLDER = "releases"
MOST_MOVES = 12
FIGURES = {
    "segments": ("Number of segments", count),
    "smallest_share": ("Smallest segment, share of accounts", share),
    "largest_share": ("Largest segment, share of accounts", share),
    "explained_variance": ("Explained: share of the indices' variance that lies between segments", share),
    "auc": ("AUC: how well segments rank accounts by conversion (0.5 is chance)", decimal),
}
ABSENT = "–"


def money_unit(catalogue: Catalogue) -> str:
    """The unit of the value feature; empty where it has none or there is no such feature."""
    return catalogue.feature(catalogue.value_feature).unit if catalogue.value_feature else ""


def release_page(definition_version: str, notes: Sequence[Mapping[str, Any]], money_unit: str) -> str:
    """The page of a version. notes: its rows of release_notes, the newest first: it may come into force more than once.

    Everything that data or people wrote is escaped, so that it can neither break a table nor begin markup.
    """
    parts = [f"# Segment definitions {definition_version}", ""]
    for note in notes:
        parts += _note(note, money_unit)
    return "\n".join(parts).rstrip() + "\n"


def _note(note: Mapping[str, Any], unit: str) -> list[str]:
    first = note["from_version"] is None
    return [
        *_opening(note, unit),
        *([] if first else _moves(note, unit)),
        *_segments(note, unit),
        *([] if first else _definitions(note)),
        *_retired(note),
        *([] if first else _plays(note)),
        *_figures(note),
    ]


def _opening(note: Mapping[str, Any], unit: str) -> list[str]:
    before, version = note["from_version"], note["definition_version"]
    began = f"{note['service_month']:%B %Y}"
    word = "Rolled back to" if note["action"] == "rollback" else "Promoted:"
    if before is None:
        what = f"{version} serves weeks that begin in {began} or later. No definitions were in force before it."
    else:
        what = f"{version} takes the place of {before} for weeks that begin in {began} or later."
    who = "By its gates, automatically" if note["by"] == AUTOMATIC else f"By {text(note['by'])}"
    lines = [
        f"## {word} {version}, from {began}",
        "",
        what,
        "",
        f"- Decided: {note['at']:%Y-%m-%d %H:%M} UTC. {who}.",
        f"- Reason: {text(note['reason'])}",
        f"- Counted on: {count(note['accounts'])} accounts of {note['snapshot_date']}.",
    ]
    if before is not None:
        moved = f"{count(note['moved'])} accounts ({share(note['moved'] / max(note['accounts'], 1))})"
        arr = "" if note["moved_arr"] is None else f" with {money(note['moved_arr'], unit)} of ARR"
        lines.append(
            f"- Who moves: {moved}{arr} are in another segment by this change alone. Stored weeks keep their segments "
            "until they are scored again."
        )
    return [*lines, ""]


def _moves(note: Mapping[str, Any], unit: str) -> list[str]:
    names = _names(note)
    if not note["moves"]:
        return ["### Who moves where", "", "Nobody: every account keeps its segment.", ""]
    rows = [
        (names[move["from_segment_id"]], names[move["to_segment_id"]], count(move["accounts"]), _arr(move["arr"], unit))
        for move in note["moves"][:MOST_MOVES]
    ]
    left = note["moves"][MOST_MOVES:]
    rest = f"{len(left)} further moves: {count(sum(move['accounts'] for move in left))} accounts." if left else ""
    table = _table(("from", "to", "accounts", "ARR"), rows, numbers=2)
    return ["### Who moves where", "", *table, "", *([rest, ""] if rest else [])]


def _segments(note: Mapping[str, Any], unit: str) -> list[str]:
    if note["from_version"] is None:
        rows = [
            (
                f"{one['segment_id']} {text(one['after']['name'])}",
                text(one["after"]["definition"]),
                count(one["after"]["accounts"]),
                _arr(one["after"]["arr"], unit),
                text(one["after"]["play"] or ABSENT),
            )
            for one in note["segments"]
        ]
        return ["### The segments", "", *_table(("segment", "where", "accounts", "ARR", "play"), rows), ""]
    sides = [(_names(note)[one["segment_id"]], one["before"], one["after"]) for one in note["segments"]]
    rows = [
        (name, _accounts(before), _accounts(after), _side_arr(before, unit), _side_arr(after, unit))
        for name, before, after in sides
    ]
    headers = ("segment", "accounts before", "after", "ARR before", "after")
    return ["### Sizes before and after", "", *_table(headers, rows, numbers=4), ""]


def _definitions(note: Mapping[str, Any]) -> list[str]:
    changed, same = [], []
    for one in note["segments"]:
        before, after = one["before"], one["after"]
        title = _names(note)[one["segment_id"]]
        if before is None:
            changed += [f"- {title} is new: accounts where {text(after['definition'])}."]
        elif after is None:
            changed += [f"- {title} ends. It was: accounts where {text(before['definition'])}."]
        elif (before["definition"], before["name"]) != (after["definition"], after["name"]):
            changed += [f"- {title}"]
            if before["name"] != after["name"]:
                changed += [f"    - was called {text(before['name'])}"]
            if before["definition"] != after["definition"]:
                changed += [
                    f"    - before: accounts where {text(before['definition'])}",
                    f"    - now: accounts where {text(after['definition'])}",
                ]
        else:
            same.append(one["segment_id"])
    kept = [f"Unchanged: {', '.join(same)}.", ""] if same else []
    borders = [f"- {text(says)}" for says in note["borders"]]
    told = ["Borders that moved:", "", *borders, ""] if borders else []
    return ["### What changed in the definitions", "", *(changed or ["Nothing."]), "", *kept, *told]


def _retired(note: Mapping[str, Any]) -> list[str]:
    if not note["retired"]:
        return []
    names = _names(note)
    lines = []
    for one in note["retired"]:
        heirs = " and ".join(names.get(heir, heir) for heir in one["heirs"])
        to = f"{one['fate']} into {heirs}" if heirs else "its accounts are in no one segment"
        lines.append(f"- {one['segment_id']} {text(one['name'])}: {to}. The id is not used again.")
    if note["action"] == "rollback":
        lines = [line.replace("The id is not used again.", "The id is kept for it.") for line in lines]
    return ["### Segments that end, and their heirs", "", *lines, ""]


def _plays(note: Mapping[str, Any]) -> list[str]:
    lines = [f"- Added: {text(play)}" for play in note["plays_added"]]
    lines += [f"- Dropped: {text(play)}" for play in note["plays_dropped"]]
    for one in note["segments"]:
        before, after = one["before"], one["after"]
        if before and after and before["play"] != after["play"]:
            was, now = (text(side["play"] or "no play") for side in (before, after))
            lines.append(f"- {_names(note)[one['segment_id']]}: {was} before, {now} now")
    return ["### Plays", "", *(lines or ["No play was added or dropped, and every segment keeps its own."]), ""]


def _figures(note: Mapping[str, Any]) -> list[str]:
    rows = []
    for figure in note["figures"]:
        title, spoken = FIGURES[figure["figure"]]
        told = (ABSENT if figure[side] is None else spoken(figure[side]) for side in ("before", "after"))
        rows.append((title, *told))
    moved = share(note["moved"] / max(note["accounts"], 1))
    if note["from_version"] is not None:
        rows.append(("Churn: share of accounts that change segment", ABSENT, moved))
    judged = any(figure["figure"] == "auc" for figure in note["figures"])
    unknown = [] if judged else ["AUC cannot be told: too few conversions have matured.", ""]
    return ["### Figures", "", *_table(("figure", "before", "after"), rows, numbers=2), "", *unknown]


def _names(note: Mapping[str, Any]) -> dict[str, str]:
    return {
        one["segment_id"]: f"{one['segment_id']} {text((one['after'] or one['before'])['name'])}"
        for one in note["segments"]
    }


def _accounts(side: Mapping[str, Any] | None) -> str:
    return ABSENT if side is None else count(side["accounts"])


def _side_arr(side: Mapping[str, Any] | None, unit: str) -> str:
    return ABSENT if side is None else _arr(side["arr"], unit)


def _arr(value: float | None, unit: str) -> str:
    return ABSENT if value is None else money(value, unit)


def _table(headers: Sequence[str], rows: Sequence[Sequence[str]], numbers: int = 0) -> list[str]:
    """Cells are escaped already; the last `numbers` columns are set right."""
    rules = ["---"] * (len(headers) - numbers) + ["---:"] * numbers
    return ["| " + " | ".join(row) + " |" for row in (headers, rules, *rows)]


def text(value: str) -> str:
    """Words of data or people as one line of Markdown that means nothing but itself."""
    line = " ".join(value.split())
    return re.sub(r"([\\`*_{}\[\]<>#|~])", r"\\\1", line)

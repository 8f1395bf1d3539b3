"""What must hold between labels, and between them and the catalogue whose columns they ask.

Belongs here: problems of names, priorities, conditions and cycles, each with its place in the file of labels.
Does not: the words of a condition (label_language.py), reading files (load.py), asking accounts
(segmentation/labels.py).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

import polars as pl
from pydantic import BaseModel, ConfigDict

from seg_assets.catalogs.conditions import account_columns, wrong
from seg_assets.catalogs.consistency import Problem, index_names, needed
from seg_assets.catalogs.label_language import NUMBER, TEXT, TRUTH, Language, NotUnderstood, names_in, parsed
from seg_assets.catalogs.model import SEGMENT, SEGMENT_ID, TIER, Catalogue, Label
from seg_assets.catalogs.tiers import NO_TIER

INTENT = "intent"
MOST_LABELS = 60
"""So many fit into the whole number that scoring keeps them in, one bit each."""


class LabelFile(BaseModel):
    """A file of labels."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    labels: tuple[Label, ...]


def bad_labels(labels: Sequence[Label], catalogue: Catalogue) -> list[Problem]:
    """(place, message) of all that is wrong with the labels of a catalogue; nothing where they can be used."""
    language = _language(labels, catalogue)
    conditions = list(_bad_conditions(labels, language))
    problems = [*_names_and_priorities(labels, catalogue), *conditions]
    if len(labels) > MOST_LABELS:
        problems.append((("labels",), f"{len(labels)} labels, at most {MOST_LABELS} are possible; take some out"))
    return problems if conditions else [*problems, *_cycles(labels)]


def asked_by(labels: Sequence[Label]) -> dict[str, tuple[str, ...]]:
    """What each label asks by name: columns, indices and other labels."""
    return {label.name: names_in(parsed(label.when)) for label in labels}


def labels_fingerprint(labels: Sequence[Label]) -> str:
    """A short hash of all that scores depend on: names, conditions, priorities and actions."""
    said = sorted((label.name, label.when, label.priority, label.action) for label in labels)
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:12]


def _language(labels: Sequence[Label], catalogue: Catalogue) -> Language:
    columns: dict[str, pl.DataType] = dict(account_columns(catalogue))
    columns |= dict.fromkeys((*index_names(catalogue), INTENT), NUMBER)
    columns |= {TIER: TEXT, SEGMENT_ID: TEXT} | {label.name: TRUTH for label in labels}
    levels = {f.name: f.levels + f.unordered_levels for f in catalogue.features if f.levels}
    return Language(columns, levels | {TIER: (*catalogue.tiers.tiers.by_code, NO_TIER)})


def _names_and_priorities(labels: Sequence[Label], catalogue: Catalogue) -> Iterator[Problem]:
    taken: Mapping[str, str] = (
        dict.fromkeys(catalogue.feature_names, "a feature")
        | dict.fromkeys(index_names(catalogue), "an index")
        | {SEGMENT: "what wins where no label has an action"}
    )
    for i, label in enumerate(labels):
        place = ("labels", i)
        before = labels[:i]
        if any(label.name == other.name for other in before):
            yield (*place, "name"), f"{label.name!r} is named twice in labels; rename one, or take it out"
        elif label.name in taken:
            yield (*place, "name"), f"label {label.name!r} has the name of {taken[label.name]}; rename the label"
        elif needed(label.name):
            yield (*place, "name"), f"label {label.name!r} has the name of a column that the tables need; rename it"
        for other in before:
            if label.priority == other.priority:
                told = f"priority {label.priority} is that of {other.name!r} too"
                yield (*place, "priority"), f"{told}; give each its own, so that one action wins"


def _bad_conditions(labels: Sequence[Label], language: Language) -> Iterator[Problem]:
    for i, label in enumerate(labels):
        told = list(wrong(label.when, language.columns))
        if not told:
            try:
                language.check(label.when)
            except NotUnderstood as error:
                told = [str(error)]
        yield from ((("labels", i, "when"), message) for message in told)


def _cycles(labels: Sequence[Label]) -> Iterator[Problem]:
    """The labels' own names decide, so that every label of a cycle is known; one cycle is told at a time."""
    places = {label.name: i for i, label in enumerate(labels)}
    asked = {name: [other for other in names if other in places] for name, names in asked_by(labels).items()}
    try:
        TopologicalSorter(asked).prepare()
    except CycleError as error:
        # Each asks the one before it.
        cycle = list(reversed(error.args[1]))
        first = min(range(len(cycle) - 1), key=lambda position: places[cycle[position]])
        around = [*cycle[first:-1], *cycle[: first + 1]]
        told = f"{' asks '.join(around)}: labels cannot be built on themselves"
        yield ("labels", places[around[0]], "when"), f"{told}; take one of these out"

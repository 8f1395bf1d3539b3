"""What must hold between the parts of a catalogue: names that point at something, and columns that do not collide.

Belongs here: problems of names and columns, each with its place in the catalogue and what to do about it.
Does not: SQL conditions (conditions.py), turning places into lines (load.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from seg_assets.catalogs.model import Catalogue, Kind

Place = tuple[str | int, ...]
"""Where in the catalogue, as keys and positions from its root: ("features", 3, "group")."""

Problem = tuple[Place, str]

FIXED_SOURCES = ("account_master", "pipeline_conversions", "revenue_events")
FIXED_TABLES = (*FIXED_SOURCES, "account_snapshots")

TABLE_COLUMNS = frozenset(
    {
        "account_id",
        "converted",
        "data_month",
        "intent",
        "quarantine_reason",
        "segment_id",
        "service_month",
        "snapshot_date",
        "tier",
        "unusual",
    }
)
"""Columns that the tables and the scoring have beside features and indices."""

TEXT_KINDS = (Kind.CATEGORICAL, Kind.ORDINAL)


def inconsistencies(catalogue: Catalogue) -> list[Problem]:
    """(place, message) of all that is wrong between the parts; nothing where the catalogue can be used."""
    return [
        *_names_given_twice(catalogue),
        *_fixed_sources(catalogue),
        *_unknown_names(catalogue),
        *_unfit_features(catalogue),
        *_table_columns(catalogue),
        *_columns_beside_features(catalogue),
        *_lists_in_place(catalogue),
    ]


def _names_given_twice(catalogue: Catalogue) -> Iterator[Problem]:
    lists = {
        "sources": [source.name for source in catalogue.sources],
        "groups": [group.name for group in catalogue.groups],
        "features": [feature.name for feature in catalogue.features],
        "indices": [index.name for index in catalogue.indices],
        "rules": [rule.name for rule in catalogue.rules],
        "playbook": [play.name for play in catalogue.playbook],
        "triggers": [trigger.name for trigger in catalogue.triggers],
    }
    for field, names in lists.items():
        for i, name in enumerate(names):
            if name in names[:i]:
                yield (field, i, "name"), f"{name!r} is named twice in {field}; rename one, or take it out"


def _fixed_sources(catalogue: Catalogue) -> Iterator[Problem]:
    for i, source in enumerate(catalogue.sources):
        if source.name in FIXED_SOURCES:
            told = f"source {source.name!r} is read without being listed, and has no features; take it out"
            yield ("sources", i, "name"), told
        elif source.name in FIXED_TABLES:
            yield ("sources", i, "name"), f"source {source.name!r} has the name of a table of the graph; rename it"


def _unknown_names(catalogue: Catalogue) -> Iterator[Problem]:
    sources, groups = {s.name for s in catalogue.sources}, {g.name for g in catalogue.groups}
    features = set(catalogue.feature_names)
    for i, feature in enumerate(catalogue.features):
        if feature.source not in sources:
            yield ("features", i, "source"), f"unknown source {feature.source!r}; add it to sources, or correct it"
        if feature.group not in groups:
            yield ("features", i, "group"), f"unknown group {feature.group!r}; add it to groups, or correct it"
    for place, name in _features_named(catalogue):
        if name not in features:
            yield place, f"unknown feature {name!r}; add it to features, or correct it"


def _features_named(catalogue: Catalogue) -> Iterator[tuple[Place, str]]:
    for i, group in enumerate(catalogue.groups):
        if group.applicable_when:
            yield ("groups", i, "applicable_when", "column"), group.applicable_when.column
    for i, index in enumerate(catalogue.indices):
        for j, name in enumerate(index.features):
            yield ("indices", i, "features", j), name
    for j, name in enumerate(catalogue.name_features):
        yield ("name_features", j), name
    for j, name in enumerate(catalogue.slices):
        yield ("slices", j), name
    if catalogue.value_feature is not None:
        yield ("value_feature",), catalogue.value_feature
    for field in ("split_by", "motion"):
        name = getattr(catalogue.lift_report, field)
        if name is not None:
            yield ("lift_report", field), name


def _unfit_features(catalogue: Catalogue) -> Iterator[Problem]:
    """Features of a kind that cannot do what they are named for."""
    kinds = {feature.name: feature.kind for feature in catalogue.features}
    value = kinds.get(catalogue.value_feature or "")
    if value not in (None, Kind.NUMERIC):
        told = f"{catalogue.value_feature!r} is {value}, and only a numeric feature sums to a segment's ARR"
        yield ("value_feature",), f"{told}; name a numeric one, or leave value_feature out"
    for i, group in enumerate(catalogue.groups):
        column = group.applicable_when.column if group.applicable_when else ""
        kind = kinds.get(column)
        if kind is not None and kind not in TEXT_KINDS:
            told = f"{column!r} is {kind}, and values are levels; name a categorical or an ordinal feature"
            yield ("groups", i, "applicable_when", "column"), told
    for j, name in enumerate(catalogue.slices):
        kind = kinds.get(name)
        if kind is not None and kind not in TEXT_KINDS:
            told = f"{name!r} is {kind}, and slices are levels; name a categorical or an ordinal feature"
            yield ("slices", j), told
    for i, index in enumerate(catalogue.indices):
        known = [catalogue.feature(name) for name in index.features if name in kinds]
        if known and all(f.kind is Kind.CATEGORICAL or f.direction == 0 for f in known):
            told = f"index {index.name!r} has no usable feature: each is categorical or has direction 0"
            yield ("indices", i, "features"), f"{told}; name one with an order and a direction"
    yield from _unfit_for_the_lift_report(catalogue)


def _unfit_for_the_lift_report(catalogue: Catalogue) -> Iterator[Problem]:
    """Features that have no levels to judge apart, and an index that does not exist or has no motion beside it."""
    design = catalogue.lift_report
    kinds = {feature.name: feature.kind for feature in catalogue.features}
    for field, name in (("split_by", design.split_by), ("motion", design.motion)):
        kind = kinds.get(name or "")
        if kind is not None and kind not in TEXT_KINDS:
            yield ("lift_report", field), f"{name!r} is {kind}; name a categorical or an ordinal feature"
    indices = [name for _, _, name in _index_columns(catalogue)]
    if design.engagement is not None and design.engagement not in indices:
        told = f"unknown index {design.engagement!r}; name one of {', '.join(indices)}"
        yield ("lift_report", "engagement"), told
    elif design.engagement is not None and design.motion is None:
        told = f"engagement {design.engagement!r} is cut in three beside the motion; name that too, or leave it out"
        yield ("lift_report", "engagement"), told


def _table_columns(catalogue: Catalogue) -> Iterator[Problem]:
    """Features and indices with the name of a column that something else needs."""
    given = {catalogue.outcome_column: "outcome_column", catalogue.order_column: "order_column"}
    for i, feature in enumerate(catalogue.features):
        if feature.name in given:
            told = (
                f"{feature.name!r} is the {given[feature.name]}, and that is never a feature; take it out of features"
            )
            yield ("features", i, "name"), told
        elif needed(feature.name):
            yield ("features", i, "name"), _renamed("feature", feature.name)
    features = set(catalogue.feature_names)
    for place, what, name in _index_columns(catalogue):
        if name in features:
            yield place, f"{what} {name!r} has the name of a feature; rename one of the two"
        elif name in given:
            yield place, f"{what} {name!r} has the name of the {given[name]}; rename the {what}"
        elif needed(name):
            yield place, _renamed(what, name)


def _index_columns(catalogue: Catalogue) -> Iterator[tuple[Place, str, str]]:
    """(place, what, name) of every index column; without indices a group becomes one, named beside its features."""
    for i, index in enumerate(catalogue.indices):
        yield ("indices", i, "name"), "index", index.name
    if not catalogue.indices:
        features = set(catalogue.feature_names)
        for i, group in enumerate(catalogue.groups):
            yield ("groups", i, "name"), "group", f"{group.name}_index" if group.name in features else group.name


def _columns_beside_features(catalogue: Catalogue) -> Iterator[Problem]:
    """The outcome and the order: columns of their own, not those of the tables."""
    outcome, order = catalogue.outcome_column, catalogue.order_column
    # An outcome may well be called `converted`: it is what that column of the tables says.
    for field, name in (("outcome_column", None if outcome == "converted" else outcome), ("order_column", order)):
        if name is not None and needed(name):
            yield (field,), _renamed(field, name)
    if outcome is not None and outcome == order:
        yield ("order_column",), f"{order!r} is the outcome_column too; name another column, or leave order_column out"


def _lists_in_place(catalogue: Catalogue) -> Iterator[Problem]:
    if catalogue.labels:
        yield ("labels",), "labels are read from a file of their own; name that file as labels_file"
    if catalogue.kpis:
        yield ("kpis",), "kpis are read from a file of their own; name that file as kpis_file"


def needed(name: str) -> bool:
    """Whether a column of that name is taken: by a table, an applicability flag, a coordinate or an intermediate."""
    return name in TABLE_COLUMNS or name.endswith("_applicable") or name.startswith(("x_", "__"))


def _renamed(what: str, name: str) -> str:
    return f"{what} {name!r} has the name of a column that the tables need; rename it"


def profile_columns(catalogue: Catalogue) -> Sequence[str]:
    """What a play's condition may ask: mean indices and numbers, shares of levels and of true Booleans, shares.

    Intent too, although no catalogue names it: conversions make it. Where there are none it is null, as the rate is.
    """
    numbers = [feature.name for feature in catalogue.features if feature.kind is Kind.NUMERIC]
    levels = [
        f"{feature.name}_{level}"
        for feature in catalogue.features
        for level in (("true",) if feature.kind is Kind.BOOLEAN else feature.levels + feature.unordered_levels)
    ]
    return [*numbers, *index_names(catalogue), *levels, "intent", "account_share", "conversion_rate"]


def index_names(catalogue: Catalogue) -> Sequence[str]:
    """The columns of the composite indices; intent is none of them, since conversions make it."""
    return [name for _, _, name in _index_columns(catalogue)]

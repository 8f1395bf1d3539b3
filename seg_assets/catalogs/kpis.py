"""What must hold between KPIs, and between them and the catalogue whose columns they ask.

Belongs here: problems of names, owners, values and conditions, each with its place in the file of KPIs.
Does not: what one KPI must hold by itself (kpi.py), reading files (load.py), asking accounts (segmentation/kpis/).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence

import polars as pl
from pydantic import BaseModel, ConfigDict

from seg_assets.catalogs.conditions import account_columns, wrong
from seg_assets.catalogs.consistency import Place, Problem, index_names
from seg_assets.catalogs.kpi import Kpi, KpiKind
from seg_assets.catalogs.label_language import NUMBER, TEXT, TRUTH, Language, NotUnderstood, names_in, parsed
from seg_assets.catalogs.labels import INTENT
from seg_assets.catalogs.model import EMAIL, SEGMENT_ID, TEAM, Catalogue, Kind

GONE = "gone"
"""True of an account that was there at the beginning of a period and is not at its end; `counts` may ask it."""


class KpiFile(BaseModel):
    """A file of KPIs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kpis: tuple[Kpi, ...]


def bad_kpis(kpis: Sequence[Kpi], catalogue: Catalogue) -> list[Problem]:
    """(place, message) of all that is wrong with the KPIs of a catalogue; nothing where they can be used."""
    return [*_names(kpis), *_owners(kpis), *_values(kpis, catalogue), *_conditions(kpis, catalogue)]


def columns_asked(kpis: Sequence[Kpi]) -> tuple[str, ...]:
    """The features and indices that any KPI asks or sums, sorted."""
    texts = [text for kpi in kpis for _, text in _texts(kpi)]
    asked = {name for text in texts for name in names_in(parsed(text))}
    asked |= {kpi.value for kpi in kpis if kpi.value is not None}
    return tuple(sorted(asked - {GONE, SEGMENT_ID}))


def kpis_fingerprint(kpis: Sequence[Kpi]) -> str:
    """A short hash of all that figures depend on, and of the titles that they are told with."""
    said = [kpi.model_dump(mode="json", exclude={"description", "owner"}) for kpi in kpis]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:12]


def _names(kpis: Sequence[Kpi]) -> Iterator[Problem]:
    names = [kpi.name for kpi in kpis]
    for i, kpi in enumerate(kpis):
        if kpi.name in names[:i]:
            yield ("kpis", i, "name"), f"{kpi.name!r} is named twice in kpis; rename one, or take it out"
        if kpi.leads is not None and (kpi.leads == kpi.name or kpi.leads not in names):
            others = ", ".join(name for name in names if name != kpi.name)
            yield ("kpis", i, "leads"), f"{kpi.name!r} cannot lead {kpi.leads!r}; name another KPI: {others}"


def _owners(kpis: Sequence[Kpi]) -> Iterator[Problem]:
    for i, kpi in enumerate(kpis):
        if not EMAIL.fullmatch(kpi.owner) and not TEAM.fullmatch(kpi.owner):
            told = f"{kpi.owner!r} is neither an e-mail address nor team:<name>"
            yield ("kpis", i, "owner"), f'{told}; write such as "team:marketing"'


def _values(kpis: Sequence[Kpi], catalogue: Catalogue) -> Iterator[Problem]:
    numeric = [feature.name for feature in catalogue.features if feature.kind is Kind.NUMERIC]
    for i, kpi in enumerate(kpis):
        # An index has no sum that could be retained.
        usable = [*numeric, *(index_names(catalogue) if kpi.kind is KpiKind.MEAN else ())]
        if kpi.value is not None and kpi.value not in usable:
            what = "feature or an index" if kpi.kind is KpiKind.MEAN else "feature"
            yield ("kpis", i, "value"), f"{kpi.value!r} is no numeric {what} of the catalogue; name one"


def _conditions(kpis: Sequence[Kpi], catalogue: Catalogue) -> Iterator[Problem]:
    columns: Mapping[str, pl.DataType] = {
        **account_columns(catalogue),
        **dict.fromkeys((*index_names(catalogue), INTENT), NUMBER),
        SEGMENT_ID: TEXT,
    }
    levels = {f.name: f.levels + f.unordered_levels for f in catalogue.features if f.levels}
    if GONE in columns:
        yield ("kpis",), f"the catalogue has a column {GONE!r}, which KPIs ask who has left; rename it"
    for i, kpi in enumerate(kpis):
        for place, text in _texts(kpi):
            at_the_end = place[-1] == "counts" and kpi.kind is KpiKind.OUTCOME
            known = {**columns, GONE: TRUTH} if at_the_end else columns
            told = list(wrong(text, known))
            if not told:
                try:
                    Language(known, levels).check(text)
                except NotUnderstood as error:
                    told = [str(error)]
            yield from ((("kpis", i, *place), message) for message in told)


def _texts(kpi: Kpi) -> Iterator[tuple[Place, str]]:
    """Every condition of a KPI with its place in it."""
    yield ("of",), kpi.of
    if kpi.counts is not None:
        yield ("counts",), kpi.counts
    for j, audience in enumerate(kpi.audiences):
        yield ("audiences", j, "when"), audience.when
        yield ("audiences", j, "counts"), audience.counts

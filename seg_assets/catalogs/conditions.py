"""Whether a catalogue's SQL conditions can be asked: of known columns, and answered by true or false.

Belongs here: compiling rules, plays, open_opportunity, active_when and the lift report's conditions on a frame without
rows. Does not: asking them of accounts or segments (landing/, segmentation/).
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping

import polars as pl
from polars.exceptions import PolarsError

from seg_assets.catalogs.consistency import Place, Problem, profile_columns
from seg_assets.catalogs.model import Catalogue, Kind

Columns = Mapping[str, pl.DataType]


def bad_conditions(catalogue: Catalogue) -> list[Problem]:
    """(place, message) of every condition that is no SQL, asks an unknown column or does not answer true or false."""
    accounts = account_columns(catalogue)
    segments: Columns = dict.fromkeys(profile_columns(catalogue), pl.Float64())
    conditions: list[tuple[Place, str, Columns]] = [
        (("rules", i, "must"), rule.must, accounts) for i, rule in enumerate(catalogue.rules)
    ]
    conditions += [(("playbook", i, "when"), play.when, segments) for i, play in enumerate(catalogue.playbook)]
    if catalogue.open_opportunity is not None:
        conditions.append((("open_opportunity",), catalogue.open_opportunity, accounts))
    if catalogue.active_when is not None:
        conditions.append((("active_when",), catalogue.active_when, accounts))
    conditions += [(place, text, accounts) for place, text in _of_the_lift_report(catalogue)]
    return [(place, told) for place, text, columns in conditions for told in wrong(text, columns)]


def _of_the_lift_report(catalogue: Catalogue) -> Iterator[tuple[Place, str]]:
    design = catalogue.lift_report
    if design.headline is not None:
        yield ("lift_report", "headline", "when"), design.headline.when
    for i, rule in enumerate(design.hand_rules):
        if rule.when is not None:
            yield ("lift_report", "hand_rules", i, "when"), rule.when


def account_columns(catalogue: Catalogue) -> Columns:
    """What a condition on accounts may ask: every feature, with the type that its values have."""
    return {feature.name: _dtype(feature.kind) for feature in catalogue.features}


def _dtype(kind: Kind) -> pl.DataType:
    if kind is Kind.NUMERIC:
        return pl.Float64()
    return pl.Boolean() if kind is Kind.BOOLEAN else pl.String()


def wrong(text: str, columns: Columns) -> Iterator[str]:
    """What keeps `text` from being asked of `columns`: no SQL, an unknown name, or no true or false for an answer."""
    try:
        condition = pl.sql_expr(text)
    except PolarsError as error:
        yield f"{text!r} is not a SQL expression: {_first_line(error)}"
        return
    asked = sorted(set(condition.meta.root_names()))
    if unknown := [name for name in asked if name not in columns]:
        for name in unknown:
            yield f"{text!r} uses unknown column {name!r}{_meant(name, columns)}"
        return
    # A column to stand on, where the condition names none.
    frame = pl.DataFrame(schema={"": pl.Null()} | {name: columns[name] for name in asked})
    try:
        answer = frame.select(condition.alias("answer")).schema["answer"]
    except PolarsError as error:
        yield f"{text!r} cannot be asked: {_first_line(error)}; compare numbers with numbers and levels with 'text'"
        return
    if answer != pl.Boolean():
        yield f"{text!r} is {answer}, not true or false; compare it with something, such as `> 0`"


def _meant(name: str, columns: Collection[str]) -> str:
    close = difflib.get_close_matches(name, columns, n=1)
    return f", did you mean {close[0]!r}?" if close else ""


def _first_line(error: PolarsError) -> str:
    return str(error).splitlines()[0]

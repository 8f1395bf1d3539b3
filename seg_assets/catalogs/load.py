"""Reading a catalogue from YAML, with errors that name file, line and remedy.

Belongs here: YAML to Catalogue, and finding the line of whatever is wrong.
Does not: what a catalogue means (model.py).
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import polars as pl
import yaml
from polars.exceptions import PolarsError
from pydantic import ValidationError

from seg_assets.catalogs.model import Catalogue

DEFAULT_PATH = Path(__file__).with_name("default.yaml")


class CatalogueError(ValueError):
    """A catalogue that cannot be used; each line of the message is `file:line: what is wrong`."""


@cache
def default_catalogue() -> Catalogue:
    """The catalogue that ships with the project: 58 features of B2B accounts in 5 sources."""
    return load_catalogue(DEFAULT_PATH)


def catalogue_at(path: Path | None) -> Catalogue:
    """The catalogue at `path`, or the built-in one where none is given. Raises CatalogueError."""
    return default_catalogue() if path is None else load_catalogue(path)


def load_catalogue(path: str | Path) -> Catalogue:
    """Read the catalogue at `path`.

    Raises CatalogueError for a missing file, broken YAML, an unknown or missing field, a wrong value,
    a name that points at nothing, or a SQL expression over unknown columns.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise CatalogueError(f"{path}: {error.strerror}; set SEG_CATALOG or --catalog to a catalogue file") from error
    return parse_catalogue(text, str(path))


def parse_catalogue(text: str, origin: str) -> Catalogue:
    """The catalogue in `text`; `origin` is the file name that errors give. Raises CatalogueError."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        values = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise CatalogueError(f"{origin}:{line}: not YAML: {getattr(error, 'problem', error)}") from error
    if root is None or not isinstance(values, dict):
        raise CatalogueError(f"{origin}:1: a catalogue is a mapping with name, sources, groups, features, ...")
    try:
        catalogue = Catalogue.model_validate(values)
    except ValidationError as error:
        problems = [(tuple(e["loc"]), _message(e["type"], e["msg"], tuple(e["loc"]))) for e in error.errors()]
        raise _error(origin, root, problems) from error
    problems = catalogue.misnamed() + _bad_expressions(catalogue)
    if problems:
        raise _error(origin, root, problems)
    return catalogue


def _message(kind: str, message: str, place: tuple[str | int, ...]) -> str:
    field = ".".join(str(part) for part in place) or "catalogue"
    if kind == "extra_forbidden":
        close = difflib.get_close_matches(str(place[-1]), _FIELDS, n=1)
        return f"{field}: unknown field" + (f", did you mean {close[0]!r}?" if close else "")
    return f"{field}: {message.removeprefix('Value error, ')}"


def _model_fields() -> list[str]:
    schema = Catalogue.model_json_schema()
    return sorted(
        {name for part in (schema, *schema["$defs"].values()) for name in part.get("properties", {})},
    )


_FIELDS = _model_fields()


def _bad_expressions(catalogue: Catalogue) -> list[tuple[tuple[str | int, ...], str]]:
    columns = set(catalogue.feature_names)
    profile = columns | {index.name for index in catalogue.indices} | {"account_share", "conversion_rate"}
    levels = {f"{f.name}_{level}" for f in catalogue.features for level in ("true", *f.levels, *f.unordered_levels)}
    expressions: list[tuple[tuple[str | int, ...], str, set[str]]] = [
        (("rules", i, "must"), rule.must, columns) for i, rule in enumerate(catalogue.rules)
    ]
    expressions += [(("playbook", i, "when"), play.when, profile | levels) for i, play in enumerate(catalogue.playbook)]
    for name in ("open_opportunity", "active_when"):
        if (text := getattr(catalogue, name)) is not None:
            expressions.append(((name,), text, columns))
    found: list[tuple[tuple[str | int, ...], str]] = []
    for place, text, known in expressions:
        try:
            unknown = sorted(set(pl.sql_expr(text).meta.root_names()) - known)
        except PolarsError as error:
            found.append((place, f"{text!r} is not a SQL expression: {str(error).splitlines()[0]}"))
            continue
        found += [(place, f"{text!r} uses unknown column {name!r}") for name in unknown]
    return found


def _error(origin: str, root: yaml.Node, problems: Sequence[tuple[tuple[str | int, ...], str]]) -> CatalogueError:
    lines = sorted((_line(root, place), message) for place, message in problems)
    return CatalogueError("\n".join(f"{origin}:{line}: {message}" for line, message in lines))


def _line(node: yaml.Node, place: Sequence[str | int]) -> int:
    """The 1-based line of `place`, or of the nearest part of it that exists."""
    line = node.start_mark.line + 1
    for part in place:
        if isinstance(node, yaml.MappingNode):
            pair = next(((k, v) for k, v in node.value if k.value == part), None)
            if pair is None:
                break
            line, node = pair[0].start_mark.line + 1, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            break
    return line

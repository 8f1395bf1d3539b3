"""Reading a catalogue from YAML, with errors that name file, line and remedy.

Belongs here: YAML to Catalogue, and finding the line of whatever is wrong.
Does not: what a catalogue means (model.py), what is wrong with one (consistency.py, conditions.py).
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from seg_assets.catalogs.conditions import bad_conditions
from seg_assets.catalogs.consistency import Place, Problem, inconsistencies
from seg_assets.catalogs.model import Catalogue

DEFAULT_PATH = Path(__file__).with_name("default.yaml")

Shape = TypeVar("Shape", bound=BaseModel)


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
    """Read the catalogue at `path`, and its labels and KPIs where it names files of them.

    Raises CatalogueError for a missing file, broken YAML, a key given twice, an unknown or missing field, a wrong
    value, a name that points at nothing or is taken, a SQL condition that cannot be asked, or labels in a circle.
    """
    path = Path(path)
    catalogue = parse_catalogue(_text(path, "set SEG_CATALOG or --catalog to a catalogue file"), str(path))
    remedy = f"of {path} names it, relative to that file; correct it, or leave it out"
    if catalogue.labels_file is not None:
        file = path.parent / catalogue.labels_file
        catalogue = with_labels(catalogue, _text(file, f"labels_file {remedy}"), str(file))
    if catalogue.kpis_file is not None:
        file = path.parent / catalogue.kpis_file
        catalogue = with_kpis(catalogue, _text(file, f"kpis_file {remedy}"), str(file))
    return catalogue


def parse_catalogue(text: str, origin: str) -> Catalogue:
    """The catalogue in `text`, without labels; `origin` is the file name that errors give. Raises CatalogueError."""

    def problems(catalogue: Catalogue) -> list[Problem]:
        return [*inconsistencies(catalogue), *bad_conditions(catalogue)]

    return _parsed(text, origin, Catalogue, problems, "a catalogue is a mapping with name, sources, groups, ...")


def with_labels(catalogue: Catalogue, text: str, origin: str) -> Catalogue:
    """`catalogue` with the labels in `text`; `origin` is the file name that errors give. Raises CatalogueError."""
    # Here, since this brings a parser of SQL, and most catalogues have no labels.
    from seg_assets.catalogs.labels import LabelFile, bad_labels

    def problems(file: LabelFile) -> list[Problem]:
        return bad_labels(file.labels, catalogue)

    file = _parsed(text, origin, LabelFile, problems, "a file of labels is a mapping with a list called labels")
    return catalogue.model_copy(update={"labels": file.labels})


def with_kpis(catalogue: Catalogue, text: str, origin: str) -> Catalogue:
    """`catalogue` with the KPIs in `text`; `origin` is the file name that errors give. Raises CatalogueError."""
    # Here, for the reason above.
    from seg_assets.catalogs.kpis import KpiFile, bad_kpis

    def problems(file: KpiFile) -> list[Problem]:
        return bad_kpis(file.kpis, catalogue)

    file = _parsed(text, origin, KpiFile, problems, "a file of KPIs is a mapping with a list called kpis")
    return catalogue.model_copy(update={"kpis": file.kpis})


def parse_file(
    path: Path, shape: type[Shape], remedy: str, problems: Callable[[Shape], Sequence[Problem]] = lambda _: []
) -> Shape:
    """The value of another YAML file of ours, by the same rules. Raises CatalogueError, with `remedy` for no file.

    problems: what is wrong with a value whose fields are all right, with the place of each.
    """
    expected = f"expected a mapping with {', '.join(shape.model_fields)}"
    return _parsed(_text(path, remedy), str(path), shape, problems, expected)


def _text(path: Path, remedy: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise CatalogueError(f"{path}: {error.strerror}; {remedy}") from error


def _parsed(
    text: str, origin: str, shape: type[Shape], problems: Callable[[Shape], Sequence[Problem]], expected: str
) -> Shape:
    """The value in `text`, and every mistake in it at once."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        values = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise CatalogueError(f"{origin}:{line}: not YAML: {getattr(error, 'problem', error)}") from error
    if root is None or not isinstance(values, dict):
        raise CatalogueError(f"{origin}:1: {expected}")
    twice = list(_keys_given_twice(root))
    try:
        value = shape.model_validate(values)
    except ValidationError as error:
        wrong = [
            (e["loc"], _message(e["type"], e["msg"], e["loc"], shape)) for e in error.errors() if not _follows(e, error)
        ]
        raise _error(origin, [*twice, *_with_lines(root, wrong)]) from error
    if found := [*twice, *_with_lines(root, problems(value))]:
        raise _error(origin, found)
    return value


def _follows(detail: ErrorDetails, error: ValidationError) -> bool:
    """Whether pydantic calls a list too short only because each of its items was refused for a reason of its own."""
    place = detail["loc"]
    within = [e["loc"] for e in error.errors() if len(e["loc"]) > len(place) and e["loc"][: len(place)] == place]
    return detail["type"] == "too_short" and bool(within)


def _message(kind: str, message: str, place: Place, shape: type[BaseModel]) -> str:
    field = ".".join(str(part) for part in place) or "catalogue"
    if kind == "extra_forbidden":
        close = difflib.get_close_matches(str(place[-1]), _model_fields(shape), n=1)
        return f"{field}: unknown field" + (f", did you mean {close[0]!r}?" if close else "")
    return f"{field}: {message.removeprefix('Value error, ')}"


@cache
def _model_fields(shape: type[BaseModel]) -> list[str]:
    schema = shape.model_json_schema()
    return sorted(
        {name for part in (schema, *schema.get("$defs", {}).values()) for name in part.get("properties", {})},
    )


def _keys_given_twice(root: yaml.Node) -> Iterator[tuple[int, str]]:
    """(line, message) of every key that its mapping had before; reading the values keeps the last one silently."""
    waiting, seen = [root], set()
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            waiting += node.value
        if not isinstance(node, yaml.MappingNode):
            continue
        first: dict[str, int] = {}
        for key, value in node.value:
            waiting.append(value)
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                continue
            if key.value in first:
                yield line, f"{key.value}: given twice, first in line {first[key.value]}; keep one of the two"
            first.setdefault(key.value, line)


def _with_lines(root: yaml.Node, problems: Sequence[Problem]) -> list[tuple[int, str]]:
    return [(_line(root, place), message) for place, message in problems]


def _error(origin: str, found: Sequence[tuple[int, str]]) -> CatalogueError:
    return CatalogueError("\n".join(f"{origin}:{line}: {message}" for line, message in sorted(found)))


def _line(node: yaml.Node, place: Sequence[str | int]) -> int:
    """The 1-based line of `place`, or of the nearest part of it that exists."""
    line = node.start_mark.line + 1
    for part in place:
        if isinstance(node, yaml.MappingNode):
            pair = next(((k, v) for k, v in node.value if k.value == part), None)
            if pair is None:
                # Not there, or no part of the file: pydantic puts the kind of a union's member into the place.
                continue
            line, node = pair[0].start_mark.line + 1, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            break
    return line

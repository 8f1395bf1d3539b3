"""One call to the workspace, its answer, and which function gives it.

Belongs here: values of the HTTP border. Does not: HTTP itself (server.py), what is answered (the services).
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Call:
    """What was asked. query: the last value of each name; body: as it came."""

    verb: str
    path: str
    query: Mapping[str, str]
    body: bytes
    parts: tuple[str, ...] = ()

    @functools.cached_property
    def json(self) -> dict[str, Any]:
        """The body, or the query where there is no body."""
        return json.loads(self.body) if self.body else dict(self.query)


@dataclass(frozen=True)
class Answer:
    """What is answered: a JSON object or bytes."""

    body: Mapping[str, Any] | bytes = field(default_factory=dict)
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


class Refused(Exception):
    """An error as a workspace gives it."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.answer = Answer({"error_code": code, "message": message}, status)


def missing(what: str) -> Refused:
    """404, as for anything that does not exist."""
    return Refused(404, "RESOURCE_DOES_NOT_EXIST", f"{what} does not exist")


def answers(verb: str, path: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Marks a method that answers calls; {} in `path` is one segment of it, {path} any number."""
    pattern = re.compile(re.escape(path).replace(r"\{path\}", "(.+)").replace(r"\{\}", "([^/]+)"))

    def mark(function: Callable[..., Any]) -> Callable[..., Any]:
        function.answers = (verb, pattern)  # type: ignore[attr-defined]
        return function

    return mark


def routes_of(service: object) -> Iterator[tuple[str, re.Pattern[str], Callable[[Call], Any]]]:
    """(verb, path, function) of every marked method."""
    for name in dir(type(service)):
        method = getattr(service, name)
        if hasattr(method, "answers"):
            yield (*method.answers, method)

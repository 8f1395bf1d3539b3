"""Texts of a page: facts by name, questions with their answers.

Belongs here: the shapes that templates draw. Does not: what they say (trust.py, fairness.py, meaning.py, glossary.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Fact:
    """A name and what it is."""

    name: str
    told: str


@dataclass(frozen=True)
class Answer:
    """A question and what the report says to it: paragraphs, then a list."""

    asked: str
    told: Sequence[str]
    listed: Sequence[str] = ()

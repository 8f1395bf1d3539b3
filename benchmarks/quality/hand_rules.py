"""Segments that a marketer writes by hand: files of ordered conditions, committed before any result.

Belongs here: reading benchmarks/rules/*.yaml, and which class each account is in. Does not: judging them.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl
import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from seg_assets.segmentation.conversion.candidates.rules import first_that_holds

FOLDER = Path(__file__).resolve().parents[1] / "rules"


class HandClass(BaseModel):
    """One class. when: a SQL condition over the catalogue's columns, none for everyone else; because: the reason."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    when: str | None = None
    because: str


class HandRules(BaseModel):
    """Ordered classes: the first condition that holds gives the class, the last class takes everyone else.

    Exclusive and exhaustive by that. Raises ValueError where the last class alone does not lack a condition.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    catalogue: str
    classes: tuple[HandClass, ...] = Field(min_length=2)

    @model_validator(mode="after")
    def _only_the_last_takes_everyone(self) -> HandRules:
        open_ended = [number for number, one in enumerate(self.classes) if one.when is None]
        if open_ended != [len(self.classes) - 1]:
            raise ValueError("exactly the last class goes without a condition")
        return self

    @property
    def code(self) -> pl.Expr:
        """The position of each account's class, as Int32, never null; a missing value makes no condition hold."""
        return first_that_holds([one.when for one in self.classes])

    @property
    def columns(self) -> set[str]:
        """The columns that the conditions ask."""
        return {
            name for one in self.classes if one.when is not None for name in pl.sql_expr(one.when).meta.root_names()
        }


def hand_rules(name: str, folder: Path = FOLDER) -> HandRules:
    """The rules of the set `name`. Raises ValueError for a file that is none."""
    return HandRules.model_validate(yaml.safe_load((folder / f"{name}.yaml").read_text(encoding="utf-8")))

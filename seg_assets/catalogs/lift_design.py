"""How segments are judged beside other ways to choose accounts: who is looked at, and what people know already.

Belongs here: the frozen shape of a catalogue's `lift_report`, and what it must hold by itself. Does not: whether the
names and conditions in it point at something (consistency.py, conditions.py), judging (segmentation/conversion).
"""

from __future__ import annotations

import hashlib
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Headline(_Frozen):
    """The accounts that the verdict is about: those for which `when` holds."""

    title: str
    when: str = Field(description="a SQL condition over the catalogue's columns")


class HandClass(_Frozen):
    """One class that a marketer wrote by hand; without `when` it takes everyone else."""

    title: str
    when: str | None = Field(None, description="a SQL condition over the catalogue's columns")


class LiftDesign(_Frozen):
    """What the conversion-lift report compares; all of it optional.

    headline: none judges all eligible accounts only. hand_rules: in order, the first that holds gives the class, a
    missing value never makes one hold. Raises ValueError where the last rule alone does not lack a condition.
    """

    headline: Headline | None = None
    split_by: str | None = Field(None, description="the feature whose levels are judged apart, never only pooled")
    motion: str | None = Field(None, description="the feature that says by which motion an account is sold to")
    engagement: str | None = Field(None, description="the index that is cut in three beside the motion")
    hand_rules: tuple[HandClass, ...] = ()
    capacity: int = Field(2_000, ge=1, description="how many accounts the team can contact in a month")
    shrinkage: float = Field(30.0, ge=20, le=50, description="accounts of the average rate that each rate is drawn by")
    alpha: float = Field(0.05, gt=0, lt=0.5, description="two-sided error of a whole year's verdicts")

    @model_validator(mode="after")
    def _only_the_last_takes_everyone(self) -> Self:
        open_ended = [place for place, rule in enumerate(self.hand_rules) if rule.when is None]
        if self.hand_rules and (len(self.hand_rules) < 2 or open_ended != [len(self.hand_rules) - 1]):
            raise ValueError("hand_rules are two or more, and the last one alone goes without `when`")
        return self

    def fingerprint(self) -> str:
        """A short hash of all of it: what a report made with it depends on."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:12]

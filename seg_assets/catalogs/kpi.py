"""A KPI: which accounts it is of, what is counted of them, how often, and which way is good.

Belongs here: the frozen shape of one entry of a file of KPIs, and what it must hold by itself. Does not: whether its
conditions point at something (kpis.py), computing it (segmentation/kpis/).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator


class KpiKind(StrEnum):
    """What is divided by what. The first three look at the same accounts at both ends of a period."""

    NET_RETENTION = "net_retention"
    """The sum of `value` at the end over the sum at the beginning."""
    GROSS_RETENTION = "gross_retention"
    """The same, where no account counts for more than it had at the beginning: what was kept, without growth."""
    OUTCOME = "outcome"
    """The share of the accounts of the beginning for which a condition holds at the end."""
    SHARE = "share"
    """The share of accounts for which a condition holds, both at the end."""
    MEAN = "mean"
    """The mean of `value` at the end."""


class Grain(StrEnum):
    """How long a period is."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


RETENTION = (KpiKind.NET_RETENTION, KpiKind.GROSS_RETENTION)
FOLLOWED = (*RETENTION, KpiKind.OUTCOME)
"""Kinds that look at accounts at the beginning of a period, and at the same ones at its end."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Audience(_Frozen):
    """Accounts for which a KPI counts something of their own: those for which `when` is the first that holds."""

    title: str
    when: str = Field("true", description="a SQL condition over features, indices and segment_id, as `of` is")
    counts: str = Field(description="what is counted of them, as the KPI's own `counts`")


class Kpi(_Frozen):
    """One figure of every segment and of all accounts together.

    `of` and an audience's `when` are asked at the beginning of a period where the kind follows accounts, else at its
    end; `counts` always at its end.
    """

    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
    title: str
    description: str
    owner: str
    kind: KpiKind
    of: str = Field(description="SQL: which accounts; a condition over features, indices and segment_id")
    counts: str | None = Field(None, description="SQL: which of them are counted; also `gone`, in an outcome")
    audiences: tuple[Audience, ...] = Field((), description="in place of `counts`, where it differs by kind of account")
    value: str | None = Field(None, description="the numeric feature, or the index, that is summed or averaged")
    periods: tuple[Grain, ...] = Field(min_length=1)
    direction: Literal["up", "down"] = Field(description="which way is good")
    leads: str | None = Field(None, description="the KPI that this one tells of early")

    @property
    def follows(self) -> bool:
        """Whether it looks at the accounts of a period's beginning."""
        return self.kind in FOLLOWED

    @property
    def counted(self) -> tuple[Audience, ...]:
        """Whose what is counted, in the order in which they are asked; empty where a value is summed."""
        return self.audiences if self.counts is None else (Audience(title="", counts=self.counts),)

    @model_validator(mode="after")
    def _kind_fits(self) -> Self:
        values = self.kind in (*RETENTION, KpiKind.MEAN)
        if values and (self.value is None or self.counts is not None or self.audiences):
            raise ValueError(f"{self.kind} {self.name!r} needs a value, and neither counts nor audiences")
        if not values and (self.value is not None or (self.counts is None) != bool(self.audiences)):
            raise ValueError(f"{self.kind} {self.name!r} needs either counts or audiences, and no value")
        if len(set(self.periods)) < len(self.periods):
            raise ValueError(f"{self.name!r} names a period twice")
        return self

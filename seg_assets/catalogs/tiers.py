"""The team's tier rules: weights, thresholds, tiers and action flags, with what to do about each.

Belongs here: the frozen shape of a catalogue's `tiers`, its defaults, and what it must hold by itself.
Does not: computing a score (segmentation/sql/tiers.py).
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

NO_TIER = "none"
"""The class of accounts that take part in no customer's tier."""

Share = Annotated[float, Field(ge=0, le=1)]
Score = Annotated[float, Field(ge=0, le=100)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Weights(_Frozen):
    """Shares of a score; they sum to 1, so that the score lies between 0 and 100."""

    @model_validator(mode="after")
    def _sum_to_one(self) -> Self:
        total = math.fsum(self.model_dump().values())
        if abs(total - 1) > 1e-9:
            raise ValueError(f"the weights sum to {total:.12g}, not to 1")
        return self


class ProfitabilityWeights(_Weights):
    """How much the rank of each figure counts for profitability."""

    gross_margin: Share = 0.55
    revenue: Share = 0.45


class AdherenceWeights(_Weights):
    """How much the rank of each figure counts for adherence; of days since the last event fewer are better."""

    events: Share = 0.30
    events_per_active_month: Share = 0.25
    distinct_products: Share = 0.20
    distinct_business_units: Share = 0.10
    days_since_last_event: Share = 0.15


class Tier(_Frozen):
    """One tier: `title` is what people read in the account table, `name` what the team writes in its own."""

    title: str
    name: str


class Tiers(_Frozen):
    """The four tiers, by which of the two scores reaches its threshold: both, one, the other, neither."""

    A: Tier = Tier(title="strategic", name="TIER A - STRATEGIC")
    B: Tier = Tier(title="margin power", name="TIER B - MARGIN POWER")
    C: Tier = Tier(title="high adherence cost", name="TIER C - HIGH ADHERENCE COST")
    D: Tier = Tier(title="basic", name="TIER D - BASIC/ATTENTION")

    @property
    def by_code(self) -> Mapping[str, Tier]:
        """A, B, C and D with their tiers, in that order."""
        return {"A": self.A, "B": self.B, "C": self.C, "D": self.D}

    @model_validator(mode="after")
    def _told_apart(self) -> Self:
        names = [tier.name for tier in self.by_code.values()]
        if len(set(names)) < len(names):
            raise ValueError(f"two tiers have the same name: {', '.join(names)}")
        return self


class _Flag(_Frozen):
    name: str
    action: str = Field(description="what to do about the customer, in words")


class Inactive(_Flag):
    """No event for more than `days` days."""

    when: Literal["inactive"] = "inactive"
    days: int = Field(ge=0)


class FewProducts(_Flag):
    """At least `active_months` months with an event, yet at most `products` different products, and one at least."""

    when: Literal["few_products"] = "few_products"
    active_months: int = Field(ge=1)
    products: int = Field(1, ge=1)


class FewAccounts(_Flag):
    """Profitability of at least `profitability`, from at most `active_accounts` active accounts."""

    when: Literal["few_accounts"] = "few_accounts"
    profitability: Score
    active_accounts: int = Field(1, ge=1)


class New(_Flag):
    """First event of the window at most `months` calendar months before the reference date."""

    when: Literal["new"] = "new"
    months: int = Field(ge=0)


class Otherwise(_Flag):
    """Every customer that no flag before it took."""

    when: Literal["otherwise"] = "otherwise"


Flag = Annotated[Inactive | FewProducts | FewAccounts | New | Otherwise, Field(discriminator="when")]

TEAM_FLAGS: tuple[Inactive | FewProducts | FewAccounts | New | Otherwise, ...] = (
    Inactive(name="CHURN RISK: Inactive 90+ days", days=90, action="Call this week to find out why, and win back"),
    Inactive(name="WARNING: Inactive 60+ days", days=60, action="Ask by mail how it goes, before the account is lost"),
    FewProducts(
        name="OPPORTUNITY: Expand portfolio (Xsell)",
        active_months=10,
        products=1,
        action="Show a second product that fits the one in use",
    ),
    FewAccounts(
        name="OPPORTUNITY: Account expansion",
        profitability=70,
        active_accounts=1,
        action="Ask for an introduction to another team of the customer",
    ),
    New(name="NEW: Recent customer", months=3, action="Welcome and onboard; sell nothing further yet"),
    Otherwise(name="REGULAR", action="Keep up the usual contact"),
)


class TierRules(_Frozen):
    """The whole incumbent: what is looked at, how it is scored, and what follows.

    Scores are 0 to 100, weighted percent ranks among the customers with an active account. The first flag that holds is
    taken. Raises ValueError where weights do not sum to 1, a number is out of its range, a flag is unknown or named
    twice, or the last flag alone is not `otherwise`.
    """

    window_months: int = Field(12, ge=1, le=60, description="up to the reference date")
    profitability: ProfitabilityWeights = ProfitabilityWeights()
    adherence: AdherenceWeights = AdherenceWeights()
    profitability_at_least: Score = 70
    adherence_at_least: Score = 70
    tiers: Tiers = Tiers()
    flags: tuple[Flag, ...] = Field(TEAM_FLAGS, min_length=1)

    @field_validator("flags")
    @classmethod
    def _in_order(cls, flags: tuple[Flag, ...]) -> tuple[Flag, ...]:
        names = [flag.name for flag in flags]
        if len(set(names)) < len(names):
            raise ValueError(f"two flags have the same name: {', '.join(names)}")
        last = [place for place, flag in enumerate(flags) if isinstance(flag, Otherwise)]
        if last != [len(flags) - 1]:
            raise ValueError("flags end with one `when: otherwise`, for every customer that none before it takes")
        return flags

    def fingerprint(self) -> str:
        """A short hash of all of it: what a table made with it depends on."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:12]

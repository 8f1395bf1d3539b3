"""What a feature catalogue says: sources, groups, features, indices, rules, playbook and limits.

Belongs here: the frozen shapes, and what one part must hold by itself.
Does not: what must hold between parts (consistency.py), reading YAML and naming lines (load.py).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)

from seg_assets.catalogs.kpi import Kpi
from seg_assets.catalogs.lift_design import LiftDesign
from seg_assets.catalogs.tiers import TierRules

# What Dagster takes for an e-mail address; it refuses the whole graph for an owner that is neither this nor a team.
EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,7}")
TEAM = re.compile(r"team:\S.*")

UNCOMPUTED = frozenset({"description", "owner", "rationale", "goal", "sensitive"})
"""Fields that people read and nothing computes with."""

ONLY_SCORED = frozenset({"hold_weeks", "labels", "labels_file", "triggers"})
"""Fields that only scoring computes with, which says so itself: no model has to be fitted again for them."""

ONLY_REPORTED = frozenset({"active_when", "fiscal_year_starts", "kpis", "kpis_file", "lift_report", "slices", "tiers"})
"""Fields that only a report, a check or the tiers compute with: no model has to be fitted again for them."""

ONLY_WATCHED = frozenset({"due_days"})
"""Fields that only alarms look at."""


def _an_owner(text: str) -> str:
    if not EMAIL.fullmatch(text) and not TEAM.fullmatch(text):
        raise ValueError(f'{text!r} is neither an e-mail address nor team:<name>; write such as "team:marketing"')
    return text


Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Owner = Annotated[str, AfterValidator(_an_owner)]


class Kind(StrEnum):
    """How a feature's values are to be read."""

    NUMERIC = "numeric"
    ORDINAL = "ordinal"
    CATEGORICAL = "categorical"
    BOOLEAN = "boolean"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Objective(_Frozen):
    """What the segments are for, and whose decision that was."""

    goal: str
    outcome: str
    horizon_days: int = Field(60, gt=0)
    owner: Owner
    rationale: str


class Source(_Frozen):
    """One landing table: who owns it and whether a week can do without it."""

    name: Name
    owner: Owner
    description: str
    required: bool = True
    due_days: int = Field(2, ge=0, description="days after its Monday by which a required week is there; then an alarm")


class Applicability(_Frozen):
    """A group applies to an account whose `column` holds one of `values`; elsewhere it is not applicable."""

    column: Name
    values: tuple[str, ...] = Field(min_length=1)


class Group(_Frozen):
    """A set of features that vote together, with equal weight beside the other groups."""

    name: Name
    title: str
    applicable_when: Applicability | None = None
    expected_missing: float = Field(0.0, ge=0, le=1, description="share of applicable accounts without any value")


class Expectations(_Frozen):
    """What a sane value looks like; a value outside is quarantined with its row."""

    minimum: float | None = None
    maximum: float | None = None
    missing_at_most: float | None = Field(None, ge=0, le=1)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise ValueError(f"minimum {self.minimum} is above maximum {self.maximum}")
        return self


class Feature(_Frozen):
    """One column of one source."""

    name: Name
    group: Name
    source: Name
    kind: Kind
    title: str = ""
    unit: str = ""
    description: str
    transform: Literal["auto", "none", "log1p"] = "auto"
    direction: Literal[-1, 0, 1] = Field(1, description="whether more is more of the group's index; 0 leaves it out")
    levels: tuple[str, ...] = Field((), description="ordinal levels from low to high, or the known categorical ones")
    unordered_levels: tuple[str, ...] = Field((), description="levels of an ordinal that stand outside the order")
    expectations: Expectations = Expectations()
    sensitive: bool = Field(False, description="not for everyone who may see the table; its column is tagged so")

    @property
    def label(self) -> str:
        """What people read: the title, or the name in words."""
        return self.title or self.name.replace("_", " ")

    @model_validator(mode="after")
    def _kind_fits(self) -> Self:
        if self.kind is Kind.ORDINAL and len(self.levels) < 2:
            raise ValueError(f"ordinal feature {self.name!r} needs its levels, low to high")
        if self.kind is not Kind.ORDINAL and self.unordered_levels:
            raise ValueError(f"feature {self.name!r} is {self.kind}: unordered_levels belong to ordinals")
        if self.kind is not Kind.NUMERIC and self.transform == "log1p":
            raise ValueError(f"feature {self.name!r} is {self.kind}: log1p needs a numeric feature")
        if len(set(self.levels + self.unordered_levels)) < len(self.levels + self.unordered_levels):
            raise ValueError(f"feature {self.name!r} names a level twice")
        return self


class Words(_Frozen):
    """How low, middling and high values of an index are spoken of in a segment's name; empty is left unsaid."""

    low: str
    middle: str = ""
    high: str


class Index(_Frozen):
    """A readable composite of features, 0 to 100."""

    name: Name
    title: str
    words: Words
    features: tuple[Name, ...] = Field(min_length=1)


class Rule(_Frozen):
    """A condition between columns that every row must meet; a row where it is false breaks it, null does not."""

    name: Name
    must: str = Field(description="a SQL expression over the catalogue's columns")
    severity: Literal["quarantine", "warn"] = "warn"
    description: str


class Play(_Frozen):
    """What marketing does with a segment; the first play whose condition the segment's profile meets is taken."""

    name: Name
    title: str
    action: str
    when: str = Field("true", description="a SQL expression over the mean indices and the shares of levels")


TIER, SEGMENT_ID = "tier", "segment_id"
"""What labels may ask beside features and indices: the account's tier, and its segment as it is shown."""

SEGMENT = "segment"
"""What stands for a label's name where the action is the segment's own play."""


class Label(_Frozen):
    """An overlapping flag on top of the segments. Lower priority is more important: its action wins."""

    name: Name
    title: str
    description: str
    owner: Owner
    priority: int
    when: str = Field(description="a SQL expression over features, indices, tier, segment_id and other labels")
    action: str | None = Field(None, description="what marketing does with such an account; None leaves that to others")


class Trigger(_Frozen):
    """An event between weeks after which an account is scored at once, without waiting for its week."""

    name: Name
    description: str = Field(description="what happened, as a row that it scored tells it")


class Limits(_Frozen):
    """Business limits on a segmentation."""

    segments: int = Field(8, ge=2, le=30, description="how many where history is too short to choose")
    fewest_segments: int = Field(3, ge=2, le=30)
    most_segments: int = Field(15, ge=2, le=30)
    smallest_share: float = Field(0.03, gt=0, lt=0.5)
    conditions: int = Field(4, ge=1, le=8)
    churn_at_most: float = Field(0.25, gt=0, le=1, description="share of accounts that a refresh alone may move")
    lost_accounts_at_most: float = Field(0.5, gt=0, le=1, description="week on week")
    hold_weeks: int = Field(2, ge=0, le=2, description="how long an account stays where it was after crossing a border")
    fit_accounts_at_most: int = Field(1_000_000, gt=0, description="a refresh of more learns from a sample of them")

    @model_validator(mode="after")
    def _range(self) -> Self:
        if self.fewest_segments > self.most_segments:
            raise ValueError(f"fewest_segments {self.fewest_segments} is above most_segments {self.most_segments}")
        return self


class Cutoff(_Frozen):
    """At `passes` and above a figure passes, below `blocks` it stops; between the two it warns."""

    passes: float = Field(ge=0, le=1)
    blocks: float = Field(ge=0, le=1)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.blocks > self.passes:
            raise ValueError(f"blocks {self.blocks} is above passes {self.passes}")
        return self


class Gates(_Frozen):
    """What a number of segments has to reach before it may be chosen."""

    jaccard: Cutoff = Field(Cutoff(passes=0.75, blocks=0.60), description="bootstrap Jaccard of the worst segment")
    agreement: Cutoff = Field(Cutoff(passes=0.90, blocks=0.80), description="resample ARI, its 5th percentile")
    smallest_value_share: float = Field(0.03, gt=0, le=1, description="of ARR; excuses a segment with few accounts")
    interval_points: float = Field(0.005, gt=0, description="widest 95 % interval of a conversion rate, as a share")
    interval_of_rate: float = Field(0.25, gt=0, description="or this share of the rate, whichever is larger")
    neighbour_rate_ratio: float = Field(1.25, gt=1, description="conversion of a segment and its nearest neighbour")
    neighbour_deviations: float = Field(0.5, gt=0, description="or this many standard deviations, on two groups")
    group_share_at_most: float = Field(0.60, gt=0, le=1, description="of the variance between segments")
    tie: float = Field(0.005, ge=0, description="AUC: a smaller gain is no reason for further segments and plays")


class Catalogue(_Frozen):
    """Everything the graph knows about one population before it sees an account."""

    name: Name
    title: str
    first_month: dt.date = dt.date(2025, 1, 1)
    objective: Objective
    outcome_lag_days: int = Field(0, ge=0)
    outcome_column: Name | None = None
    order_column: Name | None = None
    value_feature: Name | None = Field(None, description="the feature that sums to a segment's ARR")
    open_opportunity: str | None = Field(None, description="SQL: accounts that already have an open or won opportunity")
    active_when: str | None = Field(None, description="SQL: accounts in business, where account_master does not tell")
    sources: tuple[Source, ...] = Field(min_length=1)
    groups: tuple[Group, ...] = Field(min_length=1)
    features: tuple[Feature, ...] = Field(min_length=2)
    indices: tuple[Index, ...] = ()
    name_features: tuple[Name, ...] = Field((), description="features whose levels may open a segment's name")
    slices: tuple[Name, ...] = Field((), description="categorical features by whose levels checks look at accounts")
    rules: tuple[Rule, ...] = ()
    playbook: tuple[Play, ...] = ()
    labels_file: str | None = Field(None, description="a YAML file of labels, relative to the catalogue's own")
    labels: tuple[Label, ...] = Field((), description="what that file holds, once it is read")
    kpis_file: str | None = Field(None, description="a YAML file of KPIs, relative to the catalogue's own")
    kpis: tuple[Kpi, ...] = Field((), description="what that file holds, once it is read")
    triggers: tuple[Trigger, ...] = Field((), description="events after which an account is scored at once")
    fiscal_year_starts: int = Field(1, ge=1, le=12, description="its first month; 1 is the calendar year")
    limits: Limits = Limits()
    gates: Gates = Gates()
    lift_report: LiftDesign = LiftDesign()
    tiers: TierRules = TierRules()

    def feature(self, name: str) -> Feature:
        """The feature of that name. Raises KeyError."""
        return self._by_name[name]

    def group(self, name: str) -> Group:
        """The group of that name. Raises KeyError."""
        return next(group for group in self.groups if group.name == name)

    def of_source(self, source: str) -> tuple[Feature, ...]:
        """The features that `source` lands, in catalogue order."""
        return tuple(feature for feature in self.features if feature.source == source)

    def of_group(self, group: str) -> tuple[Feature, ...]:
        """The features of `group`, in catalogue order."""
        return tuple(feature for feature in self.features if feature.group == group)

    @property
    def feature_names(self) -> tuple[str, ...]:
        return tuple(feature.name for feature in self.features)

    @property
    def required_sources(self) -> tuple[str, ...]:
        return tuple(source.name for source in self.sources if source.required)

    def fingerprint(self, *parts: str) -> str:
        """A short hash of the named fields, or of the whole catalogue: what a table made with it depends on.

        Titles and words count, since segments are named with them; fields of UNCOMPUTED and ONLY_*
        do not, at any depth.
        """
        said = _computed(self.model_dump(mode="json", include=set(parts) or None))
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:12]

    @property
    def _by_name(self) -> dict[str, Feature]:
        return {feature.name: feature for feature in self.features}

    @field_validator("first_month")
    @classmethod
    def _first_of_month(cls, value: dt.date) -> dt.date:
        if value.day != 1:
            raise ValueError(f"{value} is not the first day of a month")
        return value


def _computed(said: Any) -> Any:
    if isinstance(said, dict):
        left_out = UNCOMPUTED | ONLY_SCORED | ONLY_REPORTED | ONLY_WATCHED
        return {name: _computed(value) for name, value in said.items() if name not in left_out}
    return [_computed(value) for value in said] if isinstance(said, list) else said

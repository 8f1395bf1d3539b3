"""What the steps are told, as values that survive JSON.

Belongs here: the shape of each step's Pipes extras, built by its asset and read by its program.
Does not: reading the tables that they name.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from pydantic import BaseModel, ConfigDict

from resources.settings import Engine
from resources.tracking import Tracking
from seg_assets.catalogs import Catalogue, Label

FITTED_MODEL = "fitted_model"
"""The step of the graph that runs `fit`: its config says how many numbers of segments are judged."""


class _Inputs(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    lakehouse: str

    def extras(self) -> dict[str, Any]:
        """These inputs as Pipes extras."""
        return self.model_dump(mode="json")


class FitInputs(_Inputs):
    """A refresh of one or more service months, in order."""

    tracking: Tracking
    catalogue: Catalogue
    service_months: tuple[dt.date, ...]
    every_count: bool
    names: dict[str, str]
    dagster_run: str


class WeekToScore(BaseModel):
    """A week and the definitions that are champion in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    week: dt.date
    definition_version: str
    before_first_model: bool


class ScoreInputs(_Inputs):
    """One or more weeks to score, for how many weeks an account is held at a border, and the labels on top.

    engine: what computes: Polars on the step's own machine, or Spark where a snapshot outgrows it (resources/spark.py).
    """

    weeks: tuple[WeekToScore, ...]
    hold_weeks: int
    labels: tuple[Label, ...]
    engine: Engine = "polars"


class MonitorInputs(_Inputs):
    """One or more weeks to monitor. engine: as for scoring."""

    catalogue: Catalogue
    weeks: tuple[dt.date, ...]
    engine: Engine = "polars"


class LiftInputs(_Inputs):
    """Conversion-lift reports of one or more data months, in order."""

    catalogue: Catalogue
    data_months: tuple[dt.date, ...]

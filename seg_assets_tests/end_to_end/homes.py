"""A home that `seg run` works in, as a person would call it, and what tests ask of it.

Belongs here: calling the command, reading its tables. Does not: landing tables (landed.py), what must hold (tests).
"""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any
from unittest import mock

import dagster as dg
import duckdb
import polars as pl
from typer.testing import CliRunner

from resources.lakehouse import Lakehouse
from resources.settings import Settings
from seg_assets.automation.launch import Run, launch
from seg_assets.catalogs.load import DEFAULT_PATH, load_catalogue
from seg_assets.cli import app
from seg_assets.definitions import build_definitions
from seg_assets.schemas import SEGMENT_SCORES
from seg_assets.segmentation.sql import select_sql
from seg_assets.steps.models import read_segmentation

FEW_ACCOUNTS = """
gates:
  jaccard: {passes: 0.02, blocks: 0.01}
  agreement: {passes: 0.02, blocks: 0.01}
  group_share_at_most: 1.0
  neighbour_rate_ratio: 1.001
  neighbour_deviations: 0.001
"""
"""Gates that a few thousand accounts can pass: refits of so few do not agree, which the default gates rightly stop."""

SETTINGS = (
    *("SEG_ENV", "SEG_HOME", "SEG_LANDING", "SEG_LAKEHOUSE", "SEG_CATALOG", "SEG_COMPUTE", "SEG_ENGINE"),
    *("SEG_ALERT_WEBHOOK", "SEG_ALERT_EMAIL", "DAGSTER_HOME"),
)


@dataclass(frozen=True)
class Told:
    """What one `seg run --json` said."""

    exit_code: int
    object: dict[str, Any]

    @property
    def runs(self) -> list[tuple[str, str]]:
        """(job, partition) of every run it made, in order."""
        return [(run["job"], run["partition"]) for run in self.object["runs"]]

    @property
    def skipped(self) -> dict[str, str]:
        """What was left out, and why."""
        return {skip["what"]: skip["why"] for skip in self.object["skipped"]}

    def save(self, folder: Path) -> None:
        """Keep it beside the home, for tests in other processes."""
        (folder / "told.json").write_text(json.dumps([self.exit_code, self.object]))

    @classmethod
    def load(cls, folder: Path) -> Told:
        """What `save` kept."""
        return cls(*json.loads((folder / "told.json").read_text()))


@dataclass(frozen=True)
class Home:
    """`folder` is the home, `landing` the folder of its landing tables."""

    folder: Path
    landing: Path

    @property
    def lakehouse(self) -> Lakehouse:
        return Lakehouse(str(self.folder / "lakehouse"))

    def catalogue(self, **changes: str) -> Path:
        """A file of the default catalogue with FEW_ACCOUNTS; changes: texts of it that become other texts."""
        text = DEFAULT_PATH.read_text(encoding="utf-8")
        text = text.replace("  segments: 8\n", "  segments: 8\n  fewest_segments: 7\n  most_segments: 9\n")
        for before, after in changes.items():
            assert before in text
            text = text.replace(before, after, 1)
        for beside in DEFAULT_PATH.parent.glob("default_*.yaml"):
            shutil.copy(beside, self.folder.parent)
        file = self.folder.parent / f"few_accounts_{len(changes)}.yaml"
        file.write_text(text + FEW_ACCOUNTS, encoding="utf-8")
        return file

    def seg_run(
        self, *options: object, catalogue: Path | None = None, settings: Mapping[str, str] = MappingProxyType({})
    ) -> Told:
        """Call `seg run` on the landing tables; fails where it does not print one JSON object.

        settings: further variables, such as those of a workspace.
        """
        catalogue = catalogue or self.catalogue()
        places = ["--landing", self.landing, "--home", self.folder, "--catalog", catalogue]
        arguments = ["run", "--json", *places, *options]
        with environment(dict(settings)):
            result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Told(result.exit_code, json.loads(result.stdout))

    def materialize(self, job: str, partition: dt.date) -> Run:
        """Run one job for one partition, as the Dagster UI would."""
        settings = Settings(home=self.folder, landing=str(self.landing))
        definitions = build_definitions(settings, load_catalogue(self.catalogue()))
        with environment({"DAGSTER_HOME": str(settings.dagster_home)}), dg.DagsterInstance.get() as instance:
            return launch(definitions, instance, job, partition, partition)

    def table(self, name: str, partition: dt.date | None = None) -> pl.DataFrame:
        """All rows of a table, or those of one partition."""
        return self.lakehouse.scan(name, None if partition is None else [partition]).collect()

    def scores(self, week: dt.date) -> pl.DataFrame:
        """The scores of one week, sorted by account."""
        return self.table(SEGMENT_SCORES.name, week).sort("account_id")

    def files(self, name: str) -> dict[dt.date, list[str]]:
        """The data files of every partition of a table: equal files mean that nothing was written."""
        return self.lakehouse.partitions(name)

    def champion_model(self) -> int:
        """The version of the registered model that the alias `champion` points at."""
        with closing(sqlite3.connect(self.folder / "mlflow" / "mlflow.db")) as store:
            ((version,),) = store.execute("SELECT version FROM registered_model_aliases WHERE alias = 'champion'")
        return int(version)

    def by_sql(self, week: dt.date) -> pl.DataFrame:
        """(account_id, segment_id) of a week's accounts as DuckDB finds them by the one SELECT of their definitions."""
        (version,) = self.scores(week)["definition_version"].unique()
        text = select_sql(read_segmentation(self.lakehouse, version), "accounts")
        with duckdb.connect() as connection:
            connection.register("accounts", self.table("account_snapshots", week).to_arrow())
            found = connection.sql(text).pl()
        return found.select("account_id", pl.col("rule_segment_id").alias("segment_id")).sort("account_id")


@contextmanager
def environment(values: dict[str, str]) -> Iterator[None]:
    """The environment without the project's variables, with `values` in it; afterwards as it was."""
    with mock.patch.dict(os.environ, values):
        for name in set(SETTINGS) - set(values):
            os.environ.pop(name, None)
        yield

"""A home that `seg run` works in, as a person would call it, and what tests ask of it.

Belongs here: calling the command, reading its tables. Does not: landing tables (landed.py), what must hold (tests).
"""

from __future__ import annotations

import datetime as dt
import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import dagster as dg
import duckdb
import polars as pl
from typer.testing import CliRunner

from resources.lakehouse import Lakehouse
from resources.settings import Settings
from seg_assets.automation.launch import Run, launch
from seg_assets.catalogs import default_catalogue
from seg_assets.cli import app
from seg_assets.definitions import build_definitions
from seg_assets.schemas import SEGMENT_SCORES

SETTINGS = ("SEG_ENV", "SEG_HOME", "SEG_LANDING", "SEG_CATALOG", "DAGSTER_HOME")


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

    def seg_run(self, *options: object) -> Told:
        """Call `seg run` on the landing tables; fails where it does not print one JSON object."""
        arguments = ["run", "--json", "--landing", self.landing, "--home", self.folder, *options]
        with environment({}):
            result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Told(result.exit_code, json.loads(result.stdout))

    def materialize(self, job: str, partition: dt.date) -> Run:
        """Run one job of the default catalogue for one partition, as the Dagster UI would."""
        settings = Settings(home=self.folder, landing=str(self.landing))
        definitions = build_definitions(settings, default_catalogue())
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

    def by_definition_sql(self, profiles: pl.DataFrame, week: dt.date, data_month: dt.date) -> pl.DataFrame:
        """(account_id, segment_id) of every account that DuckDB finds by a segment's own SQL, as often as it does.

        The conditions are over a week's account_snapshots beside the indices of account_features.
        """
        snapshots = self.table("account_snapshots", week)
        features = self.table("account_features", data_month).drop("snapshot_date", "data_month")
        with duckdb.connect() as connection:
            connection.register("accounts", snapshots.join(features, on="account_id").to_arrow())
            found = [
                connection.sql(f"SELECT account_id, '{segment}' AS segment_id FROM accounts WHERE {condition}").pl()
                for segment, condition in profiles.select("segment_id", "definition_sql").iter_rows()
            ]
        return pl.concat(found).sort("account_id")


@contextmanager
def environment(values: dict[str, str]) -> Iterator[None]:
    """The environment without the project's variables, with `values` in it; afterwards as it was."""
    with mock.patch.dict(os.environ, values):
        for name in set(SETTINGS) - set(values):
            os.environ.pop(name, None)
        yield

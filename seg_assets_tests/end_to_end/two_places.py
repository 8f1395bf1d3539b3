"""One population that is run twice: on this machine, and with its heavy steps as tasks of a workspace.

Belongs here: its size, its landing tables, both homes and their settings. Does not: the workspace
(seg_assets_tests/workspace), runs from the Dagster UI (from_the_ui.py), whether the tables are equal (equal_tables.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from seg_assets.sample_data import write_landing
from seg_assets_tests.end_to_end.homes import Home
from seg_assets_tests.workspace.machines import compute_file

SEED = 7
APRIL, MAY, JUNE, *JULY = (
    dt.date(2026, month, day) for month, day in ((4, 27), (5, 25), (6, 29), (7, 6), (7, 13), (7, 20))
)


@dataclass(frozen=True)
class Size:
    """How much is run. months: service months, as `seg run` takes them."""

    mondays: tuple[dt.date, ...]
    months: tuple[str, ...]
    weeks: tuple[dt.date, ...]
    accounts: int = 1_000

    @property
    def options(self) -> tuple[str, ...]:
        """The size, as `seg run` is told it."""
        return "--months", ",".join(self.months), "--weeks", ",".join(map(str, self.weeks))


ONE_MONTH = Size((MAY, JUNE), ("2026-06",), (MAY, JUNE))
"""A month and two weeks, for every day."""
THREE_MONTHS = Size((APRIL, MAY, JUNE, *JULY), ("2026-05", "2026-06", "2026-07"), (JUNE, *JULY))
"""Three months and four weeks, for the Dagster UI."""


@dataclass(frozen=True)
class TwoPlaces:
    """`folder` holds the landing tables and both homes."""

    folder: Path

    @property
    def here(self) -> Home:
        """The home whose steps run on this machine."""
        return Home(self.folder / "here" / "home", self.folder / "landing")

    @property
    def there(self) -> Home:
        """The home whose steps run in the workspace."""
        return Home(self.folder / "there" / "home", self.folder / "landing")

    def prepare(self, size: Size) -> None:
        """Land the population, and make room for the homes."""
        write_landing(self.folder / "landing", accounts=size.accounts, mondays=size.mondays, seed=SEED)
        for home in (self.here, self.there):
            home.folder.mkdir(parents=True)

    def settings(self, credentials: Mapping[str, str]) -> dict[str, str]:
        """The variables of a Dagster whose steps run in the workspace that `credentials` are for."""
        compute = compute_file(self.there.folder, "job_cluster", "poll_seconds: 1\n")
        return {
            **credentials,
            "SEG_ENV": "databricks",
            "SEG_HOME": str(self.there.folder),
            "SEG_LANDING": str(self.there.landing),
            "SEG_LAKEHOUSE": self.there.lakehouse.root,
            "SEG_CATALOG": str(self.there.catalogue()),
            "SEG_COMPUTE": str(compute),
        }

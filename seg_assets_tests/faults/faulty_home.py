"""A small home whose runs are processes of their own, to be killed, stopped and starved.

Belongs here: a catalogue that is fitted in seconds, landing, starting `seg run` with a fault, reading tables.
Does not: the faults (sabotage/), what must hold after them (tests).
"""

from __future__ import annotations

import datetime as dt
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import dagster as dg
import polars as pl

from resources.lakehouse import Lakehouse
from resources.settings import Settings
from seg_assets.automation.due import decide
from seg_assets.automation.evidence import Evidence
from seg_assets.automation.launch import QUIET
from seg_assets.automation.lost_runs import fail_lost_runs
from seg_assets.automation.sensors import request_of
from seg_assets.catalogs.load import load_catalogue
from seg_assets.definitions import build_definitions
from seg_assets.landing import Landing
from seg_assets_tests.end_to_end.homes import SETTINGS, Home, Told, environment
from seg_assets_tests.end_to_end.landed import land
from seg_assets_tests.faults.sabotage.sitecustomize import arm
from seg_assets_tests.segmentation.population import population
from seg_assets_tests.segmentation.small_catalogue import small_catalogue
from seg_assets_tests.shared import CHECKOUT

MAY, JUNE, JULY = dt.date(2026, 5, 25), dt.date(2026, 6, 29), dt.date(2026, 7, 6)
"""The training snapshot of June's model, the last week that it serves, and July's first."""
SOURCE = "everything"
OPTIONS = ("--months", "2026-06", "--weeks", f"{MAY},{JUNE}")
"""What the prepared home was asked for."""
ACCOUNTS = 1_000
CATALOGUE = small_catalogue(
    first_month="2026-05-01",
    indices=[
        {
            "name": "activity",
            "title": "activity",
            "words": {"low": "quiet", "high": "busy"},
            "features": ["visits", "orders"],
        }
    ],
    limits={"segments": 2, "fewest_segments": 2, "most_segments": 2},
)
PATIENCE = 120.0
"""Seconds, after which a test that waits has failed: far more than it takes on a busy machine."""

processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload(["seg_assets.definitions", "seg_assets.cli", "seg_assets.automation.population"])


def accounts_of(week: dt.date, fewer: int = 0) -> pl.DataFrame:
    """The landing of a week, without the last `fewer` accounts."""
    return population(CATALOGUE, ACCOUNTS, monday=week, drift=0.1).head(ACCOUNTS - fewer)


@dataclass(frozen=True)
class FaultyHome:
    """`folder` holds the home and its landing tables."""

    folder: Path

    @property
    def home(self) -> Home:
        return Home(self.folder / "home", self.folder / "landing")

    @property
    def lakehouse(self) -> Lakehouse:
        return self.home.lakehouse

    @property
    def catalogue(self) -> Path:
        return self.folder / "catalogue.yaml"

    @property
    def settings(self) -> Settings:
        return Settings(home=self.home.folder, landing=str(self.home.landing), catalog=self.catalogue)

    def land(self, week: dt.date, fewer: int = 0) -> set[str]:
        """Put a week into the landing tables, in the place of what lies there; its account_ids."""
        frame = accounts_of(week, fewer)
        land(self.home.landing, week, {SOURCE: frame})
        return set(frame["account_id"])

    def seg_run(self, *options: object) -> Told:
        """Call `seg run --json` in this process."""
        return self.home.seg_run(*(options or OPTIONS), catalogue=self.catalogue)

    def start(self, fault: str | None = None, name: str = "run", options: tuple[str, ...] = OPTIONS) -> Started:
        """Start `seg run` in a process of its own, with a fault for it or its steps; see sabotage."""
        reached, output = self.folder / f"{name}.reached", self.folder / f"{name}.txt"
        reached.unlink(missing_ok=True)
        places = ["--landing", self.home.landing, "--home", self.home.folder, "--catalog", self.catalogue]
        arguments = ["run", *map(str, places), *options]
        values = {} if fault is None else fault_environment(fault, reached)
        process = processes.Process(target=_seg, args=(arguments, values, output))
        process.start()
        return Started(process, reached, output)

    def landed_accounts(self, week: dt.date) -> list[str]:
        """The account_ids of what lies in the landing tables for a week, sorted."""
        folder = self.home.landing / SOURCE / f"snapshot_date={week}"
        return pl.read_parquet(folder / "part-0.parquet").sort("account_id")["account_id"].to_list()

    def accounts(self, table: str, week: dt.date) -> list[str]:
        """The account_ids of a stored week, sorted."""
        return self.home.table(table, week).sort("account_id")["account_id"].to_list()

    @contextmanager
    def instance(self) -> Iterator[dg.DagsterInstance]:
        """The home's Dagster instance."""
        with (
            environment({"DAGSTER_HOME": str(self.settings.dagster_home)}),
            dg.DagsterInstance.get() as instance,
        ):
            yield instance

    def statuses(self) -> list[tuple[str, str]]:
        """(job, status) of every run, oldest first."""
        with self.instance() as instance:
            return [(run.job_name, run.status.value) for run in reversed(instance.get_runs())]

    def settle(self, now: dt.datetime) -> list[str]:
        """Tick as `landing_sensor` does at `now` and run what is due, until nothing is; `job partition` of each run."""
        catalogue = load_catalogue(self.catalogue)
        definitions = build_definitions(self.settings, catalogue)
        done: list[str] = []
        with self.instance() as instance:
            fail_lost_runs(instance)
            repository = definitions.get_repository_def()
            evidence = Evidence(catalogue, instance, repository, Landing(self.settings.landing), self.lakehouse)
            while launches := decide(evidence.world(now), catalogue).launches:
                for launch in launches:
                    request = request_of(launch)
                    result = definitions.resolve_job_def(launch.work.job).execute_in_process(
                        instance=instance,
                        partition_key=request.partition_key,
                        tags=dict(request.tags),
                        run_config={**QUIET, "ops": request.run_config["ops"]},
                        asset_selection=request.asset_selection,
                        raise_on_error=False,
                    )
                    assert result.success, launch
                    done.append(f"{launch.work.job} {launch.work.first}")
        return done


@dataclass(frozen=True)
class Started:
    """A `seg run` that was started. reached: appears once its fault has happened, and holds the process it befell."""

    process: ForkServerProcess
    reached: Path
    output: Path

    def befell(self) -> int:
        """The process that the fault befell, once it has."""
        return reached_by(self.reached, self.told)

    def ended(self) -> int:
        """Its exit code, once it has ended; negative for a signal. Fails where it does not end."""
        self.process.join(PATIENCE)
        assert self.process.exitcode is not None, self.told()
        return self.process.exitcode

    def told(self) -> str:
        """All that it printed so far."""
        return self.output.read_text() if self.output.exists() else ""


def fault_environment(fault: str, reached: Path) -> dict[str, str]:
    """The variables that let a fault befall a process, or a program that it starts; see sabotage."""
    path = os.pathsep.join([str(Path(__file__).parent / "sabotage"), str(CHECKOUT)])
    return {"PYTHONPATH": path, "FAULT": fault, "FAULT_REACHED": str(reached)}


def reached_by(reached: Path, otherwise: Callable[[], str] = str) -> int:
    """The process that a fault befell, once it has."""
    wait_until(lambda: reached.exists() and reached.read_text() != "", otherwise)
    return int(reached.read_text())


def wait_until(true: Callable[[], bool], otherwise: Callable[[], str] = str) -> None:
    """Wait for something that other processes bring about; fails with `otherwise` where they do not."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, otherwise()
        time.sleep(0.02)


def is_alive(process: int) -> bool:
    """Whether a process runs; one that is dead and not buried yet does not."""
    status = Path(f"/proc/{process}/stat")
    try:
        return status.read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def prepare(folder: Path) -> FaultyHome:
    """Write the catalogue and land two weeks; nothing has run."""
    home = FaultyHome(folder)
    home.catalogue.write_text(CATALOGUE.model_dump_json(exclude_defaults=True), encoding="utf-8")
    home.land(MAY)
    home.land(JUNE)
    return home


def _seg(arguments: list[str], values: dict[str, str], output: Path) -> None:
    """`seg` as a shell would start it: its own process group, default signals, output to a file."""
    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for name in SETTINGS:
        os.environ.pop(name, None)
    os.environ.update(values)
    with output.open("wb", buffering=0) as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    if "FAULT" in values:
        arm(values["FAULT"], Path(values["FAULT_REACHED"]))
    from seg_assets.cli import app

    app(arguments)
    sys.exit(0)

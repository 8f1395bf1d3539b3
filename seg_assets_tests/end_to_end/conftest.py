"""Homes that several tests share, each made once a session, also where several workers run the tests."""

from __future__ import annotations

import datetime as dt
import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from seg_assets_tests.end_to_end.homes import Home, Told
from seg_assets_tests.end_to_end.landed import land_population

LABELS, BEFORE, JUNE, JULY = (dt.date(2026, month, day) for month, day in ((4, 27), (5, 25), (6, 29), (7, 6)))
"""Month-end Mondays of April to June, and a first week of July; April's is there for its matured conversions only."""

OPTIONS = ("--months", "2026-06,2026-07", "--weeks", f"{BEFORE},{JUNE},{JULY}")
"""What the finished home was asked for."""


@pytest.fixture(scope="session")
def made_once(tmp_path_factory) -> Callable[[str, Callable[[Path], None]], Path]:
    """Makes a folder by a function, once for all workers of a session."""
    root = tmp_path_factory.getbasetemp()
    root = root.parent if "PYTEST_XDIST_WORKER" in os.environ else root

    def made(name: str, make: Callable[[Path], None]) -> Path:
        folder = root / name
        with (root / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (folder / "made").exists():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                make(folder)
                (folder / "made").touch()
        return folder

    return made


@pytest.fixture(scope="session")
def new_home(made_once) -> Callable[[Path], Home]:
    """An empty home in a folder, whose MLflow store is migrated already: that takes 3 to 7 s each time."""
    program = "import mlflow, sys; mlflow.MlflowClient('sqlite:///' + sys.argv[1]).search_experiments()"

    def make_store(folder: Path) -> None:
        subprocess.run([sys.executable, "-c", program, str(folder / "mlflow.db")], cwd=folder, check=True)

    def home(folder: Path) -> Home:
        store = made_once("mlflow", make_store)
        (folder / "home" / "mlflow").mkdir(parents=True)
        shutil.copy(store / "mlflow.db", folder / "home" / "mlflow")
        return Home(folder / "home", folder / "landing")

    return home


@pytest.fixture(scope="session")
def finished_folder(made_once, new_home) -> Path:
    def make(folder: Path) -> None:
        home = new_home(folder)
        land_population(home.landing, (LABELS, BEFORE, JUNE, JULY))
        home.seg_run(*OPTIONS).save(folder)

    return made_once("finished", make)


@pytest.fixture(scope="session")
def finished(finished_folder) -> Home:
    """3,000 accounts with two service months refreshed and three weeks scored; not to be written to."""
    return Home(finished_folder / "home", finished_folder / "landing")


@pytest.fixture(scope="session")
def told(finished_folder) -> Told:
    """What `seg run` said when it made the finished home."""
    return Told.load(finished_folder)


@pytest.fixture
def home(finished_folder, tmp_path) -> Home:
    """A copy of the finished home and of its landing tables, to change as a test likes."""
    for name in ("home", "landing"):
        shutil.copytree(finished_folder / name, tmp_path / name)
    return Home(tmp_path / "home", tmp_path / "landing")

"""One home that nothing befell, made once a session, and copies of it to break."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from seg_assets_tests.end_to_end.conftest import made_once, new_home
from seg_assets_tests.faults.faulty_home import FaultyHome, prepare

__all__ = ["made_once", "new_home"]


@pytest.fixture(scope="session")
def whole(made_once, new_home) -> FaultyHome:
    """June's model fitted, its last week scored and measured; not to be written to."""

    def make(folder: Path) -> None:
        new_home(folder)
        told = prepare(folder).seg_run()
        assert told.exit_code == 0, told.object["failures"] or told.object["runs"]

    return FaultyHome(made_once("whole", make))


@pytest.fixture
def home(whole, tmp_path) -> FaultyHome:
    """A copy of the whole home, to break."""
    shutil.copytree(whole.folder, tmp_path / "copy")
    return FaultyHome(tmp_path / "copy")


@pytest.fixture
def landed(new_home, tmp_path) -> FaultyHome:
    """What the whole home was made of, before any run."""
    folder = tmp_path / "landed"
    new_home(folder)
    return prepare(folder)

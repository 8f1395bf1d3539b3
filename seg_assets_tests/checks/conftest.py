"""A spring of ordinary weeks under one champion, made once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from seg_assets_tests.checks.weeks import QUIET, TRAINED_ON, Weeks, accounts_on, segmentation


@pytest.fixture(scope="session")
def spring_folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("spring")
    weeks = Weeks(folder)
    for monday in QUIET:
        weeks.land(monday, accounts_on(monday))
    weeks.promote(segmentation(), TRAINED_ON)
    return folder


@pytest.fixture
def spring(spring_folder, tmp_path) -> Weeks:
    """A copy of it: the week of EVENT_WEEK is there to be landed."""
    shutil.copytree(spring_folder, tmp_path / "lakehouse")
    return Weeks(tmp_path / "lakehouse")

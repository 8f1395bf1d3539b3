"""A scored home that several tests copy: fitting its model takes most of their time."""

from __future__ import annotations

from pathlib import Path

import pytest

from seg_assets_tests.assets.scored_home import ScoredHome


@pytest.fixture(scope="session")
def scored_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a home with scored weeks; not to be written to."""
    folder = tmp_path_factory.mktemp("scored")
    ScoredHome(folder).fill()
    return folder

"""The fixture `workspace`: a fresh workspace with a volume, held to what the SDK documents.

Belongs here: setting one up and taking it down. Does not: what tests ask of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from seg_assets_tests.workspace.workspace import Workspace

VOLUME = "main.seg.files"


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """A workspace on this machine, by a turned clock; DATABRICKS_HOST and DATABRICKS_TOKEN point at it."""
    # The SDK takes a second to import, which tests without a workspace need not spend.
    from seg_assets_tests.workspace.clock import TurnedClock
    from seg_assets_tests.workspace.workspace import Workspace

    made = Workspace(tmp_path / "workspace", TurnedClock())
    made.catalog.create_volume(VOLUME)
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("DATABRICKS_CONFIG_FILE", str(tmp_path / "no-profiles"))
    yield made
    made.close()
    assert made.problems == []

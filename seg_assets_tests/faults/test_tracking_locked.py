"""What a refresh waits for: MLflow's store in another program's hands, and another refresh."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from seg_assets.schemas import PROMOTIONS, SEGMENT_MODEL, SEGMENT_SCORES
from seg_assets_tests.faults.faulty_home import MAY, FaultyHome, wait_until

pytestmark = pytest.mark.slow

MAY_ALONE = ("--months", "2026-06", "--weeks", f"{MAY}")


def versions(home: FaultyHome, table: str) -> list[str]:
    return sorted(home.home.table(table)["definition_version"].unique())


def is_waited_for(lock: Path) -> bool:
    """Whether a process waits for a lock, as Linux lists it."""
    listed = Path("/proc/locks").read_text().splitlines()
    return any("->" in line and f":{lock.stat().st_ino} " in line for line in listed)


def test_a_locked_store_stops_the_refresh_alone_and_the_next_run_makes_it_once_no_other_does(home):
    expected = sorted(home.land(MAY, fewer=10))
    store = home.home.folder / "mlflow" / "mlflow.db"
    with closing(sqlite3.connect(store, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        run = home.start(options=MAY_ALONE)
        assert run.ended() == 1
        other.execute("ROLLBACK")
    told = "".join(run.told().split())
    assert f"theMLflowstoresqlite:///{store}doesnotanswer" in told
    assert "Ifanotherprogramholdsitlocked,endthat" in told
    assert versions(home, SEGMENT_MODEL.name) == ["2026-06.1"]
    assert home.accounts(SEGMENT_SCORES.name, MAY) == expected

    # Two refreshes at once would both call themselves 2026-06.2.
    with home.lakehouse.alone("refresh"):
        repairing = home.start(options=MAY_ALONE)
        wait_until(lambda: is_waited_for(Path(home.lakehouse.root) / ".locks" / "refresh.lock"), repairing.told)
        assert versions(home, SEGMENT_MODEL.name) == ["2026-06.1"]
    assert repairing.ended() == 0, repairing.told()
    assert versions(home, SEGMENT_MODEL.name) == versions(home, PROMOTIONS.name) == ["2026-06.1", "2026-06.2"]
    assert set(home.home.scores(MAY)["definition_version"]) == {"2026-06.2"}
    assert home.accounts(SEGMENT_SCORES.name, MAY) == expected
    assert home.home.champion_model() == 2

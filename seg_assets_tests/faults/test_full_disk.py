"""A disk that is really full: the run says where and what to do, stored weeks stay readable, the next run repairs."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from seg_assets.schemas import SEGMENT_SCORES
from seg_assets_tests.faults.faulty_home import ACCOUNTS, JUNE

pytestmark = pytest.mark.slow


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """`folder` with all that is in it on a disk of its own; skips the test where none can be mounted."""
    aside = folder.with_name(f"{folder.name}.aside")
    folder.rename(aside)
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("mounting a small disk needs root")
    try:
        shutil.copytree(aside, folder, dirs_exist_ok=True)
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(disk: Path, but: int) -> Path:
    """Leave `but` bytes of a disk free; the file that takes the rest."""
    filler = disk / "filler"
    with filler.open("wb") as file:
        left = shutil.disk_usage(disk).free - but
        file.write(bytes(max(left, 0)))
    return filler


@pytest.mark.parametrize(
    ("part", "says"), [("home/lakehouse", "table raw/everything"), ("home", "Dagster's storage in")]
)
def test_a_full_disk_is_told_with_its_place_and_the_next_run_repairs(home, part, says):
    expected = sorted(home.land(JUNE, fewer=20))
    with small_disk(home.folder / part, megabytes=32) as disk:
        filler = fill(disk, but=8_192)
        run = home.start()
        assert run.ended() in (1, 2)
        told = " ".join(run.told().split())
        assert says in told and str(disk) in told.replace(" ", "") and "free some" in told
        for table in ("account_snapshots", SEGMENT_SCORES.name):
            assert len(home.accounts(table, JUNE)) == ACCOUNTS
        filler.unlink()
        assert home.seg_run().exit_code == 0
        assert home.accounts(SEGMENT_SCORES.name, JUNE) == expected
        assert home.seg_run().runs == []
        assert {status for _, status in home.statuses()} <= {"SUCCESS", "FAILURE"}

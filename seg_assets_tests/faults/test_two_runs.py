"""Two runs of one week at once, and one that is slow: each waits for the other, every account is there once."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from seg_assets.schemas import SEGMENT_SCORES
from seg_assets_tests.faults.faulty_home import ACCOUNTS, JUNE, FaultyHome, is_alive, wait_until

pytestmark = pytest.mark.slow


def files_of(home: FaultyHome, week: object) -> int:
    """The data files of a scored week, committed or not."""
    return len(list((Path(home.lakehouse.uri(SEGMENT_SCORES.name)) / f"snapshot_date={week}").glob("*.parquet")))


@pytest.mark.parametrize("then", [signal.SIGCONT, signal.SIGKILL])
def test_a_week_that_two_runs_score_is_there_once_however_slow_one_of_them_is(home, then):
    """The first holds the table's lock and stands still, as on a slow lakehouse; then it goes on, or dies."""
    expected = sorted(home.land(JUNE, fewer=20))
    before = files_of(home, JUNE)
    first = home.start(f"{SEGMENT_SCORES.name}:written:stop", name="first")
    step = first.befell()
    second = home.start(name="second")
    wait_until(lambda: files_of(home, JUNE) == before + 2, second.told)
    # Readers see the week as it was; the second waits, and does not take the lock away.
    assert len(home.accounts(SEGMENT_SCORES.name, JUNE)) == ACCOUNTS
    assert second.process.is_alive() and is_alive(step)
    os.kill(step, then)
    assert second.ended() == 0, second.told()
    assert first.ended() == (0 if then == signal.SIGCONT else 1), first.told()
    assert home.accounts(SEGMENT_SCORES.name, JUNE) == expected
    assert home.seg_run().exit_code == 0
    assert home.accounts(SEGMENT_SCORES.name, JUNE) == expected

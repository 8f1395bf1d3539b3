"""`seg run` killed with -9 at several moments: no table is torn, and the next call finishes the work."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import polars as pl
import pytest

from seg_assets_tests.end_to_end.conftest import JULY, OPTIONS
from seg_assets_tests.end_to_end.homes import SETTINGS
from seg_assets_tests.end_to_end.landed import accounts_of, land
from seg_assets_tests.shared import CHECKOUT

pytestmark = pytest.mark.slow


def test_a_killed_run_leaves_whole_tables_and_the_next_repairs_them(home):
    expected = set(home.scores(JULY)["account_id"])
    clean = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    arguments = ["run", "--home", home.folder, "--landing", home.landing, *OPTIONS]
    for moment in (3.0, 4.5, 6.0):
        frames = accounts_of(JULY)
        # Another row order is another landing with the same accounts.
        land(home.landing, JULY, {name: frame.sample(fraction=1.0, shuffle=True) for name, frame in frames.items()})
        run = subprocess.Popen(
            [sys.executable, "-c", "from seg_assets.cli import app; app()", *map(str, arguments)],
            env=clean | {"PYTHONPATH": str(CHECKOUT)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        time.sleep(moment)
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()
        for table in ("raw/product_usage", "account_snapshots", "segment_scores"):
            accounts = home.table(table, JULY)["account_id"]
            assert accounts.is_unique().all()
            assert set(accounts) <= expected
        assert set(home.scores(JULY)["account_id"]) == expected
    told = home.seg_run(*OPTIONS)
    assert told.exit_code == 0
    assert set(told.runs) <= {(job, str(JULY)) for job in ("land_snapshot", "score", "monitor")}
    assert home.seg_run(*OPTIONS).runs == []
    assert home.scores(JULY).select(pl.col("account_id").is_unique().all(), pl.len()).row(0) == (True, len(expected))

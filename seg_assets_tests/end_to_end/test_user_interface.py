"""The Dagster UI on a real home, in a headless Chromium."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request

import pytest

from seg_assets_tests.ports import free_port
from seg_assets_tests.shared import CHECKOUT

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--virtual-time-budget=20000",
    "--window-size=1400,900",
]


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """`seg ui` on an empty home, started in its own process group, since `dagster dev` leaves children behind."""
    home, port = tmp_path_factory.mktemp("home"), free_port()
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("SEG_", "DAGSTER_"))}
    log = (home / "ui.log").open("w")
    ui = subprocess.Popen(
        [sys.executable, "-c", "from seg_assets.cli import app; app()", "ui", "--home", home, "--port", str(port)],
        env=clean | {"PYTHONPATH": str(CHECKOUT)},
        cwd=home,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        yield _ready(f"http://127.0.0.1:{port}", ui, home / "ui.log")
    finally:
        os.killpg(ui.pid, signal.SIGTERM)
        try:
            ui.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(ui.pid, signal.SIGKILL)
        log.close()


def _ready(address: str, ui: subprocess.Popen, log) -> str:
    for _ in range(120):
        if ui.poll() is not None:
            break
        try:
            urllib.request.urlopen(f"{address}/server_info", timeout=2)
            return address
        except OSError:
            time.sleep(0.5)
    pytest.fail(f"the UI did not start: {log.read_text()[-2000:]}")


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed: apt-get install chromium")
def test_the_graph_is_drawn_without_an_error(address, tmp_path):
    time.sleep(3)
    picture = tmp_path / "graph.png"
    common = [CHROMIUM, *FLAGS, f"--user-data-dir={tmp_path / 'profile'}"]
    page = subprocess.run(
        [*common, "--dump-dom", f"{address}/asset-groups"], capture_output=True, text=True, timeout=120
    ).stdout
    for group in (
        "raw_tables",
        "accounts",
        "features",
        "fitted_model",
        "segment_profiles",
        "stability_report",
        "weekly_scores",
    ):
        assert group in page
    assert "An error occurred" not in page
    assert "Cycle detected" not in page
    subprocess.run([*common, f"--screenshot={picture}", f"{address}/asset-groups"], capture_output=True, timeout=120)
    assert picture.stat().st_size > 20_000

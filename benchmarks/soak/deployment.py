"""A deployment on this machine as a person would run it: a code server and Dagster's daemon, sensors on.

Belongs here: starting, killing and stopping processes of our own. Does not: what they do, looking at it (watch.py).
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time

from benchmarks.soak.clock import SimulatedClock
from resources.dagster_home import DAGSTER_YAML
from resources.settings import Settings

MODULE = "seg_assets.definitions"
QUEUE = """\
# Not of an ordinary home: the queue is looked at every second and not every 5, since idle time is leapt over.
run_coordinator:
  module: dagster._core.run_coordinator
  class: QueuedRunCoordinator
  config:
    dequeue_interval_seconds: 1
"""
DAEMON = """\
from dagster._daemon import sensor
from dagster._daemon.cli import main
# Not as elsewhere: which sensor is due is looked at every second and not every 5, since idle time is leapt over.
sensor.MIN_INTERVAL_LOOP_TIME = 1
main()
"""
START_SECONDS = 120


class Deployment:
    """The processes of one home, which live by a simulated clock and send alerts to a webhook."""

    def __init__(self, settings: Settings, clock: SimulatedClock) -> None:
        self._settings, self._clock = settings, clock
        self._running: list[subprocess.Popen[bytes]] = []
        self._workspace = settings.dagster_home / "workspace.yaml"
        settings.dagster_home.mkdir(parents=True)
        (settings.dagster_home / "dagster.yaml").write_text(DAGSTER_YAML + QUEUE, encoding="utf-8")

    def start(self) -> None:
        """Start the code server, then the daemon; both write to files in the home. Raises RuntimeError."""
        port = _free_port()
        place = ["--host", "127.0.0.1", "--port", str(port), "--location-name", MODULE]
        server = self._start("code_server", ["-m", "dagster", "api", "grpc", "--module-name", MODULE, *place])
        _wait_for(port, server)
        location = f"{{host: 127.0.0.1, port: {port}, location_name: {MODULE}}}"
        self._workspace.write_text(f"load_from:\n  - grpc_server: {location}\n", encoding="utf-8")
        self._start("daemon", ["-c", DAEMON, "run", "--workspace", str(self._workspace)])

    def turn_on(self, sensor: str) -> None:
        """What a person does once, as docs/automation.md says."""
        command = [sys.executable, "-m", "dagster", "sensor", "start", sensor, "-w", str(self._workspace)]
        subprocess.run(command, env=self._environment(), check=True, capture_output=True)

    def kill(self) -> None:
        """kill -9 to all of it, runs under way included: what a machine that dies does."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End what runs, politely at first."""
        self._end(signal.SIGTERM)

    def _start(self, name: str, arguments: list[str]) -> subprocess.Popen[bytes]:
        with (self._settings.home / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, *arguments],
                env=self._environment(),
                cwd=self._settings.home,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._running.append(process)
        return process

    def _environment(self) -> dict[str, str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("SEG_", "DAGSTER_"))}
        found = clean | self._settings.to_environment() | self._clock.environment()
        return found | {"DAGSTER_HOME": str(self._settings.dagster_home)}

    def _end(self, how: signal.Signals) -> None:
        for process in reversed(self._running):
            _signal(process, how)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(20)
            _signal(process, signal.SIGKILL)
            process.wait()
            self._clock.forget(process.pid)
        self._running.clear()


def _signal(process: subprocess.Popen[bytes], how: signal.Signals) -> None:
    """To its whole group: runs are children of the code server, and outlive it otherwise."""
    try:
        os.killpg(process.pid, how)
    except ProcessLookupError:
        return


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and server.poll() is None:
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise RuntimeError("the code server did not start: see code_server.log in the home")

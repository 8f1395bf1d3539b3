"""The processes of tasks: their wheel unpacked, a clean environment, their output and their end.

Belongs here: starting driver.py, and reading what it left. Does not: when, and what a run makes of it (jobs.py).
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from databricks.sdk.clock import Clock
from databricks.sdk.service.jobs import SubmitTask

from seg_assets_tests.workspace.files import Files

DRIVER = Path(__file__).with_name("driver.py")
LIMITS = ("OMP_NUM_THREADS", "POLARS_MAX_THREADS", "OPENBLAS_CORETYPE", "PATH", "LANG")
"""What a task's process takes over from the test's: how much of this machine it may use, and as which processor: with
another, last digits are others, and so are the populations without groups that are drawn."""


@dataclass(frozen=True)
class Ended:
    """How a task's process ended. logs: what it printed."""

    exit_code: int | None = None
    error: str | None = None
    error_trace: str | None = None
    logs: str = ""
    timed_out: bool = False


@dataclass(frozen=True)
class Process:
    """A running task, in a process group of its own."""

    popen: subprocess.Popen[bytes]
    folder: Path

    def kill(self) -> None:
        """End it and what it started."""
        if self.popen.poll() is None:
            os.killpg(self.popen.pid, signal.SIGKILL)

    def wait(self, deadline: float | None, clock: Clock) -> Ended:
        """Its end; it is killed once `deadline` of the clock has passed."""
        late = False
        while self.popen.poll() is None:
            late = late or (deadline is not None and clock.time() > deadline)
            if late:
                self.kill()
            time.sleep(0.01)
        logs = (self.folder / "logs").read_text(encoding="utf-8", errors="replace")
        told: dict[str, Any] = {"error": f"The Python process exited with exit code {self.popen.returncode}"}
        if (self.folder / "ended.json").exists():
            told = json.loads((self.folder / "ended.json").read_text(encoding="utf-8"))
        elif self.popen.returncode == 0:
            told = {}
        return Ended(self.popen.returncode, told.get("error"), told.get("error_trace"), logs, late)


class Processes:
    """Starts tasks in folders below `folder`. environment: what every task is given, such as its credentials."""

    def __init__(self, files: Files, folder: Path) -> None:
        self._files, self._folder = files, folder
        self._lock = threading.Lock()
        self.environment: dict[str, str] = {}

    def start(self, request: dict[str, Any], task: SubmitTask, program: str | None) -> Process:
        """Run the task. Raises FileNotFoundError where one of its wheels is on no volume."""
        wheels = [self._unpacked(wheel) for wheel in _wheels(request, task)]
        self._folder.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix="task-", dir=self._folder))
        told = task.as_dict() | {"root": str(self._files.root), "program": program}
        (folder / "task.json").write_text(json.dumps(told), encoding="utf-8")
        own = (task.new_cluster.spark_env_vars or {}) if task.new_cluster else {}
        environment = {name: os.environ[name] for name in LIMITS if name in os.environ}
        environment |= {"HOME": str(folder), "PYTHONPATH": os.pathsep.join(wheels), **self.environment, **own}
        with (folder / "logs").open("wb") as logs:
            popen = subprocess.Popen(
                [sys.executable, "-X", "faulthandler", str(DRIVER), "task.json", "ended.json"],
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=logs,
                stderr=logs,
                start_new_session=True,
            )
        return Process(popen, folder)

    def _unpacked(self, wheel: str) -> str:
        """Where the wheel of a volume is installed, as pip would."""
        file = self._files.local(wheel)
        if not file.is_file():
            raise FileNotFoundError(f"{wheel} does not exist")
        target = self._folder / "wheels" / hashlib.sha256(file.read_bytes()).hexdigest()[:16]
        # Two tasks may start at once: neither may meet half of it.
        with self._lock:
            if not target.exists():
                with zipfile.ZipFile(file) as archive:
                    archive.extractall(target)
        return str(target)


def _wheels(request: dict[str, Any], task: SubmitTask) -> list[str]:
    """Of the task's libraries or of its environment."""
    found = [library.whl for library in task.libraries or [] if library.whl]
    for environment in request.get("environments", []):
        if environment["environment_key"] == task.environment_key:
            found += [one for one in environment["spec"].get("dependencies", []) if one.endswith(".whl")]
    return found

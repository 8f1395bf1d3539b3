"""A clock for all processes of a deployment that can be moved forward: half a year goes by in half an hour.

Belongs here: the moment that it shows, moving it, and what gives it to a process. Does not: what happens when.

libfaketime answers every question for the time of day of a process that is started with `environment()`: Python,
SQLite, Polars and delta-rs alike. Durations (timeouts, sleeping) stay real.
"""

from __future__ import annotations

import datetime as dt
import importlib.util
import time
from pathlib import Path

LIBRARY = "vendor/libfaketime/src/libfaketime.so.1"
SHARED_MEMORY = Path("/dev/shm")
REREAD_SECONDS = 1
"""How often a process looks whether the clock was moved."""


class NoClock(RuntimeError):
    """libfaketime is not there; the message says how to get it."""


def library() -> Path:
    """The shared library of libfaketime. Raises NoClock where it is not installed, or not for this machine."""
    spec = importlib.util.find_spec("libfaketime")
    found = Path(spec.origin).parent / LIBRARY if spec is not None and spec.origin else None
    if found is None or not found.exists():
        raise NoClock("the soak needs libfaketime, on Linux: .venv/bin/python -m pip install -e '.[soak]'")
    return found


class SimulatedClock:
    """Runs as fast as a real clock, and leaps when it is told to."""

    def __init__(self, file: Path, starts_at: dt.datetime) -> None:
        """file: where it lies; starts_at: what it shows now, with a time zone. Raises NoClock without libfaketime."""
        self._library, self._file = library(), file
        self._ahead = starts_at.timestamp() - time.time()
        self._write()

    def now(self) -> dt.datetime:
        """What it shows, in UTC."""
        return dt.datetime.fromtimestamp(time.time() + self._ahead, dt.UTC)

    def leap(self, seconds: float) -> None:
        """Move it forward; processes follow within REREAD_SECONDS."""
        self._ahead += max(seconds, 0.0)
        self._write()

    def leap_to(self, moment: dt.datetime) -> None:
        """Move it to `moment`, never back; returns when all processes see it."""
        self.leap((moment - self.now()).total_seconds())
        time.sleep(REREAD_SECONDS + 0.2)

    def environment(self) -> dict[str, str]:
        """What makes a process and its children live by this clock."""
        return {
            "LD_PRELOAD": str(self._library),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_CACHE_DURATION": str(REREAD_SECONDS),
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            # Times of files stay as they are: they tell one landing from the next.
            "NO_FAKE_STAT": "1",
        }

    @staticmethod
    def forget(process: int) -> None:
        """Take away what libfaketime keeps in shared memory for a process that was killed."""
        for name in (f"faketime_shm_{process}", f"sem.faketime_sem_{process}"):
            (SHARED_MEMORY / name).unlink(missing_ok=True)

    def _write(self) -> None:
        half = self._file.with_name(f".{self._file.name}.half")
        half.write_text(f"{self._ahead:+.3f}\n", encoding="utf-8")
        half.replace(self._file)

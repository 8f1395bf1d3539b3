"""A clock that a test turns: sleeping costs no time, and whoever asks sees that it passed.

Belongs here: the clock. Does not: who waits by it.
"""

from __future__ import annotations

import threading
import time

from databricks.sdk.clock import Clock

BREATH = 0.02
"""Seconds that a sleep really takes, so that a subprocess gets on meanwhile."""


class TurnedClock(Clock):
    """Starts at the time of day; only sleeping moves it on. slept: what was asked for, in order."""

    def __init__(self) -> None:
        self._now = time.time()
        self._lock = threading.Lock()
        self.slept: list[float] = []

    def time(self) -> float:
        """Seconds since the epoch."""
        with self._lock:
            return self._now

    def sleep(self, seconds: float) -> None:
        """Move on by `seconds`."""
        with self._lock:
            self._now += seconds
            self.slept.append(seconds)
        time.sleep(min(seconds, BREATH))

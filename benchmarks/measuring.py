"""Stages as processes that take turns, and the figures they give.

Belongs here: starting a stage's process, asking for repeats, reading its figures.
Does not: what happens in that process (stage_process.py), what the figures mean (comparison.py).
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from types import TracebackType
from typing import Any, Self

CHECKOUT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Figures:
    """What one stage took.

    seconds: of each repeat, the first cold, which is the warm one too where there is no other; cpu_seconds: the same on
    all cores together, which a busy machine hardly changes; start_seconds: interpreter, imports and set-up; peak_mb:
    10^6 bytes.
    """

    stage: str
    start_seconds: float
    seconds: tuple[float, ...]
    cpu_seconds: tuple[float, ...]
    rows: int
    peak_mb: float

    @property
    def cold(self) -> float:
        """Seconds of the first repeat of the process."""
        return self.seconds[0]

    @property
    def warm(self) -> float:
        """Median seconds of the other repeats."""
        return median(self.seconds[1:] or self.seconds)

    @property
    def warm_cpu(self) -> float:
        """Median processor seconds of the other repeats."""
        return median(self.cpu_seconds[1:] or self.cpu_seconds)

    @property
    def rows_a_second(self) -> float:
        """Rows over warm seconds."""
        return self.rows / self.warm


class StageProcess:
    """A running stage_process. Raises RuntimeError where it ends early; its own error is on standard error."""

    def __init__(self, stage: str, folder: Path, accounts: int) -> None:
        self.stage = stage
        began = time.perf_counter()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.stage_process", stage, str(folder), str(accounts)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=CHECKOUT,
        )
        self._answer()
        self._start_seconds = time.perf_counter() - began

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with self._process:
            self._process.kill()

    def repeat(self) -> None:
        """Run the stage once more."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        self._answer()

    def figures(self) -> Figures:
        """End the process; what it measured."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        values = self._answer()
        return Figures(
            stage=self.stage,
            start_seconds=self._start_seconds,
            seconds=tuple(values["seconds"]),
            cpu_seconds=tuple(values["cpu_seconds"]),
            rows=values["rows"],
            peak_mb=values["peak_mb"],
        )

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"stage {self.stage} ended with exit code {self._process.wait()} before it answered")
        answer: dict[str, Any] = json.loads(line)
        return answer


def measure(stages: Sequence[str], folder: Path, accounts: int, repeats: int) -> list[Figures]:
    """Every stage `repeats` times, in turns: one repeat of each, and another one first each time.

    So a machine that slows down or is busy meanwhile slows all of them alike, and the repeats of one turn compare.
    """
    with ExitStack() as running:
        processes = [running.enter_context(StageProcess(stage, folder, accounts)) for stage in stages]
        for turn in range(repeats):
            first = turn % len(processes)
            for process in processes[first:] + processes[:first]:
                process.repeat()
        return [process.figures() for process in processes]

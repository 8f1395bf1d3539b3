"""One stage in a process of its own: `python -m benchmarks.stage_process STAGE FOLDER ACCOUNTS`.

Belongs here: the clock and the peak memory. A line on standard input asks for one repeat and is answered with a line;
the end of the input is answered with all figures as one line of JSON. So several stages can take turns, and each has
its own memory. Does not: what a stage does (stages/), who asks (measuring.py).
"""

from __future__ import annotations

import argparse
import importlib
import json
import resource
import sys
import time
from pathlib import Path

from benchmarks.prepared import Prepared
from benchmarks.stages import Repeats


def peak_megabytes() -> float:
    """The most memory that this process ever held, in MB (10^6 bytes)."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6


def main() -> None:
    """The program."""
    parser = argparse.ArgumentParser()
    parser.add_argument("stage")
    parser.add_argument("folder", type=Path)
    parser.add_argument("accounts", type=int)
    given = parser.parse_args()
    stage = importlib.import_module(f"benchmarks.stages.{given.stage}")
    repeats: Repeats = stage.repeats(Prepared(given.folder, given.accounts))
    call = next(repeats)
    seconds: list[float] = []
    cpu_seconds: list[float] = []
    rows = 0
    _answer({"ready": given.stage})
    for _ in sys.stdin:
        began, cpu_began = time.perf_counter(), time.process_time()
        rows = call()
        seconds.append(time.perf_counter() - began)
        cpu_seconds.append(time.process_time() - cpu_began)
        call = next(repeats)
        _answer({"seconds": seconds[-1]})
    _answer({"seconds": seconds, "cpu_seconds": cpu_seconds, "rows": rows, "peak_mb": peak_megabytes()})


def _answer(values: dict[str, object]) -> None:
    print(json.dumps(values), flush=True)


if __name__ == "__main__":
    main()

"""`python -m benchmarks`: prepare the data once, measure every stage, print one table, store it as JSON.

Belongs here: arguments, the order of things, printing and storing. Does not: measuring (measuring.py), the stages.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

import polars as pl

from benchmarks.agreement import Agreement, agreement
from benchmarks.comparison import ACCOUNTS, Aim, Loop, aims, ratios
from benchmarks.machine import machine
from benchmarks.measuring import CHECKOUT, Figures, measure
from benchmarks.plain_refresh import PARTS
from benchmarks.prepared import WEEK, Prepared
from benchmarks.table import aims_table, loop_table, stages_table

# Load average a core from which on something else takes the processor.
BUSY = 0.3
ALONE = {"sample_data": "sample data", "raw_to_accounts": "raw to accounts", "fit": "fit (without MLflow)"}
ONCE = {
    "refresh": "refresh: all gates, k = 3 to 15",
    "plain_counts": "  scikit-learn loop: fits, figures",
    "plain_refits": f"  scikit-learn loop: refits, 1 of {PARTS}",
}
OF_EVENTS = {"tiers": "tiers, of 5 million revenue events"}
IN_TURNS = {
    "scoring": "scoring",
    "floor": "  floor: read, write Parquet",
    "floor_with_write_delta": "  floor with write_delta",
    "plain": "  scikit-learn + pandas",
}


def main() -> None:
    """The program. Ends with an error where the plain scoring gives another segment or other reasons."""
    given = _arguments()
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="seg-bench-") as folder:
        prepared = Prepared(Path(folder), given.accounts)
        _say(f"preparing {given.accounts:,} accounts")
        subprocess.run(
            [sys.executable, "-m", "benchmarks.preparing", folder, str(given.accounts)], check=True, cwd=CHECKOUT
        )
        figures: list[Figures] = []
        for stage in ALONE:
            _say(f"measuring {ALONE[stage]}")
            figures += measure([stage], prepared.folder, given.accounts, given.repeats)
        for stage in ONCE:
            _say(f"measuring {ONCE[stage].strip()}, once")
            figures += measure([stage], prepared.folder, given.accounts, 1)
        for stage in OF_EVENTS:
            _say(f"measuring {OF_EVENTS[stage]}")
            figures += measure([stage], prepared.folder, given.accounts, given.repeats)
        _say("measuring scoring, in turns with floor and scikit-learn + pandas")
        contenders = measure(list(IN_TURNS), prepared.folder, given.accounts, given.repeats)
        agreed = _agreement(prepared)
    scoring, floor, delta, plain = contenders
    refresh, counts, refits = figures[len(ALONE) : len(ALONE | ONCE)]
    loop = Loop(counts, refits, PARTS)
    judged = aims(scoring, floor, plain, refresh, given.accounts)
    print(stages_table(ALONE | ONCE | OF_EVENTS | IN_TURNS, figures + contenders), end="\n\n")
    print(loop_table(refresh, loop), end="\n\n")
    print(aims_table(judged), end="\n\n")
    print(f"scoring beside the floor with write_delta: {median(ratios(scoring, delta)):.2f} times (for information)")
    if load > BUSY * (os.cpu_count() or 1):
        print(f"the machine was busy before (load average {load:.1f}): seconds are too long, ratios less so")
    print(f"scores of scikit-learn + pandas and of the project: {agreed}")
    if given.accounts != ACCOUNTS:
        print(f"the aims are for {ACCOUNTS:,} accounts; this run had {given.accounts:,}")
    if not agreed.decisive:
        sys.exit("the two ways of scoring differ, so their speed does not compare: nothing is stored")
    _store(given.out, _record(given.accounts, load, figures, contenders, loop, judged, agreed))
    print(f"stored in {given.out}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--accounts", type=int, default=ACCOUNTS, help="accounts of the sample (default %(default)s)")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/latest.json"), help="where the JSON goes")
    parser.add_argument("--repeats", type=int, default=5, help="of each stage; the first is cold (default %(default)s)")
    given = parser.parse_args()
    if given.repeats < 2:
        parser.error("--repeats is at least 2: the first is cold, and the headline is the median of the others")
    return given


def _agreement(prepared: Prepared) -> Agreement:
    scores = pl.read_parquet(prepared.file_of("segment_scores"), hive_partitioning=False)
    return agreement(scores, pl.read_parquet(prepared.plain_scores))


def _record(
    accounts: int,
    load: float,
    figures: list[Figures],
    contenders: list[Figures],
    loop: Loop,
    judged: list[Aim],
    agreed: Agreement,
) -> dict[str, Any]:
    scoring, floor, delta, plain = contenders
    paired = {
        "scoring_over_floor": ratios(scoring, floor),
        "scoring_over_floor_with_write_delta": ratios(scoring, delta),
        "plain_over_scoring": ratios(plain, scoring),
    }
    return {
        "date": dt.date.today().isoformat(),
        "accounts": accounts,
        "week": WEEK.isoformat(),
        "machine": machine(),
        "load_average_before": round(load, 2),
        "stages": {
            one.stage: {
                **asdict(one),
                "cold": one.cold,
                "warm": one.warm,
                "warm_cpu": one.warm_cpu,
                "rows_a_second": round(one.rows_a_second),
            }
            for one in figures + contenders
        },
        "ratios": {name: {"median": median(values), "of_turns": values} for name, values in paired.items()},
        "loop": {"parts_of_refits": loop.parts, "seconds": loop.seconds, "cpu_seconds": loop.cpu_seconds},
        "aims": [asdict(aim) for aim in judged],
        "agreement": {"accounts": agreed.accounts, "same": dict(agreed.same)},
    }


def _store(out: Path, record: dict[str, Any]) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(_rounded(record), indent=1) + "\n", encoding="utf-8")


def _rounded(value: Any) -> Any:
    """`value` with every float at four decimals, so that a diff of two results can be read."""
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    return round(value, 4) if isinstance(value, float) else value


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()

"""`python -m benchmarks.quality`: every set that is there, one table, stored as JSON.

Belongs here: arguments, the order of things, printing and storing. Does not: any figure (judging.py).
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from benchmarks.machine import machine
from benchmarks.quality.judging import Line, judge_population
from benchmarks.quality.output import rounded, say, shared_folder
from benchmarks.quality.populations import Population
from benchmarks.quality.public import PUBLIC_SETS, public_populations
from benchmarks.quality.sample import NAME, sample_population
from benchmarks.quality.table import aims, quality_table, verdict

ACCOUNTS = 120_000
SPLITS = 5
NOTES = """\
k: of classes; every contender has as many as the rules by hand, or as --segments says for the sample data.
AUC: of segment conversion rates that were learned on the training part; its range over random splits.
less rules' AUC, share of attainable lift: with 95 % intervals by bootstrap of families, paired; over random splits the
means of value and ends. The share is not given where the ceiling is below 0.60.
explained: variance of the standardised indices, relative to free k-means on them. intent's share: of the variance
between segments; "none": no intent index. WORSE also where the AUC is more than 0.01 below the rules'."""


def main() -> None:
    """The program."""
    given = _arguments()
    found: list[Line] = []
    with tempfile.TemporaryDirectory(prefix="seg-quality-") as folder:
        for population in _populations(given, Path(folder)):
            began = time.monotonic()
            rules = len(population.rules.classes)
            count = given.segments or rules if population.name == NAME else rules
            found += judge_population(population, count)
            say(f"{population.title}: {time.monotonic() - began:.0f} s")
    if not found:
        sys.exit("nothing was judged: --sets names no set that is there")
    print(quality_table(found), end="\n\n")
    print(NOTES, end="\n\n")
    print("\n".join(aims(found)), end="\n\n")
    _store(given.out, given, found)
    print(f"stored in {given.out}")


def _populations(given: argparse.Namespace, folder: Path) -> Iterator[Population]:
    wanted = set(given.sets or [NAME, *(one.name for one in PUBLIC_SETS)])
    if NAME in wanted:
        yield sample_population(given.accounts, folder)
    for one in PUBLIC_SETS:
        if one.name not in wanted:
            continue
        if not (shared_folder() / one.path).exists():
            say(f"{one.name}: left out, {one.path} is not in {shared_folder()} (SEG_SHARED names the folder)")
            continue
        yield from public_populations(one, shared_folder(), given.splits)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality", description=__doc__)
    parser.add_argument("--accounts", type=int, default=ACCOUNTS, help="accounts of the sample (default %(default)s)")
    parser.add_argument("--segments", type=int, help="on the sample data (default: as many as its rules have)")
    parser.add_argument("--splits", type=int, default=SPLITS, help="random ones of a public set (default %(default)s)")
    parser.add_argument("--sets", nargs="+", choices=[NAME, *(one.name for one in PUBLIC_SETS)], help="only these")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/quality.json"), help="where the JSON goes")
    return parser.parse_args()


def _store(out: Path, given: argparse.Namespace, found: list[Line]) -> None:
    record = {
        "date": dt.date.today().isoformat(),
        "accounts": given.accounts,
        "machine": machine(),
        "lines": [asdict(line) | {"verdict": verdict(line)} for line in found],
        "aims": aims(found),
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(rounded(record), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

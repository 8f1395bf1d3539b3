"""`python -m benchmarks.scale`: the steps for populations of three sizes, as tables, stored as JSON.

Belongs here: arguments, the order of things, printing and storing. Does not: the populations (populations.py), what is
measured (stages.py), the cost model (cost.py), measuring (benchmarks/measuring.py).
"""

from __future__ import annotations

import argparse
import json
import operator
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from benchmarks.comparison import Aim
from benchmarks.machine import machine
from benchmarks.measuring import CHECKOUT, Figures, measure
from benchmarks.prepared import Prepared
from benchmarks.scale.cost import CLUSTERS, Assumptions, cost
from benchmarks.scale.pipes import Overhead, overheads
from benchmarks.scale.populations import grown
from benchmarks.scale.stages import OF_A_WEEK, POLARS, PYSAIL, STAGES, Stage
from benchmarks.table import aims_table, aligned, stages_table

SAMPLE = 420_000
SIZES = (420_000, 4_200_000, 42_000_000)
# Free disk for the greatest population, its scores and what Delta keeps of those before, in bytes an account.
BYTES_AN_ACCOUNT = 400
Found = dict[int, dict[Stage, Figures]]


def main() -> None:
    """The program."""
    given = _arguments()
    print(f"load average before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", flush=True)
    found: Found = {}
    with tempfile.TemporaryDirectory(prefix="seg-scale-") as folder:
        sample = Prepared(Path(folder), min(SAMPLE, *given.sizes))
        prepare = [sys.executable, "-m", "benchmarks.preparing", folder, str(sample.accounts)]
        subprocess.run(prepare, check=True, cwd=CHECKOUT)
        around = overheads(sample, Path(folder))
        print(_pipes_table(around), end="\n\n", flush=True)
        for accounts in given.sizes:
            _refuse_full_disk(Path(folder), accounts)
            prepared = grown(sample, accounts)
            found[accounts] = _measured(prepared, [one for one in STAGES if one.step in given.steps], given.repeats)
            shutil.rmtree(prepared.folder)
            titles = {stage.module: f"{stage.title}, {accounts:,}" for stage in found[accounts]}
            print(stages_table(titles, list(found[accounts].values())), end="\n\n", flush=True)
    print(_cost_table(found), end="\n\n")
    nodes = {cluster.name: cluster.dbu_an_hour for cluster in CLUSTERS}
    print(f"assumed, not measured: {asdict(Assumptions())}; DBU an hour of each node: {nodes}\n")
    aims = [*_aims(found), *(_at_most(f"Pipes overhead, {one.where}", one.then, "s", 5) for one in around)]
    print(aims_table(aims))
    if given.out is not None:
        given.out.write_text(json.dumps(_stored(found, around, aims), indent=1) + "\n", encoding="utf-8")


def _measured(prepared: Prepared, stages: Sequence[Stage], repeats: int) -> dict[Stage, Figures]:
    """One after another: two at once would share the cores, and the memory."""
    found = {}
    for stage in stages:
        if lacks := stage.lacks(prepared.accounts, psutil.virtual_memory().available):
            print(f"left out: {stage.title}, {prepared.accounts:,} accounts: {lacks}", flush=True)
            continue
        (found[stage],) = measure([stage.module], prepared.folder, prepared.accounts, repeats)
    return found


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="accounts")
    steps = sorted({stage.step for stage in STAGES})
    parser.add_argument("--steps", nargs="+", choices=steps, default=steps, help="default: all")
    parser.add_argument("--repeats", type=int, default=2, help="of each size and engine; the first is cold")
    parser.add_argument("--out", type=Path, help="where to store the figures")
    return parser.parse_args()


def _refuse_full_disk(folder: Path, accounts: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < BYTES_AN_ACCOUNT * accounts:
        raise SystemExit(
            f"{accounts:,} accounts need about {BYTES_AN_ACCOUNT * accounts / 1e9:.0f} GB, and {free / 1e9:.0f} GB are "
            f"free below {tempfile.gettempdir()}: set TMPDIR, or leave this size out (--sizes)"
        )


def _pipes_table(around: Sequence[Overhead]) -> str:
    rows = [("a step's seconds beside its work", "first", "then")]
    return aligned([*rows, *((one.where, f"{one.first:.2f}", f"{one.then:.2f}") for one in around)], left=1)


def _cost_table(found: Found) -> str:
    """A line a size and cluster, for the engine that would run there: Polars on one node, Spark on several."""
    rows = [("accounts", "cluster", "cpu s", "measured at", "assumed s", "DBU", "USD")]
    for accounts in found:
        for cluster in CLUSTERS:
            engine = POLARS if cluster.nodes == 1 else PYSAIL
            measured = max((size for size in found if size <= accounts and _steps(found[size], engine)), default=None)
            if measured is None:
                continue
            # Of a size that was left out: as many times the work as there are times the accounts.
            work = [one.warm_cpu * stage.times(Assumptions()) for stage, one in _steps(found[measured], engine).items()]
            cpu = sum(work) * accounts / measured
            one = cost(cpu, cluster, Assumptions())
            figures = f"{cpu:,.0f}", f"{measured:,}", f"{one.seconds:,.0f}", f"{one.dbu:.2f}", f"{one.usd:.3f}"
            rows.append((f"{accounts:,}", cluster.name, *figures))
    return aligned(rows, left=2) if len(rows) > 1 else "no cost: not all steps of a week were measured"


def _steps(found: dict[Stage, Figures], engine: str) -> dict[Stage, Figures]:
    """The figures of every step of a week by that engine; none where one of them was left out."""
    stages = [stage for stage in STAGES if stage.engine == engine and stage.step in OF_A_WEEK]
    return {stage: found[stage] for stage in stages} if set(stages) <= found.keys() else {}


def _aims(found: Found) -> list[Aim]:
    """Of scoring, judged where both greater sizes were measured."""
    middle, greatest = (found.get(size, {}) for size in SIZES[-2:])
    aims = []
    for stage in STAGES:
        if stage.step == "score" and stage in middle and stage in greatest:
            at, before = greatest[stage], middle[stage]
            slower = (at.warm / at.rows) / (before.warm / before.rows)
            aims += [
                _at_most(f"{stage.engine}, 42 million scored, read to write", at.warm, "s", 120),
                _at_most(f"{stage.engine}, peak memory there", at.peak_mb / 1000, "GB", 3),
                _at_most(f"{stage.engine}, time an account beside 4.2 million", slower, "times", 1.2),
            ]
    return aims


def _at_most(what: str, figure: float, unit: str, bound: float) -> Aim:
    return Aim(what, figure, unit, f"at most {bound:g} {unit}", operator.le(figure, bound))


def _stored(found: Found, around: Sequence[Overhead], aims: Sequence[Aim]) -> dict[str, object]:
    return {
        "machine": machine(),
        "figures": {str(accounts): [asdict(one) for one in by_stage.values()] for accounts, by_stage in found.items()},
        "assumed": {"assumptions": asdict(Assumptions()), "clusters": [asdict(cluster) for cluster in CLUSTERS]},
        "pipes": [asdict(one) for one in around],
        "aims": [asdict(aim) for aim in aims],
    }


if __name__ == "__main__":
    main()

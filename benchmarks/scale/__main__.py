"""`python -m benchmarks.scale`: score populations of three sizes, print one table, store it as JSON.

Belongs here: arguments, the order of things, printing and storing. Does not: the populations (populations.py), the cost
model (cost.py), measuring (benchmarks/measuring.py).
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
from dataclasses import asdict
from pathlib import Path

from benchmarks.comparison import Aim
from benchmarks.machine import machine
from benchmarks.measuring import CHECKOUT, Figures, measure
from benchmarks.prepared import Prepared
from benchmarks.scale.cost import CLUSTERS, Assumptions, cost
from benchmarks.scale.populations import grown
from benchmarks.table import aims_table, aligned, stages_table

SAMPLE = 420_000
SIZES = (420_000, 4_200_000, 42_000_000)
STAGES = {"scoring": "Polars", "scoring_on_spark": "pysail"}
# Free disk for the greatest population, its scores and what Delta keeps of those before, in bytes an account.
BYTES_AN_ACCOUNT = 400


def main() -> None:
    """The program."""
    given = _arguments()
    print(f"load average before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", flush=True)
    found: dict[int, list[Figures]] = {}
    with tempfile.TemporaryDirectory(prefix="seg-scale-") as folder:
        sample = Prepared(Path(folder), min(SAMPLE, *given.sizes))
        prepare = [sys.executable, "-m", "benchmarks.preparing", folder, str(sample.accounts)]
        subprocess.run(prepare, check=True, cwd=CHECKOUT)
        for accounts in given.sizes:
            _refuse_full_disk(Path(folder), accounts)
            prepared = grown(sample, accounts)
            # One after another: both at once would share the cores, and the memory.
            found[accounts] = [measure([stage], prepared.folder, accounts, given.repeats)[0] for stage in STAGES]
            shutil.rmtree(prepared.folder)
            titles = {stage: f"{name}, {accounts:,}" for stage, name in STAGES.items()}
            print(stages_table(titles, found[accounts]), end="\n\n", flush=True)
    print(_cost_table(found), end="\n\n")
    nodes = {cluster.name: cluster.dbu_an_hour for cluster in CLUSTERS}
    print(f"assumed, not measured: {asdict(Assumptions())}; DBU an hour of each node: {nodes}\n")
    if aims := _aims(found):
        print(aims_table(aims))
    if given.out is not None:
        given.out.write_text(json.dumps(_stored(found), indent=1) + "\n", encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="accounts")
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


def _cost_table(found: dict[int, list[Figures]]) -> str:
    """A line a size and cluster, for the engine that would run there: Polars on one node, Spark on several."""
    rows = [("accounts", "cluster", "measured cpu s", "assumed s", "DBU", "USD")]
    for accounts, (polars, spark) in found.items():
        for cluster in CLUSTERS:
            cpu = (polars if cluster.nodes == 1 else spark).warm_cpu
            one = cost(cpu, cluster, Assumptions())
            rows.append(
                (
                    f"{accounts:,}",
                    cluster.name,
                    f"{cpu:,.0f}",
                    f"{one.seconds:,.0f}",
                    f"{one.dbu:.2f}",
                    f"{one.usd:.3f}",
                )
            )
    return aligned(rows, left=2)


def _aims(found: dict[int, list[Figures]]) -> list[Aim]:
    """Judged where all three sizes were measured."""
    middle, greatest = SIZES[-2:]
    if not {middle, greatest} <= found.keys():
        return []
    aims = []
    for place, name in enumerate(STAGES.values()):
        at, before = found[greatest][place], found[middle][place]
        slower = (at.warm / at.rows) / (before.warm / before.rows)
        aims += [
            _at_most(f"{name}, 42 million scored, read to write", at.warm, "s", 120),
            _at_most(f"{name}, peak memory there", at.peak_mb / 1000, "GB", 3),
            _at_most(f"{name}, time an account beside 4.2 million", slower, "times", 1.2),
        ]
    return aims


def _at_most(what: str, figure: float, unit: str, bound: float) -> Aim:
    return Aim(what, figure, unit, f"at most {bound:g} {unit}", operator.le(figure, bound))


def _stored(found: dict[int, list[Figures]]) -> dict[str, object]:
    return {
        "machine": machine(),
        "figures": {str(accounts): [asdict(one) for one in figures] for accounts, figures in found.items()},
        "assumed": {"assumptions": asdict(Assumptions()), "clusters": [asdict(cluster) for cluster in CLUSTERS]},
        "aims": [asdict(aim) for aim in _aims(found)],
    }


if __name__ == "__main__":
    main()

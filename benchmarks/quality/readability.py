"""`python -m benchmarks.quality.readability`: what readable definitions cost, design by design, and the Pareto front.

Belongs here: the figures of each design, which ones are dominated, the price as a number, printing and storing.
Does not: the designs (designs.py), the table of populations (__main__.py).
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median

from benchmarks.machine import machine
from benchmarks.quality.designs import FREE, OURS, Ground, designs
from benchmarks.quality.judging import SEED, ceiling_of, explained_of_free, one_scores
from benchmarks.quality.output import rounded, say, shared_folder
from benchmarks.quality.populations import Population
from benchmarks.quality.public import PUBLIC_SETS, public_populations
from benchmarks.quality.sample import sample_population
from benchmarks.quality.splits import Split, luck
from benchmarks.table import aligned
from seg_assets.segmentation import Outcomes
from seg_assets.segmentation.intent.rows import training_rows
from seg_assets.segmentation.lift import Interval, lifts
from seg_assets.segmentation.sampling import hash_sample

ACCOUNTS = 60_000
COUNTS = (6, 8, 10)
HALVINGS = 3
BANK = "bank_full"
COMPARED_ROWS = 20_000


@dataclass(frozen=True)
class Figures:
    """One design with up to `asked` segments. explained: of free k-means on the same indices with `count` clusters.

    share: of attainable lift, out of time or on unseen clients; conditions, longest: of all definitions and of the
    longest, None where nobody can read them; agreements: adjusted Rand index of each two refits on disjoint halves.
    """

    population: str
    design: str
    asked: int
    count: int
    explained: float
    share: Interval | None
    auc: float
    conditions: int | None
    longest: int | None
    agreements: tuple[float, ...]


def figures(population: Population, counts: Sequence[int], halvings: int) -> list[Figures]:
    """All designs at all numbers of segments on the population's first split."""
    split = next(population.splits())
    ground = Ground(split, population.catalogue)
    found = {count: designs(ground, count) for count in counts}
    every = {f"{count}:{one.name}": one for count, group in found.items() for one in group}
    rows = training_rows(split.outcomes)
    if rows is None:
        raise ValueError(f"{population.title}: all accounts that are learned from had the same outcome")
    best = ceiling_of(rows, split, population.catalogue)
    scores = {name: one_scores(one, split) for name, one in every.items()}
    _, lifted = lifts(scores, best.scores, split.converted, split.families, seed=SEED)
    agreements = _agreements(ground, counts, halvings)
    lines = []
    for count, group in found.items():
        explained = explained_of_free(group, ground.indices, split)
        for one in group:
            lift = lifted[f"{count}:{one.name}"]
            lines.append(
                Figures(
                    population=population.title,
                    design=one.name,
                    asked=count,
                    count=one.count,
                    explained=explained[one.name],
                    share=lift.share,
                    auc=lift.auc.value,
                    conditions=sum(one.conditions) or None,
                    longest=max(one.conditions, default=0) or None,
                    agreements=tuple(agreements[count, one.name]),
                )
            )
    return lines


def _agreements(ground: Ground, counts: Sequence[int], halvings: int) -> dict[tuple[int, str], list[float]]:
    """The adjusted Rand indices by number of segments and design. Source: Hubert, Arabie 1985."""
    from sklearn.metrics import adjusted_rand_score

    compared = hash_sample(ground.split.snapshot, COMPARED_ROWS)
    found: dict[tuple[int, str], list[float]] = {}
    for number in range(halvings):
        grounds = [Ground(half, ground.catalogue) for half in halves(ground.split, number)]
        for count in counts:
            for one, other in zip(*(designs(half, count) for half in grounds), strict=True):
                agreed = adjusted_rand_score(one.classes(compared), other.classes(compared))
                found.setdefault((count, one.name), []).append(float(agreed))
        say(f"  refits on two halves, {number + 1} of {halvings}")
    return found


def halves(split: Split, number: int) -> Iterator[Split]:
    """Two disjoint halves of the accounts, by a hash of account_id, with the outcomes of those accounts alone."""
    first = luck(split.snapshot["account_id"], f"half {number}") < 0.5
    for inside in (first, ~first):
        snapshot = split.snapshot.filter(inside)
        mine = snapshot.select("account_id").lazy()
        frame = split.outcomes.frame.join(mine, on="account_id", how="semi")
        yield replace(split, snapshot=snapshot, outcomes=Outcomes(frame, split.outcomes.snapshots))


def dominated(one: Figures, others: Sequence[Figures]) -> bool:
    """Whether a readable design of `others` is as good in every figure and better in one. k-means is no rival."""
    mine = _goodness(one)
    for other in others:
        if other.conditions is None or one.conditions is None or other.population != one.population:
            continue
        theirs = _goodness(other)
        if all(t >= m for t, m in zip(theirs, mine, strict=True)) and theirs != mine:
            return True
    return False


def _goodness(one: Figures) -> tuple[float, float, float, float]:
    """Explained variance, AUC (the order of lift shares), few conditions, agreement of refits.

    At two decimals, the AUC at three: no design is kept or lost for what is noise.
    """
    agreement = median(one.agreements) if one.agreements else 0.0
    return round(one.explained, 2), round(one.auc, 3), -float(one.conditions or 0), round(agreement, 2)


def front_table(found: Sequence[Figures]) -> str:
    """A line a design and number of segments."""
    header = ("population", "design", "k", "explained", "share of attainable lift", "AUC", "conditions", "longest")
    rows: list[tuple[str, ...]] = [(*header, "refits agree, median / least", "front")]
    for one in found:
        share = one.share
        rows.append(
            (
                one.population,
                one.design,
                f"{one.count}" if one.count == one.asked else f"{one.count} of {one.asked}",
                f"{one.explained:.2f}",
                "not given" if share is None else f"{share.value:.2f} [{share.low:.2f}, {share.high:.2f}]",
                f"{one.auc:.3f}",
                "" if one.conditions is None else str(one.conditions),
                "" if one.longest is None else str(one.longest),
                f"{median(one.agreements):.2f} / {min(one.agreements):.2f}" if one.agreements else "",
                _place(one, found),
            )
        )
    return aligned(rows, left=2)


def _place(one: Figures, found: Sequence[Figures]) -> str:
    if one.conditions is None:
        return "reference"
    return "dominated" if dominated(one, found) else "on the front"


def prices(found: Sequence[Figures]) -> list[str]:
    """What our definitions cost, in one sentence for each population and number of segments.

    What guiding by conversions costs shows in free k-means on the guided points; what is left is for the conditions.
    """
    free = {(one.population, one.asked): one for one in found if one.design == FREE}
    said = []
    for one in found:
        best = free.get((one.population, one.asked))
        if one.design == OURS and best is not None:
            said.append(
                f"{one.population}, k {one.asked}: the price of readability is {1 - one.explained:.2f} of what free "
                f"k-means on the indices explains: {1 - best.explained:.2f} for guiding by conversions and "
                f"{best.explained - one.explained:+.2f} for conditions, whose AUC differs by {one.auc - best.auc:+.3f}"
            )
    return said


def main() -> None:
    """The program."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality.readability", description=__doc__)
    parser.add_argument("--accounts", type=int, default=ACCOUNTS, help="accounts of the sample (default %(default)s)")
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/readability.json"))
    given = parser.parse_args()
    found: list[Figures] = []
    with tempfile.TemporaryDirectory(prefix="seg-quality-") as folder:
        for population in _populations(given.accounts, Path(folder)):
            say(population.title)
            found += figures(population, COUNTS, HALVINGS)
    print(front_table(found), end="\n\n")
    print("\n".join(prices(found)), end="\n\n")
    record = {
        "date": dt.date.today().isoformat(),
        "accounts": given.accounts,
        "machine": machine(),
        "designs": [asdict(one) | {"place": _place(one, found)} for one in found],
        "prices": prices(found),
    }
    given.out.write_text(json.dumps(rounded(record), indent=1) + "\n", encoding="utf-8")
    print(f"stored in {given.out}")


def _populations(accounts: int, folder: Path) -> Iterator[Population]:
    yield sample_population(accounts, folder)
    bank = next(one for one in PUBLIC_SETS if one.name == BANK)
    if (shared_folder() / bank.path).exists():
        yield public_populations(bank, shared_folder(), 1)[0]
    else:
        say(f"{BANK}: left out, {bank.path} is not in {shared_folder()} (SEG_SHARED names the folder)")


if __name__ == "__main__":
    main()

"""Sample ratio: whether every stratum of every experiment has the shares of arms that were designed.

Belongs here: the verdict over all experiments of a home, and its words. Does not: the test
(segmentation/experiment/assignment.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import polars as pl

from resources.lakehouse import Lakehouse
from seg_assets.campaign_schemas import EXPERIMENT_ARMS
from seg_assets.catalogs import Catalogue
from seg_assets.checks.affected import affected
from seg_assets.checks.commands import frame
from seg_assets.checks.finding import Finding
from seg_assets.segmentation.experiment.assignment import Design, RatioMismatch, ratio_mismatches
from seg_assets.steps.experiment_data import first_arms, read_all_arms, read_designs, stopped

SAMPLE_RATIO = "sample_ratio"
EXPECTED = "every stratum has the shares of arms that were designed, but for chance"


def shares_as_designed(lakehouse: Lakehouse, catalogue: Catalogue, week: dt.date) -> Finding:
    """The verdict on all arms dealt up to `week` in experiments that go on: nothing can be done about one that stopped.

    It warns: arms are never dealt again.
    """
    over = stopped(lakehouse)
    designs = {name: design for name, design in read_designs(lakehouse).items() if name not in over}
    arms = {name: _dealt_by(lakehouse, name, week) for name in designs}
    found = {name: ratio_mismatches(arms[name], design) for name, design in sorted(designs.items())}
    bad = {name: mismatches for name, mismatches in found.items() if mismatches}
    if not bad:
        return Finding("every stratum has its shares", EXPECTED, f"0 mismatches in {len(designs)} experiments")
    told = [f"{name}: {one.says}" for name, mismatches in bad.items() for one in mismatches]
    ids = pl.concat([_accounts(arms[name], mismatches) for name, mismatches in bad.items()])
    who = affected(lakehouse, catalogue, ids, week)
    return Finding(
        told="; ".join(told),
        expected=EXPECTED,
        seen=f"{len(told)} mismatches in {', '.join(bad)}",
        passed=False,
        since=min(_since(arms[name], designs[name]) for name in bad),
        accounts=who.accounts,
        arr=who.arr,
        causes=_causes(arms, bad, designs),
        look_closer=_look_closer(lakehouse, next(iter(bad))),
        table="\n".join(f"- {line}" for line in told),
    )


def _dealt_by(lakehouse: Lakehouse, name: str, week: dt.date) -> pl.DataFrame:
    return first_arms(read_all_arms(lakehouse, name)).filter(pl.col("assigned_on") <= week)


def _accounts(arms: pl.DataFrame, mismatches: list[RatioMismatch]) -> pl.Series:
    """The accounts of the strata that are off; of all where all together are."""
    strata = [one.stratum for one in mismatches]
    return (arms if None in strata else arms.filter(pl.col("stratum").is_in(strata)))["account_id"]


def _since(arms: pl.DataFrame, design: Design) -> dt.date:
    """The first of the weeks of dealing in a row, the last one among them, after which shares were off."""
    weeks = sorted(arms["assigned_on"].unique(), reverse=True)
    first: dt.date = weeks[0]
    for week in weeks:
        if not ratio_mismatches(arms.filter(pl.col("assigned_on") <= week), design):
            break
        first = week
    return first


def _causes(
    arms: Mapping[str, pl.DataFrame], bad: Mapping[str, list[RatioMismatch]], designs: Mapping[str, Design]
) -> tuple[str, ...]:
    """The arm that is farthest off in each experiment, then what makes arms lose or gain accounts."""
    told = []
    for name in bad:
        sizes = dict(arms[name].unique("family")["arm"].value_counts().iter_rows())
        whole = sum(sizes.values())
        off = {arm: sizes.get(arm, 0) / whole - share for arm, share in designs[name].shares.items()}
        arm = max(off, key=lambda one: abs(off[one]))
        told.append(f"arm {arm} of {name} has {abs(off[arm]):.1%} {'more' if off[arm] > 0 else 'less'} than designed")
    return (*told, "rows of experiment_arms were taken out or written by something else than the job")


def _look_closer(lakehouse: Lakehouse, name: str) -> str:
    """Accounts and families of each arm in each stratum."""
    counts = "accounts=pl.len(), families=pl.col('family').n_unique()"
    verbs = f".filter(pl.col('experiment') == {name!r}).group_by('stratum', 'arm').agg({counts}).sort('stratum', 'arm')"
    return frame(lakehouse.uri(EXPERIMENT_ARMS.name), verbs)

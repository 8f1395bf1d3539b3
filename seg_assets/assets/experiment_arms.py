"""Experiment arms: who gets what in each experiment, and who is held out of all.

Belongs here: the asset, which starts, goes on with and stops experiments. Does not: dealing
(segmentation/experiment/assignment.py), reading what it takes (steps/experiment_data.py).
"""

import datetime as dt
import time
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import dagster as dg
import polars as pl
from pydantic import Field

from resources.lakehouse import Lakehouse, TableError
from seg_assets.assets.description import frame_markdown, table_metadata, written
from seg_assets.campaign_schemas import EXPERIMENT_ARMS
from seg_assets.catalogs import Catalogue, Kind
from seg_assets.catalogs.conditions import account_columns, wrong
from seg_assets.checks.arms import SAMPLE_RATIO, shares_as_designed
from seg_assets.checks.finding import check_result
from seg_assets.partitions import Partitions
from seg_assets.schemas import SEGMENT_SCORES
from seg_assets.segmentation.experiment.assignment import HOLDOUT, Arm, Design, assign
from seg_assets.segmentation.experiment.power import (
    Plan,
    accounts_needed,
    detectable_difference,
    family_design_effect,
)
from seg_assets.steps.experiment_data import (
    SEGMENT,
    START,
    STOP,
    accounts_to_deal,
    append_action,
    first_arms,
    read_all_arms,
    read_designs,
    stopped,
)


class Experiment(dg.Config):
    """An experiment. What it says when it starts holds for ever; a changed experiment is a new one with a new name."""

    experiment: str = Field(description="its name, such as nurture_2026_07")
    arms: dict[str, float] = Field(
        description="each policy and its share of the accounts that are not held out; the shares sum to 1"
    )
    expected_rate: float = Field(description="conversion rate expected of the baseline, 0 to 1")
    smallest_difference: float = Field(
        description="the smallest difference of rates worth finding: 0.004 for 4.0 against 4.4 %"
    )
    baseline: str = Field("control", description="the arm that the others are compared with, or holdout")
    holdout_share: float = Field(0.05, description="of the global hold-out, the same in all experiments")
    salt: str = Field("seg", description="of hold-out and arms; no secret, but the same in all experiments")
    stratify_by: list[str] = Field(
        default_factory=lambda: [SEGMENT],
        description="columns whose values together are an account's stratum: segment_id, and features with levels",
    )
    who: str | None = Field(
        None, description="a SQL condition on features and segment_id; without it all scored accounts enter"
    )
    family_correlation: float = Field(
        0.0, description="of the outcomes of two accounts of one family, for the number of accounts needed"
    )

    def design(self) -> Design:
        """The same as a value. Raises ValueError where its parts do not fit together."""
        return Design(
            experiment=self.experiment,
            arms=tuple(Arm(name, share) for name, share in sorted(self.arms.items())),
            baseline=self.baseline,
            holdout_share=self.holdout_share,
            salt=self.salt,
            plan=Plan(self.expected_rate, self.smallest_difference, family_correlation=self.family_correlation),
            stratify_by=tuple(self.stratify_by),
            who=self.who,
        )


class ArmsConfig(dg.Config):
    """What a person may decide for one run; without any of it, newcomers of the running experiments get their arms."""

    start: Experiment | None = Field(None, description="an experiment to start, or to go on with as it started")
    stop: list[str] = Field(
        default_factory=list, description="experiments whose newcomers get no arm from this week on"
    )


def build_experiment_arms(catalogue: Catalogue, partitions: Partitions) -> dg.AssetsDefinition:
    """The asset `experiment_arms`."""
    key = dg.AssetKey(EXPERIMENT_ARMS.name)

    @dg.asset(
        key=key,
        partitions_def=partitions.week,
        backfill_policy=dg.BackfillPolicy.single_run(),
        deps=[SEGMENT_SCORES.name, "account_snapshots", ["raw", "account_master"]],
        group_name="experiments",
        kinds={"polars", "delta"},
        owners=[catalogue.objective.owner],
        description="Which arm of an experiment each account gets, the global hold-out among them: dealt by a salted "
        "hash in every stratum, families together. Append only: an account never changes its arm, newcomers of a later "
        "week get theirs. The design is fixed in the table experiments.",
        metadata=table_metadata(EXPERIMENT_ARMS),
        check_specs=[
            dg.AssetCheckSpec(SAMPLE_RATIO, asset=key, description="Every stratum has the shares that were designed")
        ],
    )
    def experiment_arms(
        context: dg.AssetExecutionContext, config: ArmsConfig, lakehouse: dg.ResourceParam[Lakehouse]
    ) -> dg.MaterializeResult:
        weeks = sorted(map(dt.date.fromisoformat, context.partition_keys))
        started = _design(catalogue, lakehouse, config.start) if config.start else None
        _stop(lakehouse, config.stop, weeks[0])
        for week in weeks:
            context.add_asset_metadata(_deal_week(lakehouse, started, week), partition_key=week.isoformat())
        newest = weeks[-1]
        found = {newest.isoformat(): shares_as_designed(lakehouse, catalogue, newest)}
        return dg.MaterializeResult(check_results=[check_result(key, SAMPLE_RATIO, found)])

    return experiment_arms


def _design(catalogue: Catalogue, lakehouse: Lakehouse, config: Experiment) -> Design:
    """The design that `config` names. Raises dagster.Failure where it is none, or not the one that it started with."""
    try:
        design = config.design()
    except ValueError as error:
        raise dg.Failure(f"experiment {config.experiment}: {error}", allow_retries=False) from error
    columns = {**account_columns(catalogue), SEGMENT: pl.String()}
    problems = list(wrong(design.who, columns)) if design.who else []
    numeric = {feature.name for feature in catalogue.features if feature.kind is Kind.NUMERIC}
    problems += [
        f"stratify_by: {name!r} is not segment_id and no feature with levels"
        for name in design.stratify_by
        if name not in columns or name in numeric
    ]
    if problems:
        raise dg.Failure(f"experiment {design.experiment}: {'; '.join(problems)}", allow_retries=False)
    known = read_designs(lakehouse)
    if (before := known.get(design.experiment)) is not None and before != design:
        changed = [one.name for one in fields(Design) if getattr(before, one.name) != getattr(design, one.name)]
        raise dg.Failure(
            f"experiment {design.experiment} started with another {', '.join(changed)}: an experiment that changes "
            "under way measures nothing. Give the changed one a new name, or take the configuration of its start",
            allow_retries=False,
        )
    for other in known.values():
        if (other.salt, other.holdout_share) != (design.salt, design.holdout_share):
            raise dg.Failure(
                f"the hold-out is one for all experiments: {other.experiment} draws it with salt {other.salt!r} and "
                f"holdout_share {other.holdout_share}; take these",
                allow_retries=False,
            )
    return design


def _stop(lakehouse: Lakehouse, names: Sequence[str], week: dt.date) -> None:
    """Raises dagster.Failure for an experiment that never started; one that has stopped stays so."""
    designs, ended = read_designs(lakehouse), stopped(lakehouse)
    if unknown := sorted(set(names) - set(designs)):
        raise dg.Failure(f"no experiment {unknown[0]!r} has started; known are {', '.join(sorted(designs)) or 'none'}")
    for name in sorted(set(names) - set(ended)):
        append_action(lakehouse, designs[name], STOP, week)


def _deal_week(lakehouse: Lakehouse, started: Design | None, week: dt.date) -> dict[str, Any]:
    """Give newcomers of every running experiment, and of `started`, their arms; figures for the materialization."""
    began = time.monotonic()
    designs, ended = read_designs(lakehouse), stopped(lakehouse)
    if started is not None and started.experiment not in designs:
        designs[started.experiment] = started
    rows, told = 0, []
    for name, design in sorted(designs.items()):
        arms = first_arms(read_all_arms(lakehouse, name))
        newest = max(arms["assigned_on"], default=week)
        if week < newest:
            note = f"nobody: arms are dealt forwards, and {newest} was the last"
        elif name in ended and week >= ended[name]:
            note = f"nobody: it stopped on {ended[name]}"
        else:
            new = _newcomers(lakehouse, design, arms, week)
            rows += new.height
            arms = pl.concat([arms, new])
            note = f"{new.height:,} accounts got their arm"
        counts = ", ".join(f"{arm} {count:,}" for arm, count in sorted(arms["arm"].value_counts().iter_rows()))
        told.append({"experiment": name, "this week": note, "arms": counts, "power": _power(arms, design)})
    return {
        **written(rows, lakehouse.uri(EXPERIMENT_ARMS.name)),
        "experiments_table": frame_markdown(pl.DataFrame(told)) if told else "no experiment has started",
        "seconds": round(time.monotonic() - began, 3),
    }


def _newcomers(lakehouse: Lakehouse, design: Design, arms: pl.DataFrame, week: dt.date) -> pl.DataFrame:
    """Deal and store; the rows written. Raises dagster.Failure where the week is not scored, or nobody ever enters."""
    try:
        accounts = accounts_to_deal(lakehouse, week, design)
    except TableError as error:
        raise dg.Failure(f"experiment {design.experiment}: {error}", allow_retries=False) from error
    dealt = assign(accounts, design, arms)
    new = dealt.with_columns(assigned_on=pl.lit(week), experiment=pl.lit(design.experiment)).select(arms.columns)
    if arms.is_empty() and new.is_empty():
        raise dg.Failure(f"experiment {design.experiment}: no account of {week} is such that {design.who}")
    if design.experiment not in read_designs(lakehouse):
        # Not earlier: a start that fails must not fix a design for ever.
        append_action(lakehouse, design, START, week)
    if not new.is_empty():
        lakehouse.append(EXPERIMENT_ARMS, new)
    return new


def _power(arms: pl.DataFrame, design: Design) -> str:
    """What the accounts so far can find, of the arm that is nearest in size to none."""
    sizes = dict(arms["arm"].value_counts().iter_rows())
    baseline = sizes.get(design.baseline, 0)
    others = [count for arm, count in sizes.items() if arm not in (design.baseline, HOLDOUT)]
    if not baseline or not others:
        return "no accounts to compare yet"
    ratio = min(others) / baseline
    effect = family_design_effect(design.plan, arms.group_by("family").len()["len"].to_numpy())
    needed = accounts_needed(design.plan, ratio=ratio, design_effect=effect)
    found = detectable_difference(design.plan, baseline, ratio=ratio, design_effect=effect)
    finds = "nothing" if found is None else f"a gain of {100 * found:.2f} points or more"
    return (
        f"{design.baseline} has {baseline:,} accounts and finds {finds} over {design.plan.rate:.1%} with "
        f"{design.plan.power:.0%} power; {100 * design.plan.difference:+.2f} points need {needed:,}"
    )

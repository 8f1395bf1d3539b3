"""The checks of the graph, over the assets that they are about.

Belongs here: one operation an asset, so that its partition is read once; which checks block.
Does not: verdicts (one module each).
"""

import datetime as dt
from collections.abc import Callable, Iterator

import dagster as dg

from resources.lakehouse import Lakehouse
from resources.pages import Pages
from seg_assets.catalogs import Catalogue
from seg_assets.checks.completeness import COMPLETENESS, completeness
from seg_assets.checks.drift import drift_of_week
from seg_assets.checks.features import drift_of_features
from seg_assets.checks.finding import Finding, check_result
from seg_assets.checks.missingness import missingness
from seg_assets.checks.mix import mix_of_segments
from seg_assets.checks.overrides import OVERRIDES, overrides_of
from seg_assets.checks.rows import rows_against_last_week
from seg_assets.checks.steps import one_step
from seg_assets.checks.week import SNAPSHOTS, Week
from seg_assets.partitions import Partitions

MISSINGNESS, DRIFT, STEPS, ROWS, MIX = "missingness", "drift", "steps", "rows_against_last_week", "segment_mix"
FEATURES, SCORES = "account_features", "segment_scores"

BEFORE_SCORING = (MISSINGNESS, DRIFT)
"""What is asked again of a week's accounts in the run that scores it: a blocking check stops only its own run."""


def build_checks(catalogue: Catalogue, partitions: Partitions) -> list[dg.AssetChecksDefinition]:
    """The checks of account_snapshots, account_features and segment_scores, each of one partition or several."""
    return [
        _of_snapshots(catalogue, partitions),
        _of_features(catalogue, partitions),
        _of_scores(catalogue, partitions),
    ]


def _asked(context: dg.AssetCheckExecutionContext, lakehouse: Lakehouse, table: str) -> list[str]:
    """The partitions of the run; of a check that was executed by itself, without any, the newest that is stored."""
    run = context.op_execution_context
    if run.has_partition_key or run.has_partition_key_range:
        return list(run.partition_keys)
    stored = lakehouse.partitions(table)
    if not stored:
        raise dg.Failure(f"nothing is stored in {table} yet: materialize it first", allow_retries=False)
    return [max(stored).isoformat()]


def _of_snapshots(catalogue: Catalogue, partitions: Partitions) -> dg.AssetChecksDefinition:
    asset = dg.AssetKey(SNAPSHOTS)
    said = {
        ROWS: "As many accounts as the week before, but for a few",
        MISSINGNESS: "No feature misses more values than the catalogue allows, or than a week before",
        STEPS: "No feature's values all moved by one factor or amount since the week before",
        DRIFT: "Features are distributed as in the champion's training snapshot and as in the week before",
    }
    specs = [
        dg.AssetCheckSpec(name, asset=asset, description=text, blocking=name != STEPS, partitions_def=partitions.week)
        for name, text in said.items()
    ]

    @dg.multi_asset_check(name="check_account_snapshots", specs=specs, can_subset=True)
    def check_account_snapshots(
        context: dg.AssetCheckExecutionContext, lakehouse: dg.ResourceParam[Lakehouse], pages: dg.ResourceParam[Pages]
    ) -> Iterator[dg.AssetCheckResult]:
        wanted = {key.name for key in context.selected_asset_check_keys}
        verdicts: dict[str, Callable[[Week], Finding]] = {
            ROWS: rows_against_last_week,
            MISSINGNESS: missingness,
            STEPS: one_step,
            DRIFT: lambda week: drift_of_week(week, pages),
        }
        found: dict[str, dict[str, Finding]] = {name: {} for name in said if name in wanted}
        for key in _asked(context, lakehouse, SNAPSHOTS):
            week = Week(lakehouse, catalogue, dt.date.fromisoformat(key))
            for name, of_partition in found.items():
                of_partition[key] = verdicts[name](week)
        for name, of_partition in found.items():
            yield check_result(asset, name, of_partition)

    return check_account_snapshots


def _of_features(catalogue: Catalogue, partitions: Partitions) -> dg.AssetChecksDefinition:
    asset = dg.AssetKey(FEATURES)

    @dg.asset_check(
        asset=asset,
        name=DRIFT,
        blocking=True,
        partitions_def=partitions.data_month,
        description="Indices are distributed as in the month that the champion before was fitted on",
    )
    def check_account_features(
        context: dg.AssetCheckExecutionContext, lakehouse: dg.ResourceParam[Lakehouse]
    ) -> dg.AssetCheckResult:
        months = {key: dt.date.fromisoformat(key) for key in _asked(context, lakehouse, FEATURES)}
        found = {key: drift_of_features(lakehouse, catalogue, month) for key, month in months.items()}
        return check_result(asset, DRIFT, found)

    return check_account_features


def _of_scores(catalogue: Catalogue, partitions: Partitions) -> dg.AssetChecksDefinition:
    asset = dg.AssetKey(SCORES)
    said = {
        COMPLETENESS: "Every account of the week has exactly one score, and nothing that it needs is null",
        MIX: "The mix of segments moves no more than the accounts' ordinary movement explains",
        OVERRIDES: "People set few of a segment's accounts, none against the rule for long, all to segments there are",
    }
    specs = [
        dg.AssetCheckSpec(
            name, asset=asset, description=text, blocking=name != OVERRIDES, partitions_def=partitions.week
        )
        for name, text in said.items()
    ]

    @dg.multi_asset_check(name="check_segment_scores", specs=specs, can_subset=True)
    def check_segment_scores(
        context: dg.AssetCheckExecutionContext, lakehouse: dg.ResourceParam[Lakehouse]
    ) -> Iterator[dg.AssetCheckResult]:
        verdicts: dict[str, Callable[[dt.date], Finding]] = {
            COMPLETENESS: lambda monday: completeness(lakehouse, catalogue, monday),
            MIX: lambda monday: mix_of_segments(Week(lakehouse, catalogue, monday)),
            OVERRIDES: lambda monday: overrides_of(lakehouse, catalogue, monday),
        }
        keys = _asked(context, lakehouse, SCORES)
        for name in [one for one in said if one in {key.name for key in context.selected_asset_check_keys}]:
            found = {key: verdicts[name](dt.date.fromisoformat(key)) for key in keys}
            yield check_result(asset, name, found)

    return check_segment_scores

"""The checks as Dagster runs them: what they carry, and what they stop."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from resources.pages import Pages
from seg_assets.assets.accounts import build_accounts
from seg_assets.automation.jobs import SCORE
from seg_assets.checks.build import BEFORE_SCORING, build_checks
from seg_assets.checks.drift_page import ROWS, sample
from seg_assets.checks.features import drift_of_features
from seg_assets.partitions import Partitions
from seg_assets.sample_data import Event
from seg_assets.schemas import account_features
from seg_assets_tests.checks.weeks import CATALOGUE, EVENT_WEEK, TRAINED_ON, Weeks, accounts_on, segmentation

PARTITIONS = Partitions(CATALOGUE.first_month)
SNAPSHOTS = dg.AssetKey("account_snapshots")
ON_CALL = ("expected", "seen", "since", "accounts_affected", "arr_affected", "likely_cause", "runbook", "look_closer")


@dg.asset(name="segment_scores", partitions_def=PARTITIONS.week, deps=[SNAPSHOTS])
def scores() -> None:
    """Stands where scoring does: nothing of it matters but whether it runs."""


def run(weeks: Weeks, folder: Path, selection: dg.AssetSelection, partition: dt.date) -> dg.ExecuteInProcessResult:
    definitions = dg.Definitions(
        assets=[build_accounts(CATALOGUE, PARTITIONS), scores],
        asset_checks=build_checks(CATALOGUE, PARTITIONS)[:1],
        jobs=[dg.define_asset_job(SCORE, selection=selection)],
        resources={"lakehouse": weeks.lakehouse, "pages": Pages(str(folder))},
    )
    with dg.DagsterInstance.ephemeral() as instance:
        job = definitions.resolve_job_def(SCORE)
        return job.execute_in_process(instance=instance, partition_key=str(partition), raise_on_error=False)


def before_scoring() -> dg.AssetSelection:
    keys = [dg.AssetCheckKey(SNAPSHOTS, name) for name in BEFORE_SCORING]
    return dg.AssetSelection.assets("segment_scores").without_checks() | dg.AssetSelection.checks(*keys)


def test_a_bad_week_is_not_scored_and_says_all_that_on_call_needs(spring, tmp_path):
    spring.land(EVENT_WEEK, accounts_on(EVENT_WEEK, [Event("outage", EVENT_WEEK)]))
    result = run(spring, tmp_path, before_scoring(), EVENT_WEEK)
    assert result.get_asset_materialization_events() == []
    found = {evaluation.check_name: evaluation for evaluation in result.get_asset_check_evaluations()}
    assert set(found) == set(BEFORE_SCORING)
    for name, evaluation in found.items():
        assert not evaluation.passed
        assert evaluation.partition == str(EVENT_WEEK)
        assert set(ON_CALL) <= set(evaluation.metadata)
        assert evaluation.metadata["runbook"].value == f"docs/runbook.md#{name}"
    assert found["missingness"].severity is dg.AssetCheckSeverity.ERROR
    page = Path(found["drift"].metadata["page"].value).read_text(encoding="utf-8")
    assert page.lstrip().startswith("<!DOCTYPE html>")


def test_a_good_week_is_scored(spring, tmp_path):
    spring.land(EVENT_WEEK, accounts_on(EVENT_WEEK))
    result = run(spring, tmp_path, before_scoring(), EVENT_WEEK)
    assert [event.asset_key.to_user_string() for event in result.get_asset_materialization_events()] == [
        "segment_scores"
    ]
    assert all(evaluation.passed for evaluation in result.get_asset_check_evaluations())


@pytest.mark.parametrize(("factor", "passed"), [(1.0, True), (0.3, False)])
def test_a_month_whose_indices_moved_is_stopped(spring, factor, passed):
    months = (TRAINED_ON.replace(day=1), dt.date(2026, 4, 1))
    indices = segmentation().indices(accounts_on(TRAINED_ON)).collect()
    for month, by in zip(months, (1.0, factor), strict=True):
        frame = indices.with_columns(pl.exclude("account_id") * by).with_columns(snapshot_date=pl.lit(TRAINED_ON))
        spring.lakehouse.replace(account_features(CATALOGUE), frame, month)
    found = drift_of_features(spring.lakehouse, CATALOGUE, months[1])
    assert (found.passed, found.blocks) == (passed, not passed)
    assert passed or (found.since == months[1] and found.causes)


def test_a_sample_is_small_and_has_every_slice_in_proportion():
    people = pl.DataFrame({"account_id": [f"A{i}" for i in range(40_000)]}).with_columns(
        motion=pl.when(pl.int_range(pl.len()) % 10 == 0).then(pl.lit("rare")).otherwise(pl.lit("usual"))
    )
    found = sample(people.lazy(), ["motion"], ROWS // 2)
    assert found.height <= ROWS // 2
    assert dict(found["motion"].value_counts().iter_rows()) == {"rare": 1_000, "usual": 9_000}
    assert sample(people.reverse().lazy(), ["motion"], ROWS // 2).sort("account_id").equals(found.sort("account_id"))

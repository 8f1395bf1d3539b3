"""The scoring step on Spark: the same rows as Polars, one week replaced, nothing stored of a week that is not whole."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import dagster as dg
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from resources.lakehouse import Lakehouse
from resources.settings import Settings
from resources.spark import SparkError, SparkTables
from seg_assets.definitions import build_definitions
from seg_assets.schemas import PROMOTIONS, SEGMENT_MODEL, account_snapshots
from seg_assets.segmentation import Segmentation
from seg_assets.steps.inputs import ScoreInputs
from seg_assets.steps.score import score, score_week
from seg_assets.steps.score_on_spark import score_week_on_spark
from seg_assets_tests.spark_sessions import sail_remote, sail_session
from seg_assets_tests.steps.spark_home import (
    CATALOGUE,
    LABELS,
    LAST,
    MONDAYS,
    VERSION,
    Home,
    accounts_of,
    fitted,
    stored,
    task,
)

JULY = dt.date(2026, 7, 1)


@pytest.fixture(scope="module")
def segmentation() -> Segmentation:
    return fitted()


@pytest.fixture
def home(tmp_path: Path, segmentation: Segmentation) -> Home:
    return stored(tmp_path, segmentation)


@pytest.fixture(scope="module")
def sail() -> Iterator[SparkTables]:
    with sail_session() as session:
        yield SparkTables(session)


def test_scoring_on_spark_stores_what_polars_stores(sail: SparkTables, home: Home) -> None:
    by_polars = score_week(home.lakehouse, task(), home.segmentation, 2, LABELS)
    other = home.scores(MONDAYS[0])
    for _ in range(2):
        by_spark = score_week_on_spark(sail, home.lakehouse, task(), home.segmentation, 2, LABELS)
        assert by_spark == by_polars
        assert_frame_equal(home.scores(), home.wanted, check_exact=True)
    assert_frame_equal(home.scores(MONDAYS[0]), other)
    assert by_polars.held > 5
    assert home.wanted["override_owner"].drop_nulls().to_list() == ["ada"]
    assert by_polars.earlier == (MONDAYS[3], MONDAYS[1])
    assert min(by_polars.labels.values()) > 100


def test_polars_and_spark_may_take_turns_in_one_table(sail: SparkTables, home: Home, tmp_path: Path) -> None:
    """pysail cannot replace a partition of a table that is not there yet, and calls the elements of lists otherwise."""
    fresh = replace(home, lakehouse=Lakehouse(str(tmp_path / "fresh")))
    fresh.lakehouse.replace(account_snapshots(CATALOGUE), accounts_of(MONDAYS[0]), MONDAYS[0])
    first = score_week_on_spark(sail, fresh.lakehouse, task(MONDAYS[0]), home.segmentation, 2)
    assert (first.rows, first.held, first.earlier) == (accounts_of(MONDAYS[0]).height, 0, ())
    by_spark = fresh.scores(MONDAYS[0])
    score_week(fresh.lakehouse, task(MONDAYS[0]), home.segmentation, 2)
    assert_frame_equal(fresh.scores(MONDAYS[0]), by_spark, check_exact=True)
    assert score_week_on_spark(sail, fresh.lakehouse, task(MONDAYS[0]), home.segmentation, 0).held == 0


def test_nothing_is_stored_of_a_week_that_is_not_whole(sail: SparkTables, home: Home) -> None:
    holey = replace(home.segmentation, segments=home.segmentation.segments[1:])
    with pytest.raises(Exception, match="no definition holds for accounts A"):
        score_week_on_spark(sail, home.lakehouse, task(), holey, 0)
    twice = accounts_of(LAST)
    home.lakehouse.replace(account_snapshots(CATALOGUE), pl.concat([twice, twice.head(3)]), LAST)
    rows = twice.height + 3
    with pytest.raises(RuntimeError, match=f"{rows} accounts, but {rows} scores of {rows - 3} accounts, 0 without"):
        score_week_on_spark(sail, home.lakehouse, task(), home.segmentation, 0)
    assert_frame_equal(home.scores(), home.wanted)


def store_model(home: Home) -> None:
    """Definitions of the home under VERSION."""
    row: dict[str, object] = {name: None for name in SEGMENT_MODEL.schema if name != "service_month"}
    row |= {"definition_version": VERSION, "segmentation": home.segmentation.to_json()}
    home.lakehouse.replace(SEGMENT_MODEL, pl.DataFrame([row]), JULY)


def test_the_step_scores_by_the_engine_that_it_is_told(
    sail: SparkTables, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_model(home)
    inputs = ScoreInputs(
        lakehouse=home.lakehouse.root, weeks=(task(),), hold_weeks=2, labels=LABELS.by_priority, engine="spark"
    )
    monkeypatch.delenv("SPARK_REMOTE", raising=False)
    monkeypatch.delenv("DATABRICKS_RUNTIME_VERSION", raising=False)
    with pytest.raises(SparkError, match="set SPARK_REMOTE"):
        next(score(inputs))
    monkeypatch.setenv("SPARK_REMOTE", f"sc://{sail.session.client.host}")
    ((week, figures),) = score(inputs)
    assert (week, figures["engine"], figures["dagster/row_count"]) == (str(LAST), "spark", home.wanted.height)
    assert_frame_equal(home.scores(), home.wanted, check_exact=True)


def test_the_graph_scores_on_the_engine_of_the_settings(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_model(home)
    promotion: dict[str, object] = dict.fromkeys(PROMOTIONS.schema)
    promotion |= {"service_month": JULY, "definition_version": VERSION, "action": "promote", "by": "automatic"}
    promotion |= {"at": dt.datetime(2026, 7, 1, tzinfo=dt.UTC), "reason": "a test", "to_version": VERSION}
    home.lakehouse.append(PROMOTIONS, pl.DataFrame([promotion], PROMOTIONS.schema))
    settings = Settings.from_environment({"SEG_HOME": str(tmp_path), "SEG_ENGINE": "spark"})
    job = build_definitions(settings, CATALOGUE).resolve_implicit_global_asset_job_def()
    with sail_remote() as remote, dg.DagsterInstance.ephemeral() as instance:
        monkeypatch.setenv("SPARK_REMOTE", remote)
        scored = dg.AssetKey("segment_scores")
        job.execute_in_process(partition_key=str(LAST), asset_selection=[scored], instance=instance)
        event = instance.get_latest_materialization_event(scored)
    made = None if event is None else event.asset_materialization
    assert made is not None
    assert made.metadata["engine"].value == "spark"
    assert made.metadata["dagster/row_count"].value == home.wanted.height

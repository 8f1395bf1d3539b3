"""The whole graph on a small population: real Dagster runs, real Delta tables, a real MLflow store."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from seg_assets.schemas import SEGMENT_MODEL, SEGMENT_PROFILES
from seg_assets_tests.end_to_end.conftest import BEFORE, JULY, JUNE, OPTIONS
from seg_assets_tests.end_to_end.landed import accounts_of, conversions_of, land, land_population
from seg_assets_tests.shared import CHECKOUT

pytestmark = pytest.mark.slow

NEXT = dt.date(2026, 7, 13)
WEEKS = (BEFORE, JUNE, JULY)
JUNE_MODEL, JULY_MODEL = dt.date(2026, 6, 1), dt.date(2026, 7, 1)
WITH_NEXT = (*OPTIONS[:-1], f"{OPTIONS[-1]},{NEXT}")


def test_the_first_run_does_what_it_was_asked_for(told):
    assert told.exit_code == 0
    assert told.object["ok"]
    assert told.object["months"] == ["2026-06", "2026-07"]
    assert told.object["weeks"] == [str(week) for week in WEEKS]
    assert told.object["failures"] == []
    assert all(run["ok"] for run in told.object["runs"])
    assert {"segment_scores", "segment_profiles", "raw/firmographics"} <= set(told.object["tables"])


@pytest.mark.parametrize("week", WEEKS, ids=str)
def test_every_account_that_landed_is_scored_exactly_once(finished, week):
    landed = pl.concat(frame.select("account_id") for frame in accounts_of(week).values()).unique()
    scores = finished.scores(week)
    assert scores["account_id"].to_list() == landed["account_id"].sort().to_list()
    assert scores["segment_id"].null_count() == 0
    assert scores["reasons"].list.len().min() >= 1


def test_each_week_is_scored_by_the_model_of_its_month(finished):
    """29 June is the Monday of a week that ends in July; a default mapping would give it two models."""
    versions = {week: finished.scores(week)["definition_version"].unique().to_list() for week in WEEKS}
    assert versions == {BEFORE: ["2026-06.1"], JUNE: ["2026-06.1"], JULY: ["2026-07.1"]}


def test_weeks_before_the_first_model_say_so(finished):
    flags = {week: finished.scores(week)["before_first_model"].unique().to_list() for week in WEEKS}
    assert flags == {BEFORE: [True], JUNE: [False], JULY: [False]}


def test_segments_have_names_of_their_own_and_sizes_that_sum_up(told, finished):
    segments = pl.DataFrame(told.object["segments"])
    assert segments["name"].str.len_chars().min() > 0
    assert segments["name"].n_unique() == segments.height
    assert segments["accounts"].sum() == finished.table("account_snapshots", JUNE).height
    assert segments["account_share"].sum() == pytest.approx(1)
    assert segments["arr_share"].sum() == pytest.approx(1)


def test_conversion_is_known_where_outcomes_had_matured_and_only_there(finished):
    """April's outcomes had matured when July's model was trained on 29 June; nothing had on 25 May."""
    profiles = {month: finished.table(SEGMENT_PROFILES.name, month) for month in (JUNE_MODEL, JULY_MODEL)}
    assert profiles[JUNE_MODEL]["conversion_rate"].null_count() == profiles[JUNE_MODEL].height
    july = profiles[JULY_MODEL]
    assert july["conversion_rate"].null_count() == 0
    assert 0 < july["conversions"].sum() < july["accounts"].sum() * 0.1
    assert (
        (july["conversion_low"] <= july["conversion_rate"]) & (july["conversion_rate"] <= july["conversion_high"])
    ).all()


def test_definitions_run_as_sql_find_the_same_accounts(finished):
    assert_frame_equal(finished.by_sql(BEFORE), finished.scores(BEFORE).select("account_id", "segment_id"))


def test_the_registered_champion_scores_alike_in_a_clean_process(finished, tmp_path):
    program = """
import json, sys, mlflow, polars as pl
mlflow.set_tracking_uri("sqlite:///" + sys.argv[1])
model = mlflow.pyfunc.load_model("models:/account_segments@champion")
accounts = pl.read_parquet(sys.argv[2]).select(model.metadata.get_input_schema().input_names())
pl.from_pandas(model.predict(accounts.to_pandas())).write_parquet(sys.argv[3])
ours = [name for name in sys.modules if name.partition(".")[0] in ("seg_assets", "resources")]
print(json.dumps([sys.modules[name].__file__ for name in ours]))
"""
    accounts, served = tmp_path / "accounts.parquet", tmp_path / "served.parquet"
    finished.table("account_snapshots", JULY).write_parquet(accounts)
    store = finished.folder / "mlflow" / "mlflow.db"
    done = subprocess.run(
        # Isolated: neither the current folder nor PYTHONPATH; and no bytecode beside the model's code.
        [sys.executable, "-I", "-B", "-c", program, str(store), str(accounts), str(served)],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        check=True,
        stdout=subprocess.PIPE,
    )
    # An installed project would hide that the model lacks its code.
    modules = [Path(file) for file in json.loads(done.stdout)]
    assert modules and all("code" in file.parts and CHECKOUT not in file.parents for file in modules)
    columns = ("account_id", "segment_id", "segment_name", "confidence", "second_segment_id")
    scores, alone = finished.scores(JULY), pl.read_parquet(served).select(columns).sort("account_id")
    # One snapshot has no memory: what is served is the rule segment, of an account that the graph holds as of others.
    assert alone["segment_id"].equals(scores["rule_segment_id"])
    assert_frame_equal(alone.filter(~scores["held"]), scores.filter(~pl.col("held")).select(columns))


def test_the_registered_model_carries_its_code_and_exact_pins(finished):
    (*_, model) = (finished.folder / "mlflow" / "artifacts").rglob("MLmodel")
    pins = (model.parent / "requirements.txt").read_text().split()
    assert {"polars", "sqlglot", "mlflow"} <= {pin.partition("==")[0] for pin in pins if "==" in pin}
    assert all("==" in pin for pin in pins)
    carried = [file for file in (model.parent / "code").rglob("*") if file.is_file()]
    assert model.parent / "code" / "seg_assets" / "segmentation" / "model.py" in carried
    assert {file.suffix for file in carried} == {".py"}
    # What it does not import stays at home: a workspace is asked three times for each of them.
    assert len(carried) < 120


def test_nothing_runs_again_on_unchanged_input(home):
    told = home.seg_run(*OPTIONS)
    assert told.runs == []
    assert told.exit_code == 0
    assert told.skipped[f"week {JULY} of segment_scores"].startswith("up to date")
    assert told.skipped["month 2026-07"].startswith("up to date")
    assert told.object["segments"]


def test_a_source_landed_again_makes_that_weeks_runs_and_no_others(home):
    before = {table: home.files(table) for table in ("account_snapshots", "segment_scores", "segment_profiles")}
    reasons = home.scores(JULY)["reasons"]
    source = accounts_of(JULY)["product_usage"].with_columns(pl.col("sql_queries_30d", "dbu_consumed_30d") * 1.05)
    land(home.landing, JULY, {"product_usage": source})
    told = home.seg_run(*OPTIONS)
    assert told.runs == [(job, str(JULY)) for job in ("land_snapshot", "score", "monitor")]
    for table, files in before.items():
        changed = {partition for partition, names in home.files(table).items() if names != files[partition]}
        assert changed == (set() if table == "segment_profiles" else {JULY})
    assert home.scores(JULY)["reasons"].ne(reasons).any()


def test_a_repeated_refresh_gives_the_same_segments_and_leaves_later_months_alone(home):
    later, champion = home.files(SEGMENT_MODEL.name)[JULY_MODEL], home.champion_model()
    run = home.materialize("refresh", JUNE_MODEL)
    assert run.ok, run.error
    attempts = home.table(SEGMENT_MODEL.name, JUNE_MODEL).sort("fitted_at")
    assert attempts["definition_version"].to_list() == ["2026-06.1", "2026-06.2"]
    first, second = attempts["segmentation"]
    assert first == second
    assert home.files(SEGMENT_MODEL.name)[JULY_MODEL] == later
    assert home.champion_model() == champion
    profiles = home.table(SEGMENT_PROFILES.name, JUNE_MODEL)
    assert profiles["definition_version"].unique().to_list() == ["2026-06.2"]


def test_a_rejected_challenger_is_told_and_the_champion_stays_in_the_book(home):
    four = {"fewest_segments: 7": "fewest_segments: 4", "most_segments: 9": "most_segments: 4"}
    catalogue = home.catalogue(**four, **{"churn_at_most: 0.25": "churn_at_most: 0.01"})
    before = home.scores(JULY)
    told = home.seg_run("--months", "2026-07", "--weeks", JULY, catalogue=catalogue)
    assert told.exit_code == 0
    assert [(row["definition_version"], row["action"]) for row in told.object["promotions"]] == [
        ("2026-07.1", "promote"),
        ("2026-07.2", "reject"),
    ]
    assert "the refresh alone moves" in told.object["promotions"][1]["reason"]
    assert {segment["definition_version"] for segment in told.object["segments"]} == {"2026-07.1"}
    assert home.scores(JULY).select("account_id", "segment_id").equals(before.select("account_id", "segment_id"))


def test_a_month_before_the_first_refreshed_one_is_refused_by_name(home):
    land_population(home.landing, (dt.date(2026, 3, 30),))
    told = home.seg_run("--months", "2026-04")
    assert told.exit_code == 1
    assert "2026-06 was refreshed before it" in told.object["failures"][0]["why"]
    assert dt.date(2026, 4, 1) not in home.files(SEGMENT_MODEL.name)


def test_features_that_fail_stop_the_refresh_of_their_month(home):
    """The refresh went on with the old preprocessor under a changed catalogue, and was promoted."""
    catalogue = home.catalogue(**{"direction: -1": "direction: 1"})
    told = home.seg_run("--months", "2026-07", "--weeks", JULY, catalogue=catalogue)
    assert told.exit_code == 1
    assert ("refresh", "2026-07-01") not in told.runs
    (failed,) = (run for run in told.object["runs"] if not run["ok"])
    assert "reset_reference: true" in failed["error"]
    assert home.scores(JULY)["definition_version"].unique().to_list() == ["2026-07.1"]


def test_a_week_that_lacks_a_required_source_is_left_out_by_name(home):
    sources = accounts_of(NEXT)
    del sources["product_usage"]
    land(home.landing, NEXT, sources)
    told = home.seg_run(*WITH_NEXT)
    assert told.exit_code == 1
    assert told.object["failures"] == [{"what": f"week {NEXT}", "why": "product_usage has not landed"}]
    assert told.runs == []
    assert home.seg_run("--months", "2026-07").skipped[f"week {NEXT}"] == "product_usage has not landed"
    assert NEXT not in home.files("segment_scores")


def test_a_required_source_without_a_table_fails_by_name(home):
    """A folder called `marketing` made a run that did nothing and called itself a success."""
    (home.landing / "marketing_engagement").rename(home.landing / "marketing")
    told = home.seg_run(*OPTIONS)
    assert told.exit_code == 1
    failure = told.object["failures"][0]
    assert failure["what"] == "landing of marketing_engagement"
    assert "no table marketing_engagement" in failure["why"]


def test_a_monday_in_the_future_is_left_out_by_name(home):
    """Dagster has no partition for it yet, and an error of Dagster's ended the whole command."""
    today = dt.date.today()
    future = today + dt.timedelta(days=14 - today.weekday())
    land(home.landing, future, accounts_of(JULY))
    told = home.seg_run("--months", "2026-07")
    assert told.exit_code == 0
    assert "in the future" in told.skipped[f"product_usage, snapshot_date={future}"]
    assert future not in home.files("account_snapshots")


def test_a_bad_week_fails_alone_and_keeps_what_was_stored(home):
    """A share that comes as percent once, while the next week lands in good order."""
    tables = ("raw/marketing_engagement", "account_snapshots", "segment_scores")
    before = {table: home.files(table)[JULY] for table in tables}
    good = accounts_of(JULY)["marketing_engagement"]
    land(home.landing, JULY, {"marketing_engagement": good.with_columns(pl.col("email_open_rate_90d") * 100)})
    land(home.landing, NEXT, accounts_of(NEXT) | {"pipeline_conversions": conversions_of(NEXT, NEXT)[NEXT].clear()})
    told = home.seg_run(*WITH_NEXT)
    assert told.exit_code == 1
    assert not told.object["ok"]
    (failed,) = (run for run in told.object["runs"] if not run["ok"])
    assert (failed["job"], failed["partition"]) == ("land_snapshot", str(JULY))
    outside = good.filter(pl.col("email_open_rate_90d") * 100 > 1)
    assert f"landing/marketing_engagement, week {JULY}" in failed["error"]
    assert f"column email_open_rate_90d holds {outside.height:,} values outside 0..1" in failed["error"]
    assert len(re.findall(r"row \d+, \S+: ", failed["error"])) == 3
    assert {table: home.files(table)[JULY] for table in tables} == before
    quarantined = home.table("quarantine/marketing_engagement", JULY)
    assert set(quarantined["account_id"]) == set(outside["account_id"])
    assert ("score", str(NEXT)) in told.runs
    assert home.scores(NEXT).height == home.table("account_snapshots", NEXT).height > 0

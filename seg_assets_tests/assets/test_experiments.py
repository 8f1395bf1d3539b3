"""Arms and effects through the real assets: nobody moves, and nothing is told before outcomes are known."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import dagster as dg
import numpy as np
import polars as pl
import pytest

from seg_assets.assets.experiment_arms import build_experiment_arms
from seg_assets.assets.experiment_effects import build_experiment_effects
from seg_assets_tests.assets.scored_home import CATALOGUE, JULY, PARTITIONS, WEEKS, ScoredHome, why_failed

ARMS, EFFECTS = build_experiment_arms(CATALOGUE, PARTITIONS), build_experiment_effects(CATALOGUE, PARTITIONS)
START = {
    "experiment": "nurture",
    "arms": {"control": 0.5, "nurture": 0.5},
    "expected_rate": 0.2,
    "smallest_difference": 0.1,
    "holdout_share": 0.1,
}
MATURED = dt.date(2026, 9, 21)
"""The Monday from which on the outcomes of the third week are known."""


@pytest.fixture(scope="module")
def with_families(scored_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("families") / "home"
    shutil.copytree(scored_folder, folder)
    for week in WEEKS:
        ScoredHome(folder).land_master(week)
    return folder


@pytest.fixture
def home(with_families: Path, tmp_path: Path) -> ScoredHome:
    shutil.copytree(with_families, tmp_path / "home")
    return ScoredHome(tmp_path / "home")


def deal(home: ScoredHome, week: dt.date, **changes: object) -> dg.ExecuteInProcessResult:
    return home.materialize(ARMS, week, {"start": START | changes})


def arms(home: ScoredHome) -> pl.DataFrame:
    return home.lakehouse.scan("experiment_arms").sort("experiment", "account_id").collect()


def outcomes(home: ScoredHome, gain: float) -> pl.DataFrame:
    """20 % convert 30 days after they got their arm, and `gain` more of nurture."""
    dealt = arms(home)
    chance = 0.2 + gain * (dealt["arm"] == "nurture").to_numpy()
    hit = np.random.default_rng(0).random(dealt.height) < chance
    return dealt.filter(pl.Series(hit)).select("account_id", qualified_at=pl.col("assigned_on") + pl.duration(days=30))


def test_every_account_gets_one_arm_and_families_one_together(home: ScoredHome) -> None:
    assert deal(home, WEEKS[0]).success
    dealt = arms(home)
    assert dealt["account_id"].to_list() == home.accounts(WEEKS[0])["account_id"].to_list()
    assert dealt.group_by("family").agg(pl.col("arm").n_unique())["arm"].max() == 1
    assert dealt["holdout"].mean() == pytest.approx(0.1, abs=0.03)
    assert dealt["assigned_on"].unique().to_list() == [WEEKS[0]]
    segments = set(home.accounts(WEEKS[0])["segment_id"])
    assert set(dealt["stratum"]) <= segments


def test_the_same_run_again_changes_nothing(home: ScoredHome) -> None:
    deal(home, WEEKS[0])
    before = arms(home)
    again = deal(home, WEEKS[0])
    assert again.success
    assert arms(home).equals(before)
    assert home.lakehouse.scan("experiments").collect().height == 1


def test_newcomers_get_an_arm_without_any_configuration_and_nobody_moves(home: ScoredHome) -> None:
    deal(home, WEEKS[0])
    before = arms(home)
    result = home.materialize(ARMS, WEEKS[1])
    assert result.success
    after = arms(home)
    assert after.height == before.height + 10
    assert after.join(before, on="account_id", how="semi").equals(before)
    (made,) = result.asset_materializations_for_node("experiment_arms")
    assert made.metadata["dagster/row_count"].value == 10
    assert "10 accounts got their arm" in made.metadata["experiments_table"].value
    assert "power" in made.metadata["experiments_table"].value
    (check,) = result.get_asset_check_evaluations()
    assert check.passed


def test_arms_are_dealt_forwards_only(home: ScoredHome) -> None:
    deal(home, WEEKS[1])
    before = arms(home)
    result = home.materialize(ARMS, WEEKS[0])
    assert result.success
    assert arms(home).equals(before)
    (made,) = result.asset_materializations_for_node("experiment_arms")
    assert "arms are dealt forwards" in made.metadata["experiments_table"].value


def test_a_changed_experiment_is_refused(home: ScoredHome) -> None:
    deal(home, WEEKS[0])
    told = why_failed(deal(home, WEEKS[1], arms={"control": 0.4, "nurture": 0.6}))
    assert "nurture started with another arms" in told
    assert "Give the changed one a new name" in told


def test_the_holdout_is_one_for_all_experiments(home: ScoredHome) -> None:
    deal(home, WEEKS[0])
    assert "take these" in why_failed(deal(home, WEEKS[0], experiment="webinar", salt="another"))
    assert deal(home, WEEKS[0], experiment="webinar", arms={"control": 0.2, "webinar": 0.8}).success
    both = arms(home).partition_by("experiment")
    assert both[0]["holdout"].equals(both[1]["holdout"])
    assert not both[0]["arm"].equals(both[1]["arm"])


def test_only_accounts_that_the_condition_takes_enter(home: ScoredHome) -> None:
    assert deal(home, WEEKS[0], who="city = 'north' AND segment_id <> 'SEG-01'", stratify_by=["city", "member"]).success
    dealt = arms(home)
    assert 0 < dealt.height < 2_000
    assert all(stratum.startswith("north | ") for stratum in dealt["stratum"].unique())


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"who": "citty = 'north'"}, "did you mean 'city'?"),
        ({"stratify_by": ["visits"]}, "'visits' is not segment_id and no feature with levels"),
        ({"arms": {"control": 0.5, "nurture": 0.6}}, "sum to 1"),
        ({"expected_rate": 20.0}, "between 0 and 1"),
    ],
)
def test_what_cannot_be_an_experiment_is_told_at_once(home: ScoredHome, changes: dict[str, object], told: str) -> None:
    assert told in why_failed(deal(home, WEEKS[0], **changes))
    assert not home.lakehouse.exists("experiment_arms")


def test_a_week_without_scores_is_named(home: ScoredHome) -> None:
    assert "has no partition 2026-06-01" in why_failed(deal(home, dt.date(2026, 6, 1)))
    assert not home.lakehouse.exists("experiments")


def test_a_condition_that_takes_nobody_starts_nothing(home: ScoredHome) -> None:
    assert "no account of 2026-07-06 is such that visits < 0" in why_failed(deal(home, WEEKS[0], who="visits < 0"))
    assert not home.lakehouse.exists("experiments")


def test_a_stopped_experiment_takes_no_newcomers(home: ScoredHome) -> None:
    deal(home, WEEKS[0])
    assert home.materialize(ARMS, WEEKS[1], {"stop": ["nurture"]}).success
    assert arms(home)["assigned_on"].unique().to_list() == [WEEKS[0]]
    assert home.materialize(ARMS, WEEKS[2]).success
    assert arms(home)["assigned_on"].unique().to_list() == [WEEKS[0]]
    assert "no experiment 'webinar' has started; known are nurture" in why_failed(
        home.materialize(ARMS, WEEKS[2], {"stop": ["webinar"]})
    )


def test_effects_fail_until_outcomes_have_matured(home: ScoredHome) -> None:
    deal(home, WEEKS[0])
    home.materialize(ARMS, WEEKS[2])
    home.land_conversions(MATURED - dt.timedelta(7))
    told = why_failed(home.materialize(EFFECTS, JULY))
    assert f"for every week up to {MATURED}; its newest week is 2026-09-14" in told
    home.land_conversions(MATURED)
    assert home.materialize(EFFECTS, JULY).success


def test_a_month_without_arms_is_named(home: ScoredHome) -> None:
    deal(home, WEEKS[0])
    home.land_conversions(MATURED)
    assert "no experiment gave an account its arm in 2026-06" in why_failed(
        home.materialize(EFFECTS, dt.date(2026, 6, 1))
    )


def test_a_planted_effect_is_found_with_its_checks(home: ScoredHome) -> None:
    deal(home, WEEKS[0])
    home.materialize(ARMS, WEEKS[1])
    home.land_conversions(MATURED, outcomes(home, gain=0.15))
    result = home.materialize(EFFECTS, JULY)
    assert result.success
    figures = home.lakehouse.scan("experiment_effects", [JULY]).collect()
    whole = figures.filter(pl.col("figure") == "difference", pl.col("stratum").is_null())
    by_arm = {row["arm"]: row for row in whole.to_dicts()}
    assert set(by_arm) == {"nurture", "holdout"}
    assert by_arm["nurture"]["low"] < 0.15 < by_arm["nurture"]["high"]
    assert by_arm["nurture"]["low"] > 0.05
    assert by_arm["nurture"]["rate"] == pytest.approx(0.35, abs=0.04)
    assert by_arm["holdout"]["low"] < 0 < by_arm["holdout"]["high"]
    assert (
        by_arm["nurture"]["accounts"] + by_arm["nurture"]["baseline_accounts"] + by_arm["holdout"]["accounts"] == 3_010
    )
    assert "It has the" in by_arm["nurture"]["says"]
    checks = {row["figure"]: row for row in figures.to_dicts() if row["arm"] is None}
    assert checks["sample_ratio"]["value"] == checks["several_arms"]["value"] == checks["family_split"]["value"] == 0
    assert checks["holdout_contacted"]["value"] is None
    assert figures.filter(pl.col("figure") == "qini")["value"].null_count() == 0
    (made,) = result.asset_materializations_for_node("experiment_effects")
    assert "nurture: 3" in made.metadata["figures_table"].value


def test_a_month_again_has_the_same_rows_whatever_landed_since(home: ScoredHome) -> None:
    deal(home, WEEKS[0])
    home.land_conversions(MATURED, outcomes(home, gain=0.1))
    home.materialize(EFFECTS, JULY)
    before = home.lakehouse.scan("experiment_effects", [JULY]).collect()
    later = outcomes(home, gain=0.1).with_columns(pl.col("qualified_at") + pl.duration(days=31))
    home.land_conversions(MATURED + dt.timedelta(28), pl.concat([outcomes(home, gain=0.1), later]))
    home.materialize(EFFECTS, JULY)
    assert home.lakehouse.scan("experiment_effects", [JULY]).collect().equals(before)


def test_contacts_of_the_holdout_are_counted_from_the_list_that_people_keep(home: ScoredHome) -> None:
    deal(home, WEEKS[0])
    home.land_conversions(MATURED)
    held = arms(home).filter("holdout")["account_id"].head(2).to_list()
    lines = ["account_id,contacted_on", f"{held[0]},2026-07-10", f"{held[1]},2026-07-01"]
    (home.home / "contacted.csv").write_text("\n".join(lines))
    assert home.materialize(EFFECTS, JULY).success
    figures = home.lakehouse.scan("experiment_effects", [JULY]).collect()
    (row,) = figures.filter(pl.col("figure") == "holdout_contacted").to_dicts()
    assert row["accounts"] == 1
    assert f"such as {held[0]}" in row["says"]
    (home.home / "contacted.csv").write_text("account_id,contacted_on\nA1,10.7.2026\n")
    assert "write dates as 2026-07-06" in why_failed(home.materialize(EFFECTS, JULY))

"""The report of an experiment: every figure has a sentence, and what cannot be told is not told."""

from __future__ import annotations

import numpy as np
import polars as pl

from seg_assets.segmentation.experiment.assignment import Arm, Design
from seg_assets.segmentation.experiment.contamination import Contamination
from seg_assets.segmentation.experiment.power import Plan
from seg_assets.segmentation.experiment.report import experiment_report
from seg_assets_tests.segmentation.experiment.simulated import EFFECTS, RATES, SHARES, simulated

DESIGN = Design("nurture", (Arm("control", 0.5), Arm("nurture", 0.5)), "control", 0.0, "2026", Plan(0.14, 0.04))
CLEAN = [Contamination("several_arms", 0, (), "0 accounts")]


def measured(seed: int = 0, families: int = 3_000, *, expected: bool = True) -> pl.DataFrame:
    one = simulated(seed, families)
    rates = RATES[one.segments] if expected else np.full(len(one.segments), np.nan)
    return pl.DataFrame(
        {
            "account_id": [f"A{n:06d}" for n in range(len(one.families))],
            "family": [f"F{n:06d}" for n in one.families],
            "stratum": [f"SEG-{n:02d}" for n in one.segments],
            "arm": np.where(one.treated, "nurture", "control"),
            "converted": one.converted,
            "expected_rate": rates,
            "known_own": one.known[:, 0],
            "known_mood": one.known[:, 1],
        }
    ).with_columns(pl.col("expected_rate").fill_nan(None), holdout=pl.lit(False))


def rows(report: pl.DataFrame, figure: str) -> list[dict[str, object]]:
    return report.filter(pl.col("figure") == figure).to_dicts()


def test_the_planted_effect_is_told_over_all_and_by_stratum() -> None:
    report = experiment_report(measured(), DESIGN, CLEAN)
    whole, *parts = rows(report, "difference")
    truth = float(SHARES @ EFFECTS)
    assert whole["stratum"] is None
    assert whole["low"] < truth < whole["high"]  # type: ignore[operator]
    assert "of the variance away. It has the" in str(whole["says"])
    assert [part["stratum"] for part in parts] == ["SEG-00", "SEG-01", "SEG-02"]
    for part, effect in zip(parts, EFFECTS, strict=True):
        assert part["low"] < effect < part["high"]  # type: ignore[operator]
    (ranked,) = rows(report, "qini")
    assert ranked["low"] > 0  # type: ignore[operator]
    assert "expected to convert more gain more" in str(ranked["says"])
    assert rows(report, "sample_ratio")[0]["value"] == 0
    assert rows(report, "several_arms")[0]["accounts"] == 0


def test_the_order_of_rows_makes_no_difference() -> None:
    accounts = measured(1, 600)
    shuffled = accounts.sample(fraction=1, shuffle=True, seed=5)
    assert experiment_report(shuffled, DESIGN, CLEAN).equals(experiment_report(accounts, DESIGN, CLEAN))


def test_fewer_accounts_than_planned_are_a_look_and_no_verdict() -> None:
    report = experiment_report(measured(2, 200), DESIGN, CLEAN)
    assert "A look and no verdict: control needs" in str(rows(report, "difference")[0]["says"])


def test_few_families_and_unknown_rates_have_no_figure_but_a_reason() -> None:
    report = experiment_report(measured(3, 30, expected=False), DESIGN, CLEAN)
    (whole,) = rows(report, "difference")
    assert whole["value"] is None
    assert "each arm needs 30" in str(whole["says"])
    (ranked,) = rows(report, "qini")
    assert ranked["value"] is None
    assert "no order" in str(ranked["says"])


def test_an_arm_that_lost_accounts_is_told() -> None:
    """Over all and in each of the three strata."""
    accounts = measured(4)
    lost = (pl.col("arm") == "nurture") & pl.col("family").str.contains("[1-4]$")
    report = experiment_report(accounts.filter(~lost), DESIGN, CLEAN)
    (ratio,) = rows(report, "sample_ratio")
    assert ratio["value"] == 4
    assert "all strata: control" in str(ratio["says"])

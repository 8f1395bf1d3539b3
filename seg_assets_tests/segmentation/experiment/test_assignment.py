"""Arms: the same for any order of rows, in the designed shares everywhere, families whole, nobody moves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seg_assets.segmentation.experiment.assignment import (
    HOLDOUT,
    Arm,
    Design,
    assign,
    is_held_out,
    ratio_mismatches,
)
from seg_assets.segmentation.experiment.power import Plan

DESIGN = Design(
    experiment="nurture",
    arms=(Arm("control", 0.5), Arm("nurture", 0.5)),
    baseline="control",
    holdout_share=0.1,
    salt="2026",
    plan=Plan(0.04, 0.004),
)


def accounts(count: int, *, start: int = 0, strata: int = 4, family_size: int = 1) -> pl.DataFrame:
    numbers = np.arange(start, start + count)
    return pl.DataFrame(
        {
            "account_id": [f"A{n:06d}" for n in numbers],
            "family": [f"A{n - n % family_size:06d}" for n in numbers],
            "stratum": [f"SEG-{n // family_size % strata:02d}" for n in numbers],
        }
    )


def arms_by_family(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.group_by("family").agg(pl.col("arm").n_unique(), pl.col("stratum").n_unique())


def test_shares_hold_in_every_stratum_to_a_few_accounts() -> None:
    rows = assign(accounts(8_000, strata=8), DESIGN).filter(~pl.col("holdout"))
    counts = rows.group_by("stratum").agg((pl.col("arm") == "nurture").sum().alias("nurture"), pl.len())
    assert counts.height == 8
    assert (counts["nurture"] - counts["len"] / 2).abs().max() <= 3


def test_shares_hold_where_every_stratum_has_one_account() -> None:
    design = replace(DESIGN, arms=(Arm("a", 0.2), Arm("b", 0.8)), baseline="a", holdout_share=0.0)
    rows = assign(accounts(4_000, strata=4_000), design)
    assert (rows["arm"] == "a").mean() == pytest.approx(0.2, abs=0.02)


def test_every_account_has_the_chance_that_the_design_says() -> None:
    """Over many salts: of the first account of a stratum of three as of the last."""
    found = [assign(accounts(3, strata=1), replace(DESIGN, salt=str(n), holdout_share=0.0)) for n in range(700)]
    share = pl.concat(found).group_by("account_id").agg((pl.col("arm") == "nurture").mean())
    assert share["arm"].to_list() == pytest.approx([0.5] * 3, abs=0.07)


@settings(max_examples=40)
@given(
    seed=st.integers(0, 10_000),
    family_size=st.integers(1, 5),
    first=st.integers(0, 120),
    strata=st.integers(1, 6),
)
def test_nobody_moves_when_accounts_are_added_in_any_order(
    seed: int, family_size: int, first: int, strata: int
) -> None:
    everyone = accounts(150, strata=strata, family_size=family_size).sample(fraction=1, shuffle=True, seed=seed)
    begun = assign(everyone.head(first), DESIGN)
    added = assign(everyone, DESIGN, begun)
    assert set(added["account_id"]) == set(everyone["account_id"]) - set(begun["account_id"])
    assert added.equals(assign(everyone.reverse(), DESIGN, begun.reverse()))
    assert assign(everyone, DESIGN, pl.concat([begun, added])).is_empty()
    families = arms_by_family(pl.concat([begun, added]))
    assert families["arm"].max() == families["stratum"].max() == 1


def test_newcomers_keep_the_shares() -> None:
    rows = assign(accounts(400, strata=2), DESIGN)
    for week in range(1, 41):
        rows = pl.concat([rows, assign(accounts(10, start=400 + 10 * week, strata=2), DESIGN, rows)])
    free = rows.filter(~pl.col("holdout"))
    counts = free.group_by("stratum").agg((pl.col("arm") == "nurture").mean().alias("share"))
    assert (counts["share"] - 0.5).abs().max() < 0.02


def test_a_family_is_dealt_where_its_parent_is() -> None:
    family = pl.DataFrame(
        {"account_id": ["P", "C1", "C2"], "family": ["P", "P", "P"], "stratum": ["SEG-02", "SEG-01", "SEG-01"]}
    )
    assert assign(family, DESIGN)["stratum"].unique().to_list() == ["SEG-02"]
    without_parent = assign(family.tail(2), DESIGN)
    assert without_parent["stratum"].unique().to_list() == ["SEG-01"]


def test_the_holdout_is_the_same_in_every_experiment_and_the_arms_are_not() -> None:
    people = accounts(20_000)
    one, other = assign(people, DESIGN), assign(people, replace(DESIGN, experiment="webinar"))
    assert one["holdout"].equals(other["holdout"])
    assert one["holdout"].mean() == pytest.approx(0.1, abs=0.01)
    free = one.filter(~pl.col("holdout"))["arm"], other.filter(~pl.col("holdout"))["arm"]
    assert (free[0] == free[1]).mean() == pytest.approx(0.5, abs=0.02)


def test_the_holdout_is_told_by_the_id_alone() -> None:
    rows = assign(accounts(500), DESIGN)
    assert is_held_out(rows["family"], DESIGN) == rows["holdout"].to_list()


def test_a_larger_holdout_holds_the_smaller_one() -> None:
    families = [f"A{n}" for n in range(2_000)]
    small, large = (is_held_out(families, replace(DESIGN, holdout_share=share)) for share in (0.05, 0.2))
    assert all(inside for inside, held in zip(large, small, strict=True) if held)


def test_large_families_are_in_no_arm_more_often() -> None:
    """Dealing accounts instead of families would put the large ones into the large arm."""
    sizes = np.random.default_rng(0).choice([1, 8], 3_000, p=[0.8, 0.2])
    names = np.repeat([f"F{n}" for n in range(3_000)], sizes)
    people = pl.DataFrame({"account_id": [f"A{n}" for n in range(len(names))], "family": names}).with_columns(
        stratum=pl.lit("all")
    )
    design = replace(DESIGN, arms=(Arm("small", 0.1), Arm("large", 0.9)), baseline="small", holdout_share=0.0)
    rows = assign(people, design)
    mean = rows.group_by("family").agg(pl.len(), pl.col("arm").first()).group_by("arm").agg(pl.col("len").mean())
    by_arm = dict(mean.iter_rows())
    assert by_arm["small"] == pytest.approx(by_arm["large"], rel=0.2)


def test_what_is_dealt_has_no_mismatch() -> None:
    assert ratio_mismatches(assign(accounts(5_000, family_size=2), DESIGN), DESIGN) == []


def test_an_arm_that_lost_accounts_is_found_and_told() -> None:
    rows = assign(accounts(8_000), DESIGN)
    numbers = pl.int_range(pl.len())
    lost = (pl.col("arm") == "nurture") & (pl.col("stratum") == "SEG-01") & (numbers % 5 < 2)
    everywhere, there = ratio_mismatches(rows.filter(~lost), DESIGN)
    assert everywhere.stratum is None
    assert there.stratum == "SEG-01"
    assert "stratum SEG-01: holdout" in there.says and "of 45.0%" in there.says


def test_mismatches_of_nothing_are_rare() -> None:
    """Shares that hold on average only, as of another system that drew by chance: 1 in 1,000 is found by accident."""
    random = np.random.default_rng(1)
    people = accounts(1_000).with_columns(holdout=pl.lit(False))
    names = np.array([HOLDOUT, "control", "nurture"])
    found = [
        ratio_mismatches(people.with_columns(arm=pl.Series(random.choice(names, 1_000, p=[0.1, 0.45, 0.45]))), DESIGN)
        for _ in range(200)
    ]
    assert sum(map(bool, found)) <= 2


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"arms": (Arm("control", 0.5), Arm("nurture", 0.4))}, "sum to 1: control 0.5, nurture 0.4"),
        ({"arms": (Arm("control", 0.5), Arm("control", 0.5))}, "names of their own"),
        ({"arms": (Arm("control", 0.5), Arm("holdout", 0.5))}, "other than 'holdout'"),
        ({"holdout_share": 1.0}, "holdout_share is 1.0"),
        ({"baseline": "other"}, "'other' is none of the arms: control, nurture"),
        ({"baseline": "holdout", "holdout_share": 0.0}, "none of the arms"),
    ],
)
def test_designs_that_do_not_fit_are_refused(changes: dict[str, object], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        replace(DESIGN, **changes)  # type: ignore[arg-type]

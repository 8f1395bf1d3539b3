from __future__ import annotations

from dataclasses import replace

import polars as pl

from seg_assets.segmentation.portrait_space import Axis, PortraitSpace
from seg_assets.segmentation.portraits import Portrait
from seg_assets.segmentation.typical_accounts import typical_accounts

SPACE = PortraitSpace((Axis("size", None, 10.0), Axis("stage", "lead", 0.5)))
SMALL = Portrait(
    accounts=5,
    share=0.5,
    indices={"size": 20.0},
    applicable={},
    numbers={},
    standings={},
    levels={"stage": {"lead": 0.8, "trial": 0.2}},
    known={},
)
LARGE = replace(SMALL, indices={"size": 80.0})
ACCOUNTS = pl.DataFrame(
    {
        "account_id": ["A5", "A4", "A3", "A2", "A1", "B1", "B2"],
        "size": [20.0, 20.0, 21.0, 20.0, 45.0, 70.0, 80.0],
        "stage": ["lead", "lead", "lead", "trial", "lead", "lead", None],
    }
)
CODE = pl.Series([0, 0, 0, 0, 0, 1, 1], dtype=pl.UInt32)


def typical(known: pl.Expr = pl.lit(True), *, reverse: bool = False) -> list[list[str]]:  # noqa: B008
    frame, code = (ACCOUNTS.reverse(), CODE.reverse()) if reverse else (ACCOUNTS, CODE)
    return typical_accounts(frame, code, known, (SMALL, LARGE), SPACE)


def test_the_nearest_three_of_each_segment_equals_by_account_id() -> None:
    assert typical() == [["A4", "A5", "A3"], ["B1", "B2"]]


def test_the_order_of_the_rows_does_not_matter() -> None:
    assert typical(reverse=True) == typical()


def test_accounts_of_which_too_little_is_known_stand_back() -> None:
    assert typical(pl.col("account_id") != "A4")[0] == ["A5", "A3", "A2"]


def test_a_segment_without_accounts_has_nobody_typical() -> None:
    assert typical_accounts(ACCOUNTS, CODE, pl.lit(True), (SMALL, LARGE, LARGE), SPACE)[2] == []

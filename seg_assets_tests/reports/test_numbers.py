"""Numbers have units and no more digits than they bear."""

from __future__ import annotations

import math

import pytest

from seg_assets.reports import numbers


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.0 %"),
        (0.0042, "0.42 %"),
        (0.0123, "1.2 %"),
        (0.5, "50.0 %"),
        (None, "not known"),
        (math.nan, "not known"),
    ],
)
def test_shares(value, text):
    assert numbers.share(value).replace(numbers.JOINED, " ") == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.2191, "+0.219"), (-0.0101, "\u22120.010"), (0.0, "0.000"), (-0.0001, "0.000")]
)
def test_differences_have_a_sign_unless_they_are_nought(value, text):
    assert numbers.decimal(value, sign=True) == text


def test_percentage_points():
    assert numbers.points(0.042) == "+4.2 points"
    assert numbers.points(None) == "not known"


@pytest.mark.parametrize(
    ("value", "text"), [(68_412_000.0, "68.4 m USD"), (29_040.0, "29.0 k USD"), (950.0, "950 USD"), (None, "not known")]
)
def test_money(value, text):
    assert numbers.money(value, "USD").replace(numbers.JOINED, " ") == text


def test_money_without_a_unit():
    assert numbers.money(1_500.0, "").replace(numbers.JOINED, " ") == "1.5 k"


def test_a_share_and_its_unit_stay_on_one_line():
    assert " " not in numbers.share(0.5)


@pytest.mark.parametrize(
    ("accounts", "conversions", "few"),
    [(9, 9, True), (10, 5, False), (1000, 4, True), (1000, None, False), (None, 4, True), (9, None, True)],
)
def test_cells_of_fewer_than_ten_accounts_or_five_conversions_are_few(accounts, conversions, few):
    assert numbers.few(accounts, conversions) is few

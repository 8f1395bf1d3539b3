"""Random numbers: the same from the seed alone, smooth in time, evenly spread."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seg_assets.sample_data.randomness import Dice, exponential, logistic

ALL = np.arange(20_000)


def test_a_stream_does_not_depend_on_how_many_accounts_there_are():
    assert np.array_equal(Dice(3, 50).normal("size"), Dice(3, 5_000).normal("size")[:50])


def test_streams_differ_by_seed_name_and_step():
    drawn = [Dice(3, 20).uniform("a"), Dice(4, 20).uniform("a"), Dice(3, 20).uniform("b"), Dice(3, 20).uniform("a", 1)]
    assert len({values.tobytes() for values in drawn}) == 4


@pytest.mark.parametrize("day", [0, 13, 45, 2_390])
def test_a_wandering_level_is_standard_normal_on_every_day(day: int):
    level = Dice(5, ALL.size).wander("mood", day, ALL, 90)
    assert abs(level.mean()) < 0.03
    assert abs(level.std() - 1) < 0.03


def test_a_wandering_level_moves_little_in_a_week_and_is_new_after_two_periods():
    dice = Dice(5, ALL.size)
    now, soon, later = (dice.wander("mood", day, ALL, 90) for day in (400, 407, 600))
    assert np.corrcoef(now, soon)[0, 1] > 0.98
    assert abs(np.corrcoef(now, later)[0, 1]) < 0.05


@settings(max_examples=30, deadline=None)
@given(day=st.integers(0, 3_000), spacing=st.floats(0.5, 800))
def test_a_week_later_the_last_event_is_seven_days_older_or_a_newer_one_happened(day: int, spacing: float):
    dice, rows = Dice(9, 200), np.arange(200)
    gap = np.full(200, spacing, dtype=np.float32)
    before = dice.days_since("call", np.full(200, day, dtype=np.int32), rows, gap)
    after = dice.days_since("call", np.full(200, day + 7, dtype=np.int32), rows, gap)
    assert before.min() >= 0
    assert np.all((after == before + 7) | (after < 7))


@given(st.lists(st.floats(-60, 60, width=32), min_size=1, max_size=50))
def test_the_exponential_is_right_to_seven_digits(values: list[float]):
    x = np.array(values, dtype=np.float32)
    assert np.allclose(exponential(x), np.exp(x.astype(np.float64)), rtol=5e-7)


def test_the_exponential_has_the_same_bits_on_every_machine():
    bits = exponential(np.linspace(-30, 30, 10_001, dtype=np.float32)).tobytes()
    assert hashlib.sha256(bits).hexdigest()[:16] == "2e1dd41cfa944e0f"


def test_the_logistic_function_is_a_probability():
    share = logistic(np.array([-90, 0, 90], dtype=np.float32))
    assert share[1] == 0.5
    assert 0 <= share[0] < 1e-20
    assert share[2] == 1

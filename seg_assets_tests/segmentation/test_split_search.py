from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seg_assets.segmentation.candidates import Candidate
from seg_assets.segmentation.definitions import Condition, Test
from seg_assets.segmentation.split_search import FoundSplit, SplitSearch, gain

LEVELS = ("east", "north", "south", "west")


def asked(random: np.random.Generator, rows: int) -> list[Candidate]:
    """A candidate of every kind, with missing values in each."""
    bins = {size: random.integers(size, size=rows).astype(np.uint8) for size in (2, 4, 5, 6, 11)}
    return [
        Candidate("region", bins[5], levels=LEVELS, worth=1.03),
        Candidate("visits", bins[11], thresholds=tuple(float(step) for step in range(10, 110, 10))),
        Candidate("flag", bins[2], levels=("true",), flag=True),
        Candidate("band", bins[6], levels=("a", "b", "c", "d", "e"), ordered=True),
        Candidate("age", bins[4], thresholds=(18.0, 40.0, 65.0), worth=0.8),
    ]


def every_split(candidate: Candidate, rows: np.ndarray, target: np.ndarray) -> list[np.ndarray]:
    """Which bins lie inside each split, spelled out."""
    bins = np.arange(candidate.size)
    if candidate.thresholds:
        return [bins >= step for step in range(1, candidate.size)]
    found = [bins == level for level in bins[:-1]]
    order = bins[:-1]
    if not candidate.ordered:
        sums = np.array([target[rows][candidate.bins[rows] == b].sum(axis=0) for b in bins])
        counts = np.array([(candidate.bins[rows] == b).sum() for b in bins])
        if candidate.has_level_sets:
            return found + list(candidate.level_sets(np.column_stack([sums, counts])))
        return found
    for end in (2, 3):
        found += [np.isin(bins, order[:end]), np.isin(bins, order[-end:])]
    return found


def fall_of_squares(target: np.ndarray, inside: np.ndarray) -> float:
    squares = [((part - part.mean(axis=0)) ** 2).sum() for part in (target, target[inside], target[~inside])]
    return float(squares[0] - squares[1] - squares[2])


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(20, 200), st.integers(1, 30))
def test_the_best_split_is_that_of_looking_at_each(seed: int, rows: int, smallest: int) -> None:
    random = np.random.default_rng(seed)
    candidates, target = asked(random, rows), random.normal(size=(rows, 3))
    some = np.sort(random.choice(rows, rows // 2, replace=False))
    best = 0.0
    for candidate in candidates:
        for bins in every_split(candidate, some, target):
            inside = bins[candidate.bins[some]]
            if smallest <= inside.sum() <= len(some) - smallest:
                best = max(best, candidate.worth * fall_of_squares(target[some], inside))
    found = SplitSearch.of(candidates, target).best(some, smallest)
    if best < 1e-9:
        assert found is None or found.gain < 1e-9
        return
    assert found is not None
    assert found.gain == pytest.approx(best, rel=1e-8)
    inside = found.inside[found.candidate.bins[some]]
    assert smallest <= inside.sum() <= len(some) - smallest
    assert found.candidate.worth * fall_of_squares(target[some], inside) == pytest.approx(best, rel=1e-8)


def best_of(target: np.ndarray, *candidates: Candidate) -> FoundSplit:
    found = SplitSearch.of(candidates, target).best(np.arange(len(target)), 1)
    assert found is not None
    return found


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_of_two_levels_the_first_is_named_whatever_the_last_digits(seed: int) -> None:
    """Inside one level or inside the other is the same split: only rounding tells the gains apart."""
    random = np.random.default_rng(seed)
    bins = np.sort(random.integers(2, size=500)).astype(np.uint8)
    target = random.normal(size=(500, 4)) + bins[:, None]
    found = best_of(target, Candidate("region", bins, levels=("north", "south")))
    assert found.candidate.condition(found.inside) == Condition("region", Test.ONE_OF, 0.0, ("north",))


def test_of_candidates_that_split_alike_the_first_is_taken_unless_the_other_is_worth_more() -> None:
    bins = (np.arange(100) % 2).astype(np.uint8)
    target = bins[:, None].astype(float)
    first, second = (Candidate(name, bins, thresholds=(1.0,)) for name in ("first", "second"))
    worthy = Candidate("worthy", bins, thresholds=(1.0,), worth=1.03)
    assert best_of(target, first, second).candidate is first
    assert best_of(target, first, second, worthy).candidate is worthy
    assert best_of(target, first, second, worthy).gain == pytest.approx(1.03 * 25)


def test_accounts_that_are_alike_or_too_few_are_not_split() -> None:
    bins = (np.arange(100) % 2).astype(np.uint8)
    search = SplitSearch.of([Candidate("flag", bins, levels=("true",), flag=True)], np.zeros((100, 2)))
    assert search.best(np.arange(100), 10) is None
    search = SplitSearch.of([Candidate("flag", bins, levels=("true",), flag=True)], bins[:, None].astype(float))
    assert search.best(np.arange(100), 51) is None
    assert search.best(np.arange(0, 100, 2), 1) is None


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.1, 0.9))
def test_what_is_known_of_one_part_and_the_whole_is_known_of_the_other(seed: int, share: float) -> None:
    random = np.random.default_rng(seed)
    search = SplitSearch.of(asked(random, 100), random.normal(size=(100, 3)))
    whole = search.part(np.sort(random.choice(100, 60, replace=False)))
    inside = random.random(60) < share
    for part, chosen in zip(search.parted(whole, inside), (inside, ~inside), strict=True):
        assert part.rows.tolist() == whole.rows[chosen].tolist()
        np.testing.assert_allclose(part.sums, search.part(whole.rows[chosen]).sums, atol=1e-9)


def test_splits_that_gain_nearly_as_much_come_best_first_and_each_parts_other_accounts() -> None:
    random = np.random.default_rng(0)
    wide, high = (random.random(1_000) < 0.5 for _ in range(2))
    nearly_wide = wide ^ (random.random(1_000) < 0.02)
    target = np.column_stack([wide * 1.0, high * 0.9])
    flags = [
        Candidate(name, (~flag).astype(np.uint8), levels=("true",), flag=True)
        for name, flag in (("high", high), ("nearly_wide", nearly_wide), ("wide", wide))
    ]
    search = SplitSearch.of(flags, target)
    everyone = search.part(np.arange(1_000))
    found = search.nearly_best(everyone, 30, 0.3)
    assert [split.candidate.column for split in found] == ["wide", "high"]
    assert search.most(everyone, 30) == found[0].gain > found[1].gain
    assert [split.candidate.column for split in search.nearly_best(everyone, 30, 0.1)] == ["wide"]
    assert search.nearly_best(everyone, 501, 0.3) == []
    assert search.most(everyone, 501) == 0.0


def test_the_gain_by_hand() -> None:
    """Places 0, 0, 4, 4 cut in the middle, and after three: 16 of 16, and 5.33."""
    assert gain(np.array([0.0]), 2, np.array([8.0]), 4) == pytest.approx(16.0)
    assert gain(np.array([[4.0], [8.0]]), [3, 2], np.array([8.0]), 4) == pytest.approx([16 / 3, 16.0])

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seg_assets.segmentation.candidates import Candidate
from seg_assets.segmentation.new_kinds import new_kinds

ACCOUNTS = 2_000


def found(newcomers: int, *, of_a_kind: float = 1.0, seed: int = 0, leaves: int = 1) -> dict[str, float]:
    """Thresholds of the splits for new kinds: `newcomers` come last, that share of them with a place above 80."""
    random = np.random.default_rng(seed)
    place = random.integers(0, 80, ACCOUNTS)
    kind = random.random(newcomers) < of_a_kind
    place[ACCOUNTS - newcomers :][kind] = random.integers(80, 101, int(kind.sum()))
    arrived = np.arange(ACCOUNTS) >= ACCOUNTS - newcomers
    age = np.where(arrived, 0, random.integers(1, 101, ACCOUNTS))
    steps = tuple(float(point) for point in range(1, 101))
    asked = [Candidate("place", place.astype(np.uint8), thresholds=steps)]
    asked += [Candidate("age", age.astype(np.uint8), thresholds=steps, worth=0.9)]
    points = (place + random.normal(size=ACCOUNTS))[:, None] / 30
    labels = (np.arange(ACCOUNTS) % leaves).astype(np.intp)
    positions = {str(leaf): leaf for leaf in range(leaves)}
    kinds = new_kinds(asked, points, positions, labels, arrived, 0.03)
    assert all(condition.column == "place" for condition in kinds.values())
    return {path: condition.threshold for path, condition in kinds.items()}


def test_newcomers_of_a_kind_are_parted_by_what_makes_them_one() -> None:
    """By age, which tells every newcomer, they would be parted perfectly: that only dates them."""
    assert found(200)["0"] == pytest.approx(80, abs=2)


def test_of_splits_that_tell_nearly_as_much_the_one_that_parts_best_who_has_come_is_taken() -> None:
    """The most telling was taken: small firms in one sample, wide use in the next, of the same kind of account."""
    random = np.random.default_rng(0)
    arrived = np.arange(ACCOUNTS) >= ACCOUNTS - 300
    wide, small = (arrived & (random.random(ACCOUNTS) < share) for share in (0.7, 0.95))
    wide |= ~arrived & (random.random(ACCOUNTS) < 0.12)
    small |= ~arrived & (random.random(ACCOUNTS) < 0.04)
    points = np.column_stack(
        [1.1 * wide + 0.5 * random.normal(size=ACCOUNTS), small + 0.5 * random.normal(size=ACCOUNTS)]
    )
    wide_use, small_firm = (
        Candidate(name, flag.astype(np.uint8), thresholds=(1.0,)) for name, flag in (("use", wide), ("firm", small))
    )
    labels = np.zeros(ACCOUNTS, dtype=np.intp)
    telling = new_kinds([wide_use], points, {"0": 0}, labels, arrived, 0.03)
    assert telling["0"].column == "use"
    both = new_kinds([wide_use, small_firm], points, {"0": 0}, labels, arrived, 0.03)
    assert both["0"].column == "firm"
    assert new_kinds([wide_use, small_firm], points * [1, 0.1], {"0": 0}, labels, arrived, 0.03)["0"].column == "use"


def test_newcomers_like_everyone_else_are_no_kind() -> None:
    assert found(200, of_a_kind=0.0) == {}


def test_a_kind_that_is_too_small_for_a_segment_is_none() -> None:
    assert found(60) == {}
    assert found(80, of_a_kind=0.95)


def test_a_few_of_a_kind_among_many_newcomers_are_none() -> None:
    assert found(400, of_a_kind=0.3) == {}


def test_a_kind_that_is_everywhere_is_found_wherever_it_is_large_enough() -> None:
    assert set(found(600, leaves=3)) == {"0", "1", "2"}
    assert found(200, leaves=3) == {}


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 1_000))
def test_quiet_arrivals_never_make_a_kind(seed: int) -> None:
    assert found(300, of_a_kind=0.0, seed=seed) == {}

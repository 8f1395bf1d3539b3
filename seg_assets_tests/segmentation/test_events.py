from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seg_assets.segmentation.events import Event, Overlap, Transition, ended, events, transitions
from seg_assets.segmentation.matching import matched

TABLES = st.integers(1, 5).flatmap(
    lambda new: st.lists(st.lists(st.integers(0, 12), min_size=new, max_size=new), min_size=1, max_size=5)
)


def found(table: list[list[float]]) -> list[Transition]:
    counts = np.array(table, dtype=np.float64)
    return list(transitions(counts, matched(counts, np.zeros_like(counts))))


def told(table: list[list[float]], ids: list[str], came: list[float] | None = None) -> list[Event]:
    counts = np.array(table, dtype=np.float64)
    before = tuple((f"SEG-{n:02d}", f"Old {n}") for n in range(1, len(table) + 1))
    arrived = np.array(came or [0.0] * len(ids))
    after = tuple((segment, f"New {segment[-1]}") for segment in ids)
    return list(events(Overlap(before, after, counts, arrived, counts * 10, arrived * 10)))


@settings(deadline=None)
@given(TABLES)
def test_every_segment_before_is_in_one_transition_and_every_one_after_in_some(table: list[list[int]]) -> None:
    all_of_them = found(table)
    before = [old for transition in all_of_them for old in transition.before]
    assert sorted(before) == list(range(len(table)))
    after = {new for transition in all_of_them for new in transition.after}
    assert after == set(range(len(table[0])))


@settings(deadline=None)
@given(TABLES)
def test_a_birth_is_in_no_other_transition_and_bears_no_old_id(table: list[list[int]]) -> None:
    counts = np.array(table, dtype=np.float64)
    pairs = matched(counts, np.zeros_like(counts))
    all_of_them = transitions(counts, pairs)
    born = {new for transition in all_of_them if transition.kind == "born" for new in transition.after}
    others = {new for transition in all_of_them if transition.kind != "born" for new in transition.after}
    assert not born & others
    assert not born & set(pairs)


@settings(deadline=None)
@given(TABLES)
def test_a_death_is_the_end_of_an_id_and_survival_its_life(table: list[list[int]]) -> None:
    counts = np.array(table, dtype=np.float64)
    pairs = matched(counts, np.zeros_like(counts))
    for transition in transitions(counts, pairs):
        if transition.kind == "died":
            assert not set(transition.before) & set(pairs.values())
        if transition.kind in ("survived", "changed"):
            assert pairs[transition.after[0]] == transition.before[0]


@settings(deadline=None)
@given(TABLES)
def test_shares_are_as_the_rules_ask(table: list[list[int]]) -> None:
    counts = np.array(table, dtype=np.float64)
    for transition in found(table):
        for old in transition.before:
            size = counts[old].sum()
            if transition.kind in ("survived", "merged") and size:
                assert counts[old, transition.after[0]] >= 0.7 * size
            if transition.kind == "split":
                assert counts[old].max() < 0.7 * size <= counts[old, list(transition.after)].sum()
            if transition.kind == "died" and size:
                assert counts[old].max() < 0.7 * size


@given(st.lists(st.integers(0, 50), min_size=1, max_size=6))
def test_the_same_segments_all_survive(sizes: list[int]) -> None:
    counts = np.diag(sizes).astype(np.float64)
    same = {segment: segment for segment in range(len(sizes))}
    assert {transition.kind for transition in transitions(counts, same)} == {"survived"}


@settings(deadline=None)
@given(TABLES, st.randoms(use_true_random=False))
def test_the_order_of_segments_makes_no_difference(table: list[list[int]], random) -> None:
    counts = np.array(table, dtype=np.float64)
    pairs = matched(counts, np.zeros_like(counts))
    old, new = list(range(counts.shape[0])), list(range(counts.shape[1]))
    random.shuffle(old)
    random.shuffle(new)
    moved = transitions(counts[np.ix_(old, new)], {new.index(n): old.index(o) for n, o in pairs.items()})
    back = {(t.kind, tuple(sorted(old[b] for b in t.before)), tuple(sorted(new[a] for a in t.after))) for t in moved}
    assert back == {(t.kind, t.before, t.after) for t in transitions(counts, pairs)}


def test_a_segment_in_two_parts_was_split() -> None:
    assert [t.kind for t in found([[40, 35, 5], [0, 0, 100]])] == ["split", "survived"]
    assert found([[40, 35, 5], [0, 0, 100]])[0].after == (0, 1)


def test_segments_that_end_up_together_were_merged() -> None:
    assert found([[100, 0], [80, 10]]) == [Transition("merged", (0, 1), (0,)), Transition("born", (), (1,))]


def test_a_segment_that_scatters_has_died() -> None:
    assert found([[25, 25, 25, 25], *np.diag([100] * 4).tolist()])[0] == Transition("died", (0,), ())


def test_an_id_that_lives_on_by_kind_alone_has_changed() -> None:
    assert transitions(np.array([[25.0, 25.0, 25.0, 25.0]]), {3: 0})[0] == Transition("changed", (0,), (3,))
    assert transitions(np.array([[0.0, 0.0], [0.0, 9.0]]), {0: 0, 1: 1})[0].kind == "survived"


def test_a_tombstone_tells_where_the_accounts_are() -> None:
    counts = np.array([[90.0, 0.0, 10.0], [45.0, 45.0, 10.0], [40.0, 30.0, 30.0], [10.0, 50.0, 40.0], [0.0, 0.0, 0.0]])
    old = [(f"SEG-0{n}", "Old") for n in range(1, 6)]
    tombs = ended({}, old, ["SEG-06", "SEG-07", "SEG-08"], counts)
    assert [(tomb.fate, tomb.heirs) for tomb in tombs] == [
        ("merged", ("SEG-06",)),
        ("split", ("SEG-06", "SEG-07")),
        ("split", ("SEG-06", "SEG-07", "SEG-08")),
        ("split", ("SEG-07", "SEG-08")),
        ("died", ()),
    ]
    assert tombs[0].words == "merged into SEG-06"
    assert tombs[1].words == "split into SEG-06 and SEG-07"
    assert tombs[4].words == "its accounts are in no one segment"


def test_the_living_get_no_tombstone() -> None:
    assert ended({0: 0}, [("SEG-01", "Old")], ["SEG-01"], np.array([[1.0, 99.0]])) == []


def test_events_say_what_happened_in_a_sentence() -> None:
    survived, born = told([[97.0, 3.0]], ["SEG-01", "SEG-02"], came=[0.0, 50.0])
    assert survived.says == "SEG-01 New 1 lives on with 97.0% of its 100 accounts."
    assert (survived.accounts, survived.arr, survived.share) == (97, 970.0, 0.97)
    assert born.says == (
        "SEG-02 New 2 is new: 53 accounts, 35.3% of all; 50 of them were not there at the refresh before."
    )
    assert (born.before, born.after, born.accounts, born.arr) == ((), ("SEG-02",), 53, 530.0)
    assert born.share == pytest.approx(53 / 150)


def test_events_of_splits_merges_and_deaths_name_both_sides() -> None:
    split, merged, died = (
        told([[40.0, 60.0]], ["SEG-01", "SEG-09"])[0],
        told([[100.0, 0.0], [80.0, 10.0]], ["SEG-01", "SEG-03"])[0],
        told([[25.0, 25.0, 25.0, 25.0]], ["SEG-06", "SEG-07", "SEG-08", "SEG-09"])[0],
    )
    assert split.says == (
        "SEG-01 Old 1 was split into SEG-01 New 1 and SEG-09 New 9: they hold 100.0% of its 100 accounts."
    )
    assert merged.says == "SEG-02 Old 2 was merged into SEG-01 New 1, which holds 94.7% of the 190 accounts."
    assert (merged.before, merged.accounts) == (("SEG-01", "SEG-02"), 180)
    assert died.says == "SEG-01 Old 1 ended: no segment holds more than 25.0% of its 100 accounts."
    assert (died.accounts, died.arr, died.share) == (100, 1000.0, 0.25)


def test_an_id_kept_with_few_of_its_accounts_says_so() -> None:
    (changed, *_) = told([[55.0, 25.0, 20.0]], ["SEG-01", "SEG-08", "SEG-09"])
    assert changed.kind == "changed"
    assert changed.says == "SEG-01 New 1 keeps its id with only 55.0% of its 100 accounts."


def test_without_a_value_there_is_no_arr() -> None:
    (event,) = events(Overlap((("SEG-01", "A"),), (("SEG-01", "A"),), np.array([[5.0]]), np.array([0.0])))
    assert event.arr is None

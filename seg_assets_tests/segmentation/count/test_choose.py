"""The choice among judged numbers of segments follows gates, gains and what is in force."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from seg_assets.segmentation.count.choose import EVERYONE, Choice, Judged, choose
from seg_assets.segmentation.count.gates import CountGate
from seg_assets.segmentation.count.prospects import Prospect
from seg_assets.segmentation.lift import Interval
from seg_assets.segmentation.stability.verdict import Gate


def prospect(auc: float, spread: float = 0.0005) -> Prospect:
    """One whose draws all move together with those of others, so that differences are sharp."""
    draws = auc + spread * np.linspace(-1, 1, 100)
    return Prospect(Interval(auc, auc - spread, auc + spread), 0.5, draws)


def judged(
    count: int, auc: float | None, state: Gate = Gate.PASS, *, jaccard: float = 0.9, tells: bool = True
) -> Judged:
    gate = CountGate("size", state, "2.0%", "3.0%")
    return Judged(count, (gate,), jaccard, tells, None if auc is None else prospect(auc))


def chosen(*of: Judged, champion: int | None = None, default: int = 8, tie: float = 0.002) -> Choice:
    return choose(of, default=default, champion=champion, reproducible=0.6, tie=tie, history="4 month-ends are too few")


def test_the_best_that_passes_is_taken() -> None:
    choice = chosen(judged(5, 0.70), judged(6, 0.72), judged(7, 0.74, Gate.BLOCK))
    assert (choice.count, choice.state) == (6, Gate.PASS)
    assert choice.sentence == (
        "6 segments: AUC 0.720 ranks best; 5, 6 pass every gate, the best ranks at AUC 0.720 with 6."
    )


def test_of_equals_the_smaller_is_taken() -> None:
    choice = chosen(judged(5, 0.7190), judged(6, 0.7185), judged(7, 0.7200))
    assert choice.count == 5
    assert "the smallest number that ranks as well as the best" in choice.sentence


def test_a_gain_that_chance_explains_is_none() -> None:
    noisy = Prospect(Interval(0.72, 0.68, 0.76), 0.5, np.random.default_rng(0).normal(0.72, 0.02, 100))
    better = Judged(9, (), 0.9, True, noisy)
    assert chosen(judged(6, 0.715), better).count == 6


def test_the_number_in_force_moves_only_for_a_significant_gain() -> None:
    stays = chosen(judged(6, 0.720), judged(8, 0.7195), champion=8)
    assert stays.count == 8
    moves = chosen(judged(6, 0.730), judged(8, 0.7195), champion=8)
    assert moves.count == 6
    assert "6 segments instead of 8: a significant gain of AUC +0.0105" in moves.sentence


def test_a_number_in_force_that_does_not_pass_any_more_is_left() -> None:
    choice = chosen(judged(6, 0.70), judged(8, 0.74, Gate.BLOCK), champion=8)
    assert choice.count == 6
    assert "8 of the champion does not pass" in choice.sentence


def test_a_number_in_force_that_only_warns_stays_unless_another_gains() -> None:
    """Its 5th percentile of agreement fell from 0.901 to 0.899, and everybody would have moved for nothing."""
    warned = judged(8, 0.7195, Gate.WARN)
    stays = chosen(judged(6, 0.720), warned, champion=8)
    assert (stays.count, stays.state) == (8, Gate.WARN)
    assert "6 pass every gate, 8 in force with a warning" in stays.sentence
    assert chosen(judged(6, 0.730), warned, champion=8).count == 6


def test_warnings_are_taken_only_where_nothing_passes() -> None:
    assert chosen(judged(5, 0.70), judged(6, 0.74, Gate.WARN)).count == 5
    choice = chosen(judged(5, 0.70, Gate.BLOCK), judged(6, 0.74, Gate.WARN))
    assert (choice.count, choice.state) == (6, Gate.WARN)
    assert "pass with warnings, none without" in choice.sentence


def test_too_little_history_gives_the_usual_number_and_says_so() -> None:
    choice = chosen(judged(7, None), judged(8, None), judged(9, None))
    assert choice.count == 8
    assert choice.sentence.startswith("8 segments, the usual number that holds: 4 month-ends are too few")
    assert chosen(judged(6, None), judged(8, None, Gate.BLOCK), judged(10, None)).count == 6


def test_where_nothing_passes_the_one_that_fewest_gates_stop_is_named_with_what_it_fails() -> None:
    choice = chosen(judged(6, 0.7, Gate.BLOCK), judged(9, 0.7, Gate.BLOCK))
    assert (choice.count, choice.state) == (9, Gate.BLOCK)
    assert "fails size: 2.0% (asked 3.0%)" in choice.sentence
    twice = replace(judged(9, 0.7, Gate.BLOCK), gates=2 * judged(9, 0.7, Gate.BLOCK).gates)
    assert chosen(judged(5, 0.7, Gate.BLOCK), twice).count == 5


def test_nothing_that_comes_back_is_no_stable_segmentation() -> None:
    choice = chosen(judged(4, 0.7, jaccard=0.59), judged(5, 0.72, jaccard=0.41))
    assert (choice.count, choice.state) == (EVERYONE, Gate.BLOCK)
    assert "Jaccard is 0.59 at best" in choice.sentence


def test_segments_that_tell_neither_outcome_nor_value_are_no_segmentation() -> None:
    choice = chosen(judged(4, 0.5, tells=False), judged(5, 0.5, tells=False))
    assert choice.count == EVERYONE
    assert "neither in outcome, beyond permuted labels, nor in value" in choice.sentence
    assert chosen(judged(4, 0.5, tells=False), judged(5, 0.51)).count != EVERYONE

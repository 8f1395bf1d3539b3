from __future__ import annotations

import numpy as np
import polars as pl

from seg_assets.segmentation.candidates import Candidate
from seg_assets.segmentation.look_ahead import promising
from seg_assets.segmentation.split_search import SplitSearch
from seg_assets.segmentation.tree import TreeGrower

ROWS = 8_000
FLAGS = dict(zip(("first", "second", "third"), np.random.default_rng(3).random((3, ROWS)) < 0.5, strict=True))


def asked() -> list[Candidate]:
    return [Candidate(name, (~flag).astype(np.uint8), levels=("true",), flag=True) for name, flag in FLAGS.items()]


def taken(target: np.ndarray, *, last: bool = False) -> str:
    """What is asked of all accounts."""
    search = SplitSearch.of(asked(), target)
    found = promising(search, search.part(np.arange(ROWS)), 100, last=last)
    assert found is not None
    inside, others = (part.rows for part in found.parts)
    assert FLAGS[found.split.candidate.column][inside].all()
    assert not FLAGS[found.split.candidate.column][others].any()
    return found.split.candidate.column


def target(second: float, hidden: float) -> np.ndarray:
    """Places that the first flag parts by 1 and the second by `second`, within which the third parts by `hidden`."""
    first = FLAGS["first"] * 1.0
    after = np.where(FLAGS["second"], 1, -1) * np.where(FLAGS["third"], 1, -1) * hidden
    return np.column_stack([first, FLAGS["second"] * second, after])


def test_of_questions_that_gain_nearly_the_same_the_one_that_opens_more_is_asked() -> None:
    """Seen in the sample: firm size gained as much as the stage, after which another stage could be told apart."""
    assert taken(target(0.95, hidden=0.8)) == "second"


def test_where_others_promise_no_clearly_more_the_own_gain_decides() -> None:
    assert taken(target(0.95, hidden=0.0)) == "first"
    assert taken(target(0.95, hidden=0.5)) == "first"


def test_a_question_that_gains_much_less_is_not_followed() -> None:
    assert taken(target(0.8, hidden=0.8)) == "first"


def test_nothing_is_looked_for_behind_the_last_question() -> None:
    assert taken(target(0.95, hidden=0.8), last=True) == "first"
    grower = TreeGrower(pl.DataFrame(), target(0.95, hidden=0.8), asked(), {})
    assert grower.grow(4, 0.03, 1)[0].condition.column == "first"
    assert grower.grow(4, 0.03, 2)[0].condition.column == "second"


def test_accounts_that_are_all_alike_are_not_parted() -> None:
    search = SplitSearch.of(asked(), np.zeros((ROWS, 2)))
    assert promising(search, search.part(np.arange(ROWS)), 100, last=False) is None

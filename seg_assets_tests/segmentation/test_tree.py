from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seg_assets.segmentation.candidates import Candidate, candidates
from seg_assets.segmentation.clustering import explained_variance
from seg_assets.segmentation.definitions import Condition, Definition, Test
from seg_assets.segmentation.scoring import SEGMENT, with_segment
from seg_assets.segmentation.tree import Split, TreeGrower, leaf_boxes, leaf_paths
from seg_assets_tests.segmentation.conftest import Fitted


def index_candidate(values: np.ndarray, name: str = "usage") -> Candidate:
    return Candidate(name, values.astype(np.uint8), thresholds=tuple(float(point) for point in range(1, 101)))


def grown(
    values: np.ndarray, target: np.ndarray, leaves: int, champion: dict[str, Condition] | None = None
) -> tuple[Split, ...]:
    frame = pl.DataFrame({"usage": values.astype(float)})
    grower = TreeGrower(frame, target[:, None], [index_candidate(values)], champion or {})
    return grower.grow(leaves, 0.05, 4)


def test_the_tree_finds_the_thresholds_where_accounts_change() -> None:
    values = np.arange(400) % 101
    target = np.where(values >= 70, 5.0, 0.0) + np.where(values >= 30, 1.0, 0.0)
    splits = grown(values, target, 3)
    assert [s.condition for s in splits] == [
        Condition("usage", Test.AT_LEAST, 70.0),
        Condition("usage", Test.AT_LEAST, 30.0),
    ]
    assert [s.path for s in splits] == ["", "0"]


def test_a_threshold_within_a_gap_is_a_round_number_near_its_middle() -> None:
    values = np.repeat([3, 64], 100)
    assert grown(values, values.astype(float), 2)[0].condition.threshold == 30.0


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 10), st.sampled_from([0.03, 0.1, 0.3]))
def test_every_account_is_in_exactly_one_leaf_and_no_leaf_is_too_small(seed: int, leaves: int, share: float) -> None:
    random = np.random.default_rng(seed)
    usage, size = random.integers(0, 101, 300), random.integers(0, 101, 300)
    stage = random.choice(["lead", "trial", "customer"], 300)
    frame = pl.DataFrame({"usage": usage.astype(float), "size": size.astype(float), "stage": stage})
    levels = ("customer", "lead", "trial")
    asked = [
        index_candidate(usage),
        index_candidate(size, "size"),
        Candidate("stage", np.searchsorted(levels, stage).astype(np.uint8), levels=levels),
    ]
    splits = TreeGrower(frame, random.normal(size=(300, 3)), asked, {}).grow(leaves, share, 4)
    boxes = leaf_boxes(splits)
    assert len(boxes) == len(splits) + 1 <= leaves
    assert leaf_paths(splits) == tuple(boxes)
    assert all(len(path) <= 4 for path in boxes)
    inside = np.column_stack([frame.with_columns(h=Definition((b,)).expression())["h"] for b in boxes.values()])
    assert (inside.sum(axis=1) == 1).all()
    assert inside.mean(axis=0).min() >= share or len(boxes) == 1
    unseen = pl.DataFrame({"usage": [None, 50.0], "size": [None, 200.0], "stage": [None, "new"]})
    codes = with_segment(unseen.lazy(), [Definition((box,)) for box in boxes.values()]).collect()[SEGMENT]
    assert codes.null_count() == 0


def test_the_champions_threshold_stays_while_it_is_nearly_as_good() -> None:
    random = np.random.default_rng(5)
    values = random.integers(0, 101, 5_000)
    target = values + random.normal(size=5_000)
    best = grown(values, target, 2)[0].condition
    near = Condition("usage", Test.AT_LEAST, best.threshold + 3)
    far = Condition("usage", Test.AT_LEAST, 85.0)
    assert grown(values, target, 2, {"": near})[0].condition == near
    assert grown(values, target, 2, {"": far})[0].condition == best


def test_of_two_columns_that_say_the_same_the_first_is_taken() -> None:
    values = np.arange(300) % 101
    frame = pl.DataFrame({"first": values, "second": values})
    asked = [index_candidate(values, "first"), index_candidate(values, "second")]
    assert TreeGrower(frame, values[:, None].astype(float), asked, {}).grow(2, 0.1, 4)[0].condition.column == "first"


def test_a_set_of_levels_is_found_though_no_single_level_stands_out() -> None:
    levels = ("a", "b", "c", "d")
    codes = np.arange(400) % 4
    target = np.isin(codes, [1, 3]).astype(float)[:, None]
    frame = pl.DataFrame({"level": [levels[code] for code in codes]})
    split = TreeGrower(frame, target, [Candidate("level", codes.astype(np.uint8), levels=levels)], {}).grow(2, 0.1, 4)[
        0
    ]
    assert set(split.condition.levels) in ({"a", "c"}, {"b", "d"})


def test_accounts_that_are_all_alike_are_not_split() -> None:
    assert grown(np.arange(200) % 101, np.zeros(200), 5) == ()


def test_candidates_are_the_catalogues_readable_columns(fitted: Fitted) -> None:
    reference = fitted.preprocessor.reference
    frame = fitted.snapshot.with_columns(reference.index_expressions())
    asked = candidates(frame, fitted.catalogue, reference)
    columns = [candidate.column for candidate in asked]
    assert columns[:3] == ["lifecycle_stage", "sales_motion", "firm_size"]
    assert "industry" not in columns
    assert "web_visits_30d" not in columns
    for candidate in asked:
        assert candidate.bins.max() < candidate.size
        splits = candidate.known_splits()
        if candidate.has_level_sets:
            splits = np.vstack([splits, candidate.level_sets(np.ones((candidate.size, 3)))])
        for inside in splits:
            expected = inside[candidate.bins]
            actual = frame.with_columns(h=candidate.condition(inside).expression().fill_null(False))["h"]
            assert actual.to_list() == expected.tolist(), candidate.column


def test_growing_on_sixty_thousand_accounts_finds_the_two_columns_that_matter() -> None:
    random = np.random.default_rng(0)
    columns = {f"c{n}": random.integers(0, 101, 60_000) for n in range(40)}
    target = np.column_stack([columns["c3"], columns["c7"]]).astype(float)
    asked = [index_candidate(values, name) for name, values in columns.items()]
    splits = TreeGrower(pl.DataFrame(columns), target, asked, {}).grow(8, 0.03, 4)
    definitions = [Definition((box,)) for box in leaf_boxes(splits).values()]
    codes = with_segment(pl.LazyFrame(columns), definitions).collect()[SEGMENT]
    assert explained_variance(target, codes.to_numpy().astype(np.intp)) > 0.8
    assert {s.condition.column for s in splits} == {"c3", "c7"}


@pytest.mark.parametrize("path", ["", "1"])
def test_a_champions_condition_on_a_column_that_is_gone_is_not_kept(path: str) -> None:
    values = np.arange(300) % 101
    splits = grown(values, values.astype(float), 3, {path: Condition("gone", Test.AT_LEAST, 50.0)})
    assert {s.condition.column for s in splits} == {"usage"}

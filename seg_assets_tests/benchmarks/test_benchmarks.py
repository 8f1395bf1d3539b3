"""The benchmarks compare like with like; how fast anything is, is no test's business."""

from __future__ import annotations

import importlib
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from benchmarks import plain_refresh
from benchmarks.__main__ import ALONE, IN_TURNS, ONCE
from benchmarks.agreement import agreement
from benchmarks.comparison import ACCOUNTS, Loop, aims, ratios
from benchmarks.measuring import Figures
from benchmarks.plain_scoring import PlainScoring
from benchmarks.prepared import DEFINITION_VERSION, WEEK, Prepared
from benchmarks.preparing import prepare
from benchmarks.table import aims_table, loop_table, stages_table
from seg_assets.catalogs import default_catalogue
from seg_assets.segmentation import Segmentation
from seg_assets.segmentation.confidence import Noise
from seg_assets.segmentation.definitions import Box, Condition, Definition, Test
from seg_assets.segmentation.intent.index import INTENT
from seg_assets.segmentation.stability.assessment import Effort
from seg_assets.segmentation.wording import Vocabulary


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    made = Prepared(tmp_path_factory.mktemp("bench"), 3_000)
    prepare(made)
    return made


@pytest.fixture(scope="module")
def accounts(prepared: Prepared) -> int:
    return prepared.lakehouse.scan("account_snapshots", [WEEK]).collect().height


@pytest.mark.parametrize("stage", [*ALONE, *IN_TURNS])
def test_a_repeat_of_every_stage_works_on_every_account(stage: str, prepared: Prepared, accounts: int) -> None:
    repeats = importlib.import_module(f"benchmarks.stages.{stage}").repeats(prepared)
    assert [next(repeats)(), next(repeats)()] == [accounts, accounts]


@pytest.mark.parametrize("stage", ONCE)
def test_a_stage_that_runs_once_works_on_every_account(
    stage: str, prepared: Prepared, accounts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = Effort(half=500, splits=2, bootstraps=2, nulls=2, null_splits=1, null_bootstraps=1)
    monkeypatch.setattr(plain_refresh, "EFFORT", small)
    monkeypatch.setattr(plain_refresh, "PARTS", 2)
    assert next(importlib.import_module(f"benchmarks.stages.{stage}").repeats(prepared))() == accounts


def test_the_plain_scoring_gives_every_account_the_same_scores(prepared: Prepared, tmp_path: Path) -> None:
    scores = pl.read_parquet(prepared.file_of("segment_scores"), hive_partitioning=False)
    found = agreement(scores, _plain(prepared, prepared.segmentation, tmp_path))
    assert found.complete, str(found)
    assert {"segment_id", "reasons", "confidence", "second_segment_id", "unusual"} <= set(found.same)
    assert scores["segment_id"].n_unique() > 1
    assert any(INTENT in definition.columns for definition in prepared.segmentation.definitions)


def test_the_plain_scoring_agrees_on_conditions_of_every_kind(prepared: Prepared, tmp_path: Path) -> None:
    segmentation = _with_conditions_of_every_kind(prepared.segmentation)
    snapshot = prepared.lakehouse.scan("account_snapshots", [WEEK])
    scores = (
        segmentation.assign(snapshot)
        .with_columns(definition_version=pl.lit(DEFINITION_VERSION), before_first_model=pl.lit(False))
        .drop("snapshot_date")
        .collect()
    )
    found = agreement(scores, _plain(prepared, segmentation, tmp_path).select(scores.columns))
    assert found.complete, str(found)
    assert scores["segment_id"].n_unique() == len(segmentation.segments)


def test_scores_that_differ_are_told_apart_by_column_and_number() -> None:
    scores = pl.DataFrame({"account_id": ["A", "B"], "segment_id": ["SEG-01", None], "reasons": [["x"], []]})
    other = scores.reverse().with_columns(segment_id=pl.lit("SEG-01"))
    found = agreement(scores, other)
    assert not found.decisive
    assert not found.complete
    assert str(found) == "the same for 2 accounts, but for segment_id 1"


def test_scores_of_other_accounts_are_not_compared() -> None:
    scores = pl.DataFrame({"account_id": ["A", "B"], "segment_id": ["SEG-01", "SEG-02"]})
    with pytest.raises(ValueError, match="not the same accounts"):
        agreement(scores, scores.head(1))


def test_ratios_pair_the_repeats_of_a_turn_and_leave_the_cold_one_out() -> None:
    assert ratios(_figures(9.0, 2.0, 6.0), _figures(1.0, 1.0, 2.0)) == (2.0, 3.0)


def test_a_missed_aim_is_called_missed() -> None:
    scoring, floor, plain = _figures(1.0, 1.0, 1.0), _figures(1.0, 0.5, 0.5), _figures(9.0, 4.0, 4.0)
    judged = aims(scoring, floor, plain, _figures(95.0), ACCOUNTS)
    assert [aim.met for aim in judged] == [True, True, True, False, False, True]
    faster, refresh = aims_table(judged).splitlines()[-3:-1]
    assert "4.00 times" in faster
    assert "MISSED" in faster
    assert "95.00 s" in refresh
    assert "MISSED" in refresh


def test_another_number_of_accounts_is_not_judged() -> None:
    judged = aims(_figures(1.0, 1.0), _figures(1.0, 1.0), _figures(1.0, 1.0), _figures(1.0), 3_000)
    assert {aim.met for aim in judged} == {None}


def test_a_stage_that_ran_once_is_as_warm_as_it_is_cold() -> None:
    once = _figures(3.0)
    assert (once.cold, once.warm, once.warm_cpu) == (3.0, 3.0, 3.0)


def test_a_part_of_the_loop_counts_as_often_as_there_are_parts_and_the_table_says_so() -> None:
    loop = Loop(_figures(10.0), _figures(2.0), parts=20)
    assert (loop.seconds, loop.cpu_seconds) == (50.0, 50.0)
    lines = [" ".join(line.split()) for line in loop_table(_figures(5.0), loop).splitlines()]
    assert lines[-2] == "scikit-learn loop: refits, 1 of 20 parts 2.0 40 40 8.0"
    assert lines[-1] == "scikit-learn loop, all 12.0 50 50 10.0"


def test_the_lines_of_the_table_are_equally_wide() -> None:
    text = stages_table({"stage": "a stage", "other": "x"}, [_figures(1.0, 2.0), _figures(100.0, 2.0)])
    assert len({len(line) for line in text.splitlines()}) == 1


def _figures(*seconds: float) -> Figures:
    return Figures("stage", 0.5, seconds, seconds, 1_000, 500.0)


def _plain(prepared: Prepared, segmentation: Segmentation, folder: Path) -> pl.DataFrame:
    target = folder / "plain.parquet"
    PlainScoring(segmentation, DEFINITION_VERSION).score_file(prepared.file_of("account_snapshots"), target)
    return pl.read_parquet(target)


def _with_conditions_of_every_kind(segmentation: Segmentation) -> Segmentation:
    """The same reference with a hand-made tree over a number, a share, levels, a flag and an index."""
    value = Condition("contract_value", Test.AT_LEAST, 30_000.0)
    opens = Condition("email_open_rate_90d", Test.BELOW, 0.2)
    motion = Condition("sales_motion", Test.ONE_OF, levels=("self_serve",))
    growing = Condition("expansion_flag", Test.TRUE)
    engaged = Condition("engagement", Test.AT_LEAST, 50.0)
    likely = Condition(INTENT, Test.AT_LEAST, 50.0)
    boxes: list[list[tuple[Condition, ...]]] = [
        [(value,)],
        [(value.negation, opens, growing)],
        [(value.negation, opens, growing.negation, motion)],
        [(value.negation, opens, growing.negation, motion.negation), (value.negation, opens.negation, engaged)],
        [(value.negation, opens.negation, engaged.negation, likely)],
        [(value.negation, opens.negation, engaged.negation, likely.negation)],
    ]
    definitions = [Definition(tuple(Box(conditions) for conditions in several)) for several in boxes]
    # No round numbers: Polars divides by a constant as it multiplies by its inverse, and a tie would be broken by that.
    noise = (
        Noise("contract_value", 5_130.0),
        Noise("email_open_rate_90d", 0.0471),
        Noise("engagement", 4.03),
        Noise(INTENT, 3.07),
    )
    return replace(
        segmentation,
        segments=tuple(
            replace(segment, definition=definition)
            for segment, definition in zip(segmentation.segments, definitions, strict=False)
        ),
        confidence=replace(segmentation.confidence, noise=noise),
        vocabulary=Vocabulary.of(default_catalogue(), segmentation.index_set),
    )

from __future__ import annotations

import json
from dataclasses import replace

import duckdb
import polars as pl
import pytest

from seg_assets.segmentation import Segmentation
from seg_assets.segmentation.confidence import FAR
from seg_assets.segmentation.definitions import Box, Condition, Definition, Test
from seg_assets.segmentation.events import Tombstone
from seg_assets.segmentation.scoring import nearest
from seg_assets_tests.segmentation.conftest import Fitted

COLUMNS = {
    "account_id": pl.String,
    "snapshot_date": pl.Date,
    "segment_id": pl.String,
    "segment_name": pl.String,
    "rule_segment_id": pl.String,
    "held": pl.Boolean,
    "confidence": pl.Float64,
    "second_segment_id": pl.String,
    "reasons": pl.List(pl.String),
    "unusual": pl.Boolean,
    "labels": pl.List(pl.String),
    "action": pl.String,
    "action_from": pl.String,
    "action_reason": pl.String,
}


@pytest.fixture(scope="module")
def scores(fitted: Fitted) -> pl.DataFrame:
    return fitted.segmentation.assign(fitted.snapshot).collect()


def test_every_account_is_scored_once_and_in_order(fitted: Fitted, scores: pl.DataFrame) -> None:
    assert dict(scores.schema) == COLUMNS
    assert scores["account_id"].equals(fitted.snapshot["account_id"])
    whole = scores.drop("confidence", "action", "action_from", "second_segment_id")
    assert sum(whole.null_count().row(0)) == 0
    assert (scores["segment_id"] == scores["rule_segment_id"]).all()
    assert (scores["segment_id"] != scores["second_segment_id"]).fill_null(True).all()
    assert not scores["held"].any()


def test_reasons_are_the_conditions_with_the_accounts_values(fitted: Fitted, scores: pl.DataFrame) -> None:
    indices = fitted.segmentation.indices(fitted.snapshot).collect()
    by_id = {segment.segment_id: segment for segment in fitted.segmentation.segments}
    together = pl.concat(
        [scores, indices.drop("account_id"), fitted.snapshot.drop("account_id", "snapshot_date")], how="horizontal"
    )
    for row in together.head(200).iter_rows(named=True):
        box = by_id[row["segment_id"]].definition.boxes[0]
        assert len(row["reasons"]) == len(box.conditions)
        for condition, reason in zip(box.conditions, row["reasons"], strict=True):
            assert reason.startswith(fitted.segmentation.vocabulary.term(condition.column).title)
            if condition.column in indices.columns:
                demand = fitted.segmentation.vocabulary.demand(condition)
                assert reason.endswith(f" {row[condition.column]:.0f} ({demand})")


def test_missing_values_are_said_to_be_not_known(fitted: Fitted) -> None:
    definitions = (
        Definition((Box((Condition("lifecycle_stage", Test.ONE_OF, 0.0, ("trial",)),)),)),
        Definition((Box((Condition("lifecycle_stage", Test.NONE_OF, 0.0, ("trial",)),)),)),
    )
    rows = fitted.snapshot.head(2).with_columns(pl.Series("lifecycle_stage", ["trial", None], dtype=pl.String))
    scored = redefined(fitted, definitions).assign(rows).collect()
    assert scored["reasons"].to_list() == [
        ["lifecycle stage trial"],
        ["lifecycle stage not known (is not trial)"],
    ]


def redefined(fitted: Fitted, definitions: tuple[Definition, ...]) -> Segmentation:
    """The fitted segmentation with other definitions, for the first segments."""
    segments = fitted.segmentation.segments[: len(definitions)]
    changed = tuple(replace(s, definition=d) for s, d in zip(segments, definitions, strict=True))
    return replace(fitted.segmentation, segments=changed)


def test_a_segment_of_two_boxes_is_assigned_and_explained_by_the_box_that_holds(fitted: Fitted) -> None:
    large = Condition("firm_size", Test.AT_LEAST, 80.0)
    engaged = Condition("engagement", Test.AT_LEAST, 80.0)
    either = Definition((Box((large,)), Box((large.negation, engaged))))
    neither = Definition((Box((large.negation, engaged.negation)),))
    segmentation = redefined(fitted, (either, neither))
    noise = tuple(replace(fitted.segmentation.confidence.noise[0], column=c) for c in ("firm_size", "engagement"))
    segmentation = replace(segmentation, confidence=replace(fitted.segmentation.confidence, noise=noise))
    scored = pl.concat(
        [
            segmentation.assign(fitted.snapshot).collect(),
            segmentation.indices(fitted.snapshot).collect().drop("account_id"),
        ],
        how="horizontal",
    )
    inside = scored["segment_id"] == segmentation.segments[0].segment_id
    expected = scored.select((pl.col("firm_size") >= 80) | (pl.col("engagement") >= 80)).to_series()
    assert inside.equals(expected, check_names=False)
    lengths = scored.filter(inside, pl.col("firm_size") < 80)["reasons"].list.len()
    assert set(lengths) == {2}


def test_one_segment_of_everyone_scores_everyone(fitted: Fitted) -> None:
    scored = redefined(fitted, (Definition((Box(()),)),)).assign(fitted.snapshot).collect()
    assert scored["segment_id"].n_unique() == 1
    assert scored["second_segment_id"].null_count() == scored.height
    assert scored["reasons"].list.len().sum() == 0


def test_the_sql_definitions_give_every_account_the_same_segment(fitted: Fitted, scores: pl.DataFrame) -> None:
    rows = fitted.snapshot.with_columns(fitted.segmentation.index_set.expressions())  # noqa: F841 - DuckDB reads it
    cases = " ".join(f"WHEN {s.definition.sql()} THEN '{s.segment_id}'" for s in fitted.segmentation.segments)
    found = duckdb.sql(f"SELECT account_id, CASE {cases} END AS segment_id FROM rows ORDER BY account_id").fetchall()
    assert found == scores.sort("account_id").select("account_id", "segment_id").rows()


def test_scoring_reads_only_the_required_columns_and_streams(fitted: Fitted, scores: pl.DataFrame) -> None:
    columns = fitted.segmentation.required_columns
    assert len(columns) < fitted.snapshot.width
    lazily = fitted.segmentation.assign(fitted.snapshot.lazy().select(columns))
    assert lazily.collect(engine="streaming").equals(scores)
    missing = fitted.snapshot.drop(columns[-1])
    with pytest.raises(pl.exceptions.ColumnNotFoundError):
        fitted.segmentation.assign(missing).collect()


def test_accounts_are_scored_one_by_one(fitted: Fitted, scores: pl.DataFrame) -> None:
    """No figure of an account may depend on which other accounts are in the frame."""
    few = fitted.segmentation.assign(fitted.snapshot[100:103]).collect()
    assert few.equals(scores[100:103])


def test_a_level_that_nobody_has_seen_is_scored(fitted: Fitted) -> None:
    strange = fitted.snapshot.head(5).with_columns(
        pl.lit("brand new").alias(name) for name in ("lifecycle_stage", "sales_motion", "employee_band", "industry")
    )
    assert fitted.segmentation.assign(strange).collect()["segment_id"].null_count() == 0


def test_an_account_of_which_nothing_is_known_is_scored(fitted: Fitted) -> None:
    names = fitted.catalogue.feature_names
    blank = fitted.snapshot.head(1).with_columns(
        pl.lit(None, dtype=fitted.snapshot[name].dtype).alias(name) for name in (*names, "product_usage_applicable")
    )
    assert fitted.segmentation.assign(blank).collect()["segment_id"].null_count() == 0


def test_a_segmentation_survives_json_exactly(fitted: Fitted, scores: pl.DataFrame) -> None:
    text = fitted.segmentation.to_json()
    restored = Segmentation.from_json(text)
    assert restored == fitted.segmentation
    assert restored.to_json() == text
    assert restored.assign(fitted.snapshot).collect().equals(scores)


def test_another_format_is_refused(fitted: Fitted) -> None:
    values = json.loads(fitted.segmentation.to_json())
    with pytest.raises(ValueError, match="fit the service month again"):
        Segmentation.from_json(json.dumps(values | {"format": 0}))


def test_the_readable_text_names_every_segment_with_its_conditions(fitted: Fitted) -> None:
    ended = Tombstone("SEG-99", "Gone", "merged", ("SEG-01",))
    text = replace(fitted.segmentation, tombstones=(ended,)).definitions_text()
    for segment in fitted.segmentation.segments:
        assert f"## {segment.segment_id} {segment.name}" in text
        assert fitted.segmentation.words(segment) in text
        assert segment.definition.sql() in text
    assert "SEG-99 Gone: merged into SEG-01" in text


def test_no_segment_is_second_where_none_is_near() -> None:
    """The tie at the greatest distance once went to the first segment, so that a lead was "nearly a customer"."""
    near = pl.DataFrame({"first": [FAR, 0.5, None], "second": [FAR, 2.0, 1.0]})
    distances = [pl.col("first"), pl.col("second")]
    found = near.select(nearest(distances, pl.min_horizontal(distances))).to_series()
    assert found.to_list() == [None, 0, 1]

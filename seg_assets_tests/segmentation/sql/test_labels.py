"""A label's condition gives every account the same answer in Polars and in SQL, and so does the whole SELECT."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import duckdb
import numpy as np
import polars as pl
import pytest
import sqlglot
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from sqlglot import exp

from seg_assets.catalogs.label_language import Language, parsed
from seg_assets.segmentation.definitions import Box, Definition
from seg_assets.segmentation.label_conditions import expression
from seg_assets.segmentation.labels import Labels
from seg_assets.segmentation.sql import labels_sql
from seg_assets.segmentation.sql.label_predicates import Predicates
from seg_assets.segmentation.sql.syntax import DIALECTS, column
from seg_assets_tests.segmentation.conftest import Fitted
from seg_assets_tests.segmentation.label_examples import label
from seg_assets_tests.segmentation.population import population
from seg_assets_tests.segmentation.sql.label_cases import NUMBERS, SCHEMA, TEXTS, conditions, rows

COMPARED = (exp.EQ, exp.LT, exp.LTE, exp.GT, exp.GTE)


def asked(text: str, tables: dict[str, pl.DataFrame]) -> pl.DataFrame:
    with duckdb.connect() as connection:
        for name, table in tables.items():
            connection.register(name, table.to_arrow())
        return connection.sql(text).pl()


def as_duckdb(text: str, dialect: str) -> str:
    """A text of `dialect` for DuckDB; what Trino says of NaN made so: no comparison with it holds but `<>`."""
    tree = sqlglot.parse_one(text, dialect=dialect)
    if dialect == "trino":
        tree = tree.transform(_as_trino_compares)
    return tree.sql("duckdb")


def _as_trino_compares(node: exp.Expression) -> exp.Expression:
    if not isinstance(node, (*COMPARED, exp.NEQ)) or any(_is_text(side) for side in (node.left, node.right)):
        return node
    real = [exp.not_(exp.IsNan(this=exp.cast(side.copy(), "double"))) for side in (node.left, node.right)]
    return exp.paren(exp.or_(node, exp.not_(exp.and_(*real))) if isinstance(node, exp.NEQ) else exp.and_(node, *real))


def _is_text(side: exp.Expression) -> bool:
    if isinstance(side, exp.Coalesce):
        return _is_text(side.this)
    return side.name in (*TEXTS, "account_id", "snapshot_date") if isinstance(side, exp.Column) else side.is_string


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(conditions, st.lists(rows, min_size=1, max_size=12), st.sampled_from(DIALECTS))
def test_every_account_has_one_answer(text: str, values: list[dict[str, object]], dialect: str) -> None:
    accounts = pl.DataFrame(values, schema=SCHEMA)
    Language(SCHEMA, {}).check(text)
    tree = parsed(text)
    answer = expression(tree, {name: pl.col(name) for name in SCHEMA}).fill_null(False)
    found = accounts.with_columns(answer.alias("is"))["is"]
    predicate = Predicates({name: column(name) for name in SCHEMA}, NUMBERS, dialect).of(tree)
    select = exp.select(exp.alias_(exp.func("COALESCE", predicate, exp.false()), "is")).from_("accounts")
    assert asked(as_duckdb(select.sql(dialect), dialect), {"accounts": accounts})["is"].to_list() == found.to_list()


BUILT = (
    label("grown", 1, "high_value AND segment_id IN ('SEG-01', 'SEG-02')"),
    label("quiet", 2, "NOT grown AND NOT COALESCE(engagement >= 50, FALSE) OR intent / web_visits_30d >= 12"),
)


def wild(fitted: Fitted) -> pl.DataFrame:
    """The population, with infinities and NaN in a tenth of all numbers."""
    random = np.random.default_rng(0)
    height = fitted.snapshot.height
    return fitted.snapshot.with_columns(
        pl.when(pl.Series(random.random(height) < 0.1))
        .then(pl.Series(random.choice([np.nan, np.inf, -np.inf, 0.0], height)))
        .otherwise(pl.col(name))
        .alias(name)
        for name, dtype in fitted.snapshot.schema.items()
        if dtype == pl.Float64
    )


def flags(scores: pl.DataFrame, labels: Labels) -> pl.DataFrame:
    """What the SELECT gives, from the scores."""
    held = [pl.col("labels").list.contains(name).alias(name) for name in labels.names]
    return scores.select("account_id", "snapshot_date", *held).sort("account_id")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_select_gives_the_labels_that_scoring_gives(fitted: Fitted, dialect: str) -> None:
    accounts, labels = wild(fitted), Labels.of([*fitted.catalogue.labels, *BUILT])
    tiers = accounts.select("account_id", tier=pl.Series(["A", "B", "none", None] * (accounts.height // 4)))[::2]
    text = labels_sql(fitted.segmentation, labels, "accounts", accounts.schema, tiers="tiers", dialect=dialect)
    found = asked(as_duckdb(text, dialect), {"accounts": accounts, "tiers": tiers}).sort("account_id")
    told = fitted.segmentation.assign(accounts.join(tiers, on="account_id", how="left"), labels=labels).collect()
    assert_frame_equal(found, flags(told, labels))
    assert sum(0 < found[name].sum() < found.height for name in labels.names) > len(labels.names) / 2


def test_the_segment_that_labels_ask_is_the_one_shown(fitted: Fitted) -> None:
    labels = Labels.of(BUILT[:1] + fitted.catalogue.labels)
    now = fitted.snapshot["snapshot_date"][0]
    weeks = [
        fitted.snapshot,
        *(population(fitted.catalogue, 4_000, monday=now - timedelta(weeks=n), drift=0.1) for n in (1, 2, 3)),
    ]
    text = labels_sql(fitted.segmentation, labels, "accounts", fitted.snapshot.schema, hold_weeks=2)
    found = asked(text, {"accounts": pl.concat(weeks)}).filter(snapshot_date=now).sort("account_id")
    told = fitted.segmentation.assign(weeks[0], [week.lazy() for week in weeks[1:]], 2, labels).collect()
    assert told["held"].any()
    assert_frame_equal(found, flags(told, labels))


def test_an_index_that_is_not_there_yet_is_null_in_sql_too(fitted: Fitted) -> None:
    labels = Labels.of(fitted.catalogue.labels)
    without = replace(
        fitted.segmentation,
        intent=None,
        segments=(replace(fitted.segmentation.segments[0], definition=Definition((Box(()),))),),
    )
    assert without.unanswered(labels, [*fitted.snapshot.columns, "tier"]) == ("intent",)
    found = asked(labels_sql(without, labels, "accounts", fitted.snapshot.schema), {"accounts": fitted.snapshot})
    assert_frame_equal(
        found.sort("account_id"), flags(without.assign(fitted.snapshot, labels=labels).collect(), labels)
    )
    assert not found["high_intent_no_opportunity"].any()


def test_another_dialect_is_an_error(fitted: Fitted) -> None:
    with pytest.raises(ValueError, match="no dialect 'mysql'"):
        labels_sql(fitted.segmentation, Labels(()), "accounts", fitted.snapshot.schema, dialect="mysql")

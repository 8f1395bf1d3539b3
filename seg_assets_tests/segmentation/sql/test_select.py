from __future__ import annotations

from dataclasses import replace

import duckdb
import numpy as np
import polars as pl
import pytest
import sqlglot
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from sqlglot import exp

from seg_assets.segmentation import Segmentation
from seg_assets.segmentation.definitions import Box, Condition, Definition, Test
from seg_assets.segmentation.sql import select_sql
from seg_assets.segmentation.sql.syntax import DIALECTS, column, number
from seg_assets_tests.segmentation.conftest import Fitted
from seg_assets_tests.segmentation.sql.models import Case, cases


def run(text: str, accounts: pl.DataFrame) -> pl.DataFrame:
    with duckdb.connect() as connection:
        connection.register("accounts", accounts.to_arrow())
        return connection.sql(text).pl().sort("account_id")


def as_duckdb(text: str, dialect: str) -> str:
    """A text of `dialect` for DuckDB; comparisons with NaN made false where they are in Trino."""
    tree = sqlglot.parse_one(text, dialect=dialect)
    if dialect == "trino":
        tree = tree.transform(_as_trino_compares)
    return tree.sql("duckdb")


def _as_trino_compares(node: exp.Expression) -> exp.Expression:
    if not isinstance(node, (exp.GTE, exp.LT)):
        return node
    return exp.paren(exp.and_(node, exp.not_(exp.IsNan(this=node.this.copy()))))


def expected(segmentation: Segmentation, accounts: pl.DataFrame) -> pl.DataFrame:
    scores = segmentation.assign(accounts).select("account_id", "snapshot_date", "rule_segment_id")
    found = scores.join(segmentation.indices(accounts), on="account_id").collect().sort("account_id")
    return found.select("account_id", "snapshot_date", *segmentation.index_set.names, "rule_segment_id")


@pytest.fixture(scope="module")
def accounts(fitted: Fitted) -> pl.DataFrame:
    """The population, a part of it with nulls, infinities and NaN in columns drawn for each account."""
    random = np.random.default_rng(0)
    numbers = [name for name, dtype in fitted.snapshot.schema.items() if dtype == pl.Float64]
    wild = [
        pl.when(pl.Series(random.random(fitted.snapshot.height) < 0.1))
        .then(pl.Series(random.choice([np.nan, np.inf, -np.inf, 0.0], fitted.snapshot.height)))
        .otherwise(pl.col(name))
        .alias(name)
        for name in numbers
    ]
    return pl.concat(
        [
            fitted.snapshot,
            fitted.snapshot.with_columns(*wild, pl.concat_str(pl.lit("W"), "account_id").alias("account_id")),
        ]
    )


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(cases())
def test_duckdb_gives_every_account_what_polars_gives_it(fitted: Fitted, case: Case) -> None:
    text = select_sql(case.segmentation(fitted.segmentation), "accounts")
    assert_frame_equal(run(text, case.accounts), case.expected)


@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
@given(cases())
def test_an_account_alone_has_what_it_has_among_others(case: Case) -> None:
    """Polars divides a single row by another kernel than many, which once rounded a mean to another millionth."""
    alone = [replace(case, accounts=account).expected for account in case.accounts.iter_slices(1)]
    assert_frame_equal(pl.concat(alone), case.expected)


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(cases(), st.sampled_from([dialect for dialect in DIALECTS if dialect != "duckdb"]))
def test_every_dialect_says_the_same(fitted: Fitted, case: Case, dialect: str) -> None:
    text = select_sql(case.segmentation(fitted.segmentation), "accounts", dialect)
    assert_frame_equal(run(as_duckdb(text, dialect), case.accounts), case.expected)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_fitted_segmentation_has_the_same_answer_in_sql(fitted: Fitted, accounts: pl.DataFrame, dialect: str) -> None:
    text = select_sql(fitted.segmentation, "accounts", dialect)
    wanted = expected(fitted.segmentation, accounts)
    assert_frame_equal(run(as_duckdb(text, dialect), accounts), wanted, check_dtypes=False)
    assert wanted["rule_segment_id"].n_unique() == len(fitted.segmentation.segments)


def test_databricks_is_told_what_spark_is_told(fitted: Fitted) -> None:
    spark, databricks = (select_sql(fitted.segmentation, "accounts", dialect) for dialect in ("spark", "databricks"))
    assert spark == databricks


def test_only_the_required_columns_are_read(fitted: Fitted) -> None:
    columns = fitted.segmentation.required_columns
    found = run(select_sql(fitted.segmentation, "accounts"), fitted.snapshot.select(columns))
    assert found.height == fitted.snapshot.height
    tree = sqlglot.parse_one(select_sql(fitted.segmentation, "accounts"), dialect="duckdb")
    first = next(select for select in tree.find_all(exp.Select) if select.args["from_"].name == "accounts")
    assert {c.name for c in first.find_all(exp.Column)} <= set(columns)


def test_one_statement_says_which_segment_each_branch_is(fitted: Fitted) -> None:
    text = select_sql(fitted.segmentation, "marketing.accounts")
    assert len(sqlglot.parse(text, dialect="duckdb")) == 1
    assert "FROM marketing.accounts" in text
    for segment in fitted.segmentation.segments:
        assert f"THEN '{segment.segment_id}' /* {segment.name} */" in text
    assert max(len(line) for line in text.splitlines()) <= 150


def test_a_name_cannot_end_its_comment(fitted: Fitted) -> None:
    first = replace(fitted.segmentation.segments[0], name="Trial */ 'x'; --")
    odd = replace(fitted.segmentation, segments=(first, *fitted.segmentation.segments[1:]))
    assert_frame_equal(
        run(select_sql(odd, "accounts"), fitted.snapshot),
        run(select_sql(fitted.segmentation, "accounts"), fitted.snapshot),
    )


def test_a_text_that_is_no_name_does_nothing_else(fitted: Fitted) -> None:
    text = select_sql(fitted.segmentation, "accounts; DROP TABLE accounts")
    assert len(sqlglot.parse(text, dialect="duckdb")) == 1


@pytest.mark.parametrize("table", ["deviations", "means", "indices"])
def test_a_table_may_be_called_as_a_step_is(fitted: Fitted, table: str) -> None:
    with duckdb.connect() as connection:
        connection.register("accounts", fitted.snapshot.to_arrow())
        connection.sql(f"CREATE TABLE {table} AS FROM accounts")
        found = connection.sql(select_sql(fitted.segmentation, table)).pl()
    assert found.height == fitted.snapshot.height


def test_everyone_without_indices_is_a_segment_too(fitted: Fitted) -> None:
    reference = replace(fitted.segmentation.reference, indices=())
    segment = replace(fitted.segmentation.segments[0], segment_id="SEG-00", definition=Definition((Box(()),)))
    everyone = replace(fitted.segmentation, reference=reference, intent=None, segments=(segment,))
    found = run(select_sql(everyone, "accounts"), fitted.snapshot)
    assert found.columns == ["account_id", "snapshot_date", "rule_segment_id"]
    assert set(found["rule_segment_id"]) == {"SEG-00"}


def test_another_dialect_is_an_error(fitted: Fitted) -> None:
    with pytest.raises(ValueError, match=r"no dialect 'mysql'.*duckdb, spark"):
        select_sql(fitted.segmentation, "accounts", "mysql")
    with pytest.raises(ValueError, match="no dialect"):
        fitted.segmentation.definitions[0].sql("oracle")


def test_trino_is_asked_for_nan_by_name() -> None:
    definition = Definition(
        (Box((Condition("visits", Test.AT_LEAST, 3.0), Condition("size", Test.NONE_OF, levels=("a",)))),)
    )
    assert definition.sql("trino") == "(visits >= 3 OR IS_NAN(visits)) AND (size IS NULL OR NOT size = 'a')"
    assert definition.sql("spark") == "visits >= 3 AND (size IS NULL OR NOT size = 'a')"


@settings(max_examples=50, deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_reads_back_as_the_same_double(value: float) -> None:
    text = number(value).sql("duckdb")
    for dialect in DIALECTS:
        assert float(sqlglot.parse_one(number(value).sql(dialect), dialect=dialect).sql("duckdb")) == value
    with duckdb.connect() as connection:
        found = connection.execute(f"SELECT ?::DOUBLE >= {text} AND ?::DOUBLE <= {text}", [value, value]).fetchall()
    assert found == [(True,)]


def test_a_column_may_be_called_by_any_word_of_sql() -> None:
    words = [word for (word,) in duckdb.sql("SELECT keyword_name FROM duckdb_keywords()").fetchall()]
    assert len(words) > 400
    for dialect in DIALECTS:
        tree = exp.select(*(exp.alias_(column(word), column(word).this) for word in words)).from_("t")
        again = sqlglot.parse_one(tree.sql(dialect), dialect=dialect)
        assert again.sql("duckdb", identify=True) == tree.sql("duckdb", identify=True)
    values = ", ".join(f'1 AS "{word}"' for word in words)
    assert len(duckdb.sql(f"WITH t AS (SELECT {values}) {tree.sql('duckdb')}").columns) == len(words)

"""What Unity Catalog is told: SQL of Databricks, quoted, about columns that are there, with tags of sensitive ones."""

from __future__ import annotations

import datetime as dt
import json

import polars as pl
import pytest
import sqlglot
from deltalake import DeltaTable
from sqlglot import exp
from typer.testing import CliRunner

from resources.lakehouse import Lakehouse
from seg_assets.cli import app
from seg_assets.schemas import PREPROCESSORS, SEGMENT_SCORES, Column, Table
from seg_assets.unity_catalog import full_name, statements

MONTHS = (dt.date(2026, 6, 1), dt.date(2026, 7, 1))
ODD = Table(
    "raw/odd",
    {"a`b": Column(pl.String, "it's a \\ in C:\\new"), "later": Column(pl.String, "not stored yet", sensitive=True)},
    description='An account\'s "own" row',
)


def frame() -> pl.DataFrame:
    return pl.DataFrame({"data_month": None, "trained_on": dt.date(2026, 6, 29), "preprocessor": "{}"})


def test_names_have_three_levels_and_a_folder_becomes_part_of_the_name():
    assert full_name("raw/firmographics", "main.segments") == "`main`.`segments`.`raw_firmographics`"


@pytest.mark.parametrize("schema", ["segments", "a.b.c", "main.", "main.my segments", ""])
def test_a_schema_without_its_catalog_is_refused(schema):
    with pytest.raises(ValueError, match=r"write <catalog>\.<schema>"):
        full_name("segment_scores", schema)


def test_names_and_texts_are_quoted_so_that_databricks_reads_what_was_written():
    comment, altered = (sqlglot.parse_one(one, dialect="databricks") for one in statements(ODD, ["a`b"], "m.s"))
    assert isinstance(comment, exp.Comment)
    assert [part.name for part in comment.this.parts] == ["m", "s", "raw_odd"]
    assert comment.expression.name == 'An account\'s "own" row'
    (change,) = altered.args["actions"]
    assert change.this.name == "a`b"
    assert change.args["comment"].name == "it's a \\ in C:\\new"


def test_a_column_that_is_not_stored_is_left_out():
    assert not [one for one in statements(ODD, ["a`b"], "m.s") if "later" in one]
    assert [one for one in statements(ODD, ["later"], "m.s") if "SET TAGS" in one] == [
        "ALTER TABLE `m`.`s`.`raw_odd` ALTER COLUMN `later` SET TAGS ('sensitive' = 'true')"
    ]


def test_every_sensitive_column_is_tagged_and_no_other():
    told = list(statements(SEGMENT_SCORES, SEGMENT_SCORES.schema, "main.segments"))
    tagged = [one.split("`")[7] for one in told if one.endswith("SET TAGS ('sensitive' = 'true')")]
    assert tagged == ["account_id", "reasons", "override_owner"]
    assert sum(" COMMENT '" in one for one in told) == len(SEGMENT_SCORES.schema)


def test_a_table_is_made_known_where_it_lies_before_it_is_described():
    first, second, *_ = statements(PREPROCESSORS, PREPROCESSORS.schema, "main.segments", "s3://lake/segments/")
    made = sqlglot.parse_one(first, dialect="databricks")
    assert isinstance(made, exp.Create)
    assert made.find(exp.LocationProperty).this.name == "s3://lake/segments/preprocessors"
    assert second.startswith("COMMENT ON TABLE")


def test_the_command_describes_the_tables_that_are_there(tmp_path):
    Lakehouse(str(tmp_path / "lakehouse")).replace(PREPROCESSORS, frame(), MONTHS[0])
    expected = list(statements(PREPROCESSORS, PREPROCESSORS.schema, "main.segments"))
    home = ["--home", str(tmp_path)]
    told = CliRunner().invoke(app, ["describe", "main.segments", *home])
    assert told.stdout.splitlines() == [f"{one};" for one in expected]
    told = CliRunner().invoke(app, ["describe", "main.segments", *home, "--json"])
    assert json.loads(told.stdout) == {"statements": expected}


def test_slices_of_a_copy_are_described_where_there_is_a_copy(tmp_path):
    lakehouse = Lakehouse(str(tmp_path / "lakehouse"))
    scores = pl.DataFrame([{"account_id": "a", "snapshot_date": MONTHS[0]}], schema=SEGMENT_SCORES.schema)
    lakehouse.replace(SEGMENT_SCORES, scores, MONTHS[0])
    home = ["--home", str(tmp_path)]
    told = CliRunner().invoke(app, ["describe", "main.segments", *home]).stdout
    assert "ALTER COLUMN `region` COMMENT 'Sales region: AMER EMEA APJ LATAM" in told
    told = CliRunner().invoke(app, ["describe", "main.segments", *home, "--location", "s3://lake"]).stdout
    assert "ALTER COLUMN `segment_id`" in told and "`region`" not in told


@pytest.mark.parametrize(("schema", "says"), [("segments", "is no schema"), ("main.segments", "no tables below")])
def test_the_command_says_why_it_tells_nothing(tmp_path, schema, says):
    if schema == "segments":
        Lakehouse(str(tmp_path / "lakehouse")).replace(PREPROCESSORS, frame(), MONTHS[0])
    told = CliRunner().invoke(app, ["describe", schema, "--home", str(tmp_path)])
    assert told.exit_code == 2
    assert says in told.stderr


def test_comments_that_unity_catalog_wrote_into_a_table_outlive_the_next_week(tmp_path):
    """Of a table at a location, it keeps the comments of columns in the table's own log."""
    lakehouse = Lakehouse(str(tmp_path))
    lakehouse.replace(PREPROCESSORS, frame(), MONTHS[0])
    DeltaTable(lakehouse.uri("preprocessors")).alter.set_column_metadata("preprocessor", {"comment": "as JSON"})
    lakehouse.replace(PREPROCESSORS, frame(), MONTHS[1])
    fields = {field.name: field for field in DeltaTable(lakehouse.uri("preprocessors")).schema().fields}
    assert fields["preprocessor"].metadata == {"comment": "as JSON"}
    assert lakehouse.scan("preprocessors", MONTHS).collect().height == 2

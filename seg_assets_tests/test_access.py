"""Who reads what: the views are asked by DuckDB as members of groups, over tables with everyone's rows."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Collection
from pathlib import Path

import duckdb
import polars as pl
import pytest
import sqlglot
from sqlglot import exp
from typer.testing import CliRunner

from resources.lakehouse import Lakehouse
from seg_assets.access import Access, Audience, is_of_accounts, load_access
from seg_assets.access_statements import access_statements
from seg_assets.assets.tables import tables_of
from seg_assets.catalogs import CatalogueError, default_catalogue
from seg_assets.cli import app
from seg_assets.publication_schemas import PUBLICATIONS
from seg_assets.schemas import Table
from seg_assets.unity_catalog import copy_of
from seg_assets_tests.shared import CHECKOUT

EXAMPLE = CHECKOUT / "examples" / "databricks" / "access.yaml"
SCHEMA, READERS = "main.segments", "main.segments_read"
CATALOGUE = default_catalogue()
COPIES = {name: copy_of(table, CATALOGUE) for name, table in tables_of(CATALOGUE).items()}
SCORES, PROFILES, METRICS = (COPIES[name] for name in ("segment_scores", "segment_profiles", "profile_metrics"))
GRANT = re.compile(r"GRANT SELECT ON VIEW (\S+) TO `(.+)`")
PLANTED = "acc-4711"


def access(*audiences: Audience) -> Access:
    return Access(audiences=audiences)


def statements(allowed: Access, *tables: Table) -> list[str]:
    return list(access_statements(allowed, tables, CATALOGUE, SCHEMA, READERS))


def rows_of(table: Table, rows: list[dict[str, object]]) -> pl.DataFrame:
    """Rows of which nothing else is known."""
    return pl.DataFrame(rows, schema=table.schema)


def scores() -> pl.DataFrame:
    """One account a region, and one whose region is not known."""
    regions = ["EMEA", "AMER", None]
    return rows_of(
        SCORES, [{"account_id": f"acc-{one}", "segment_name": "Champions", "region": one} for one in regions]
    )


def name_of(table: Table) -> str:
    return f"`main`.`segments_read`.`{table.name.replace('/', '_')}`"


def seen(told: Collection[str], table: Table, rows: pl.DataFrame, *groups: str) -> pl.DataFrame | None:
    """What a member of `groups` gets of a table; None where no group was granted its view."""
    granted = {found[2] for one in told if (found := GRANT.fullmatch(one)) and found[1] == name_of(table)}
    if granted.isdisjoint(groups):
        return None
    (view,) = (one for one in told if one.startswith(f"CREATE OR REPLACE VIEW {name_of(table)} "))
    made = sqlglot.parse_one(view, dialect="databricks")
    assert isinstance(made, exp.Create)
    assert [one.name for one in made.this.expressions] == list(table.columns)
    select = made.expression
    (asked,) = select.find_all(exp.Table)
    assert [part.name for part in asked.parts] == ["main", "segments", table.name.replace("/", "_")]
    asked.replace(exp.to_table("stored"))
    with duckdb.connect() as connection:
        connection.register("stored", rows)
        members = ", ".join(f"'{group}'" for group in groups)
        connection.execute(f"CREATE MACRO is_account_group_member(asked) AS asked IN ({members})")
        found = connection.sql(select.sql("duckdb"))
        assert found is not None
        return found.pl()


EMEA = Audience(group="emea", tables=("segment_scores",), rows={"region": ("EMEA",)}, sensitive=("account_id",))
AMER = Audience(group="amer", tables=("segment_scores",), rows={"region": ("AMER",)})


def test_an_audience_sees_its_rows_and_the_values_that_are_for_it():
    told = statements(access(EMEA, AMER), SCORES)
    found = seen(told, SCORES, scores(), "emea")
    assert found.select("account_id", "region").rows() == [("acc-EMEA", "EMEA")]
    found = seen(told, SCORES, scores(), "amer")
    assert found.select("account_id", "region", "segment_name").rows() == [(None, "AMER", "Champions")]


def test_a_member_of_two_audiences_has_of_a_table_what_these_two_have_of_it():
    other = Audience(group="everywhere", tables=("segment_profiles",), sensitive="all")
    told = statements(access(EMEA, AMER, other), SCORES, PROFILES)
    found = seen(told, SCORES, scores(), "emea", "amer").sort("region")
    # Values that the one may see, in its rows alone.
    assert found.select("account_id", "region").rows() == [(None, "AMER"), ("acc-EMEA", "EMEA")]
    # Reading all of another table opens nothing here.
    found = seen(told, SCORES, scores(), "amer", "everywhere")
    assert found.select("account_id", "region").rows() == [(None, "AMER")]


def test_who_is_in_no_audience_sees_nothing_whatever_was_granted():
    told = statements(access(EMEA), SCORES)
    assert seen(told, SCORES, scores(), "strangers") is None
    granted = [*told, f"GRANT SELECT ON VIEW {name_of(SCORES)} TO `strangers`"]
    assert seen(granted, SCORES, scores(), "strangers").is_empty()


def test_an_audience_of_some_rows_sees_no_account_in_a_table_of_all_rows():
    region = Audience(group="emea", tables=("figures",), rows={"region": ("EMEA",)}, sensitive="all")
    everyone = Audience(group="all", tables=("figures",), sensitive="all")
    told = statements(access(region, everyone), PROFILES)
    profile = rows_of(PROFILES, [{"segment_id": "SEG-01", "typical_accounts": [PLANTED]}])
    assert seen(told, PROFILES, profile, "emea")["typical_accounts"].to_list() == [None]
    assert seen(told, PROFILES, profile, "all")["typical_accounts"].to_list() == [[PLANTED]]


def test_figures_about_a_sensitive_column_are_for_those_who_see_it():
    figures = rows_of(METRICS, [{"column_name": name, "min": 1.0} for name in ("estimated_arr", "employees")])
    few = Audience(group="few", tables=("figures",), sensitive=("estimated_arr",))
    none = Audience(group="none", tables=("figures",))
    region = Audience(group="emea", tables=("figures",), rows={"region": ("EMEA",)}, sensitive="all")
    told = statements(access(few, none, region), METRICS)
    assert seen(told, METRICS, figures, "none")["column_name"].to_list() == ["employees"]
    # They are of all accounts, of which this audience has some.
    assert seen(told, METRICS, figures, "emea")["column_name"].to_list() == ["employees"]
    assert seen(told, METRICS, figures, "few")["column_name"].to_list() == ["estimated_arr", "employees"]


@pytest.mark.parametrize("table", [one for one in COPIES.values() if not is_of_accounts(one)], ids=lambda one: one.name)
def test_tables_of_figures_show_no_text_that_may_name_an_account(table):
    """What people and checks write, and lists of accounts."""
    told = statements(access(Audience(group="marketing", tables=("figures",))), table)
    planted = {
        name: PLANTED if dtype == pl.String else [PLANTED]
        for name, dtype in table.schema.items()
        if table.columns[name].sensitive and dtype in (pl.String, pl.List(pl.String))
    }
    found = seen(told, table, rows_of(table, [planted]), "marketing")
    assert PLANTED not in str(found.to_dicts())


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ("alerts", {"title", "says", "facts"}),
        ("landings", {"problems"}),
        ("segment_profiles", {"typical_accounts"}),
        ("promotions", {"by"}),
        ("release_notes", {"by"}),
    ],
)
def test_texts_that_name_accounts_and_people_are_sensitive(table, columns):
    assert {name for name, column in COPIES[table].columns.items() if column.sensitive} == columns


def test_a_table_that_nobody_reads_has_no_view():
    told = statements(access(EMEA), SCORES, PROFILES)
    assert f"DROP VIEW IF EXISTS {name_of(PROFILES)}" in told
    assert not [one for one in told if "VIEW" in one and name_of(PROFILES) in one and not one.startswith("DROP")]


def test_the_copies_themselves_are_granted_to_nobody():
    told = statements(load_access(EXAMPLE, CATALOGUE, COPIES), *COPIES.values())
    assert not [one for one in told if one.startswith("GRANT") and "`segments`" in one]
    with pytest.raises(ValueError, match="views need a schema of their own"):
        list(access_statements(access(EMEA), [SCORES], CATALOGUE, SCHEMA, SCHEMA))


def test_every_view_can_be_asked_and_has_all_columns():
    told = statements(access(Audience(group="every", tables=("all",), sensitive="all")), *COPIES.values())
    for table in COPIES.values():
        found = seen(told, table, rows_of(table, [{}]), "every")
        assert (found.columns, found.height) == (list(table.columns), 1)


def test_the_example_shows_each_audience_what_it_says():
    told = statements(load_access(EXAMPLE, CATALOGUE, COPIES), *COPIES.values())
    assert seen(told, SCORES, scores(), "marketing") is None
    found = seen(told, SCORES, scores(), "marketing-emea")
    assert found.select("account_id", "region").rows() == [("acc-EMEA", "EMEA")]
    found = seen(told, SCORES, scores(), "data-science")
    assert found["account_id"].to_list() == scores()["account_id"].to_list()
    granted = {(found[2], found[1]) for one in told if (found := GRANT.fullmatch(one))}
    assert ("marketing", name_of(COPIES["drift_metrics"])) in granted
    assert ("marketing", name_of(COPIES["raw/account_master"])) not in granted


def test_names_and_levels_are_quoted_as_they_were_written():
    odd = Audience(group="it's o'hara", tables=("segment_scores",), rows={"region": ("a'b",)}, sensitive="all")
    told = statements(access(odd), SCORES)
    assert "GRANT USE SCHEMA ON SCHEMA `main`.`segments_read` TO `it's o'hara`" in told
    (made,) = (one for one in told if one.startswith("CREATE OR REPLACE VIEW"))
    where = sqlglot.parse_one(made, dialect="databricks").expression.args["where"]
    assert [one.name for one in where.find_all(exp.Literal)] == ["it's o'hara", "a'b"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("  - {group: a, tables: [figures]}\n  - {group: a, tables: [all]}\n", r":3: a is there already"),
        ("  - {group: b, tables: [segment_score]}\n", r":2: there is no table segment_score"),
        (
            "  - group: b\n    tables: [segment_scores]\n    rows: {region: [emea]}\n",
            r":4: region has no level emea; it has AMER, EMEA, APJ, LATAM",
        ),
        (
            "  - group: b\n    tables: [segment_scores]\n    rows: {country: [DE]}\n",
            r":4: country is none of the catalogue's slices: sales_motion, region",
        ),
        (
            "  - group: b\n    tables: [customer_tiers]\n    rows: {region: [EMEA]}\n",
            r":3: customer_tiers has not the accounts' slices, by which b gets its rows: take it out",
        ),
        (
            "  - {group: b, tables: [figures], sensitive: [segment_name]}\n",
            r":2: segment_name is no sensitive column; there are account_id,",
        ),
        ("  - {group: b, tables: [figures], role: x}\n", r":2: .*unknown field"),
        ("  - {group: b, tables: []}\n", r":2: audiences.0.tables: Tuple should have at least 1 item"),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "access.yaml"
    file.write_text(f"audiences:\n{text}", encoding="utf-8")
    with pytest.raises(CatalogueError, match=rf"access\.yaml{told}"):
        load_access(file, CATALOGUE, COPIES)


def test_the_command_prints_the_statements_of_what_was_published(tmp_path: Path) -> None:
    asked = ["access", SCHEMA, READERS, "--file", str(EXAMPLE), "--home", str(tmp_path)]
    told = CliRunner().invoke(app, asked)
    assert told.exit_code == 2 and "run `seg publish main.segments` first" in told.stderr
    note = {
        "schema": SCHEMA,
        "table": "promotions",
        "files": "",
        "rows": 1,
        "at": dt.datetime(2026, 7, 6, tzinfo=dt.UTC),
    }
    Lakehouse(str(tmp_path / "lakehouse")).append(PUBLICATIONS, pl.DataFrame([note], schema=PUBLICATIONS.schema))
    expected = statements(load_access(EXAMPLE, CATALOGUE, COPIES), COPIES["promotions"])
    assert CliRunner().invoke(app, asked).stdout.splitlines() == [f"{one};" for one in expected]
    assert json.loads(CliRunner().invoke(app, [*asked, "--json"]).stdout) == {"statements": expected}
    told = CliRunner().invoke(app, [*asked[:2], "segments", *asked[3:]])
    assert told.exit_code == 2 and "is no schema" in told.stderr
    told = CliRunner().invoke(app, [*asked, "--file", str(tmp_path / "none.yaml")])
    assert told.exit_code == 2 and "give --file, such as examples/databricks/access.yaml" in told.stderr

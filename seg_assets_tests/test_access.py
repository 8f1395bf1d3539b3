"""Who reads what: the functions are run by DuckDB as members of groups, over tables with everyone's rows."""

from __future__ import annotations

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
from seg_assets.schemas import PROMOTIONS, Table
from seg_assets.unity_catalog import copy_of
from seg_assets_tests.shared import CHECKOUT

EXAMPLE = CHECKOUT / "examples" / "databricks" / "access.yaml"
SCHEMA = "main.segments"
CATALOGUE = default_catalogue()
COPIES = {name: copy_of(table, CATALOGUE) for name, table in tables_of(CATALOGUE).items()}
SCORES, PROFILES = COPIES["segment_scores"], COPIES["segment_profiles"]
ROW_FILTER = re.compile(r"ALTER TABLE (\S+) SET ROW FILTER (\S+) ON \((.*)\)")
MASK = re.compile(r"ALTER TABLE (\S+) ALTER COLUMN `(\w+)` SET MASK (\S+)")
GRANT = re.compile(r"(GRANT|REVOKE) SELECT ON TABLE (\S+) (?:TO|FROM) `(.+)`")


def access(*audiences: Audience) -> Access:
    return Access(maintainers="maintainers", audiences=audiences)


def statements(allowed: Access, *tables: Table) -> list[str]:
    return list(access_statements(allowed, tables, CATALOGUE.slices, SCHEMA))


def scores() -> pl.DataFrame:
    """One account a region, and one whose region is not known."""
    regions = ["EMEA", "AMER", None]
    rows = [{"account_id": f"acc-{one}", "segment_name": "Champions", "region": one} for one in regions]
    return pl.DataFrame(rows).select(
        pl.col(name) if name in rows[0] else pl.lit(None, dtype).alias(name) for name, dtype in SCORES.schema.items()
    )


def seen(told: Collection[str], table: Table, rows: pl.DataFrame, *groups: str) -> pl.DataFrame | None:
    """What a member of `groups` gets of a table; None where no group was granted it."""
    name = f"`main`.`segments`.`{table.name}`"
    granted = [found[1] for one in told if (found := GRANT.fullmatch(one)) and found[2] == name and found[3] in groups]
    if "GRANT" not in granted:
        return None
    columns, kept = {column: f'"{column}"' for column in table.columns}, "true"
    with duckdb.connect() as connection:
        connection.register("stored", rows)
        members = ", ".join(f"'{group}'" for group in groups)
        connection.execute(f"CREATE MACRO is_account_group_member(asked) AS asked IN ({members})")
        for one in told:
            if one.startswith("CREATE"):
                connection.execute(macro(one))
            elif (found := ROW_FILTER.fullmatch(one)) and found[1] == name:
                kept = plain(found[2]) + "(" + found[3].replace("`", '"') + ")"
            elif (found := MASK.fullmatch(one)) and found[1] == name:
                columns[found[2]] = f'{plain(found[3])}("{found[2]}")'
        chosen = ", ".join(f'{value} AS "{column}"' for column, value in columns.items())
        found = connection.sql(f"SELECT {chosen} FROM stored WHERE {kept}")
        assert found is not None
        return found.pl()


def plain(name: str) -> str:
    return name.replace("`", "").replace(".", "_")


def macro(statement: str) -> str:
    """A function of Databricks as a macro of DuckDB: parsed in the one dialect, written in the other."""
    made = sqlglot.parse_one(statement, dialect="databricks")
    assert isinstance(made, exp.Create) and made.kind == "FUNCTION" and made.args["replace"]
    arguments = ", ".join(f'"{column.name}"' for column in made.this.expressions)
    name = "_".join(part.name for part in made.this.this.parts)
    return f"CREATE MACRO {name}({arguments}) AS {made.expression.sql('duckdb')}"


EMEA = Audience(group="emea", tables=("segment_scores",), rows={"region": ("EMEA",)}, sensitive=("account_id",))
AMER = Audience(group="amer", tables=("segment_scores",), rows={"region": ("AMER",)})


def test_an_audience_sees_its_rows_and_the_values_that_are_for_it():
    told = statements(access(EMEA, AMER), SCORES)
    found = seen(told, SCORES, scores(), "emea")
    assert found.select("account_id", "region").rows() == [("acc-EMEA", "EMEA")]
    found = seen(told, SCORES, scores(), "amer")
    assert found.select("account_id", "region", "segment_name").rows() == [(None, "AMER", "Champions")]


def test_maintainers_see_everything():
    found = seen(statements(access(EMEA), SCORES), SCORES, scores(), "maintainers")
    assert found.equals(scores())


def test_a_member_of_two_audiences_has_of_a_table_what_these_two_have_of_it():
    other = Audience(group="everywhere", tables=("segment_profiles",), sensitive="all")
    told = statements(access(EMEA, AMER, other), SCORES, PROFILES)
    found = seen(told, SCORES, scores(), "emea", "amer").sort("region")
    assert found["region"].to_list() == ["AMER", "EMEA"]
    # Reading all of another table opens nothing here.
    found = seen(told, SCORES, scores(), "amer", "everywhere")
    assert found.select("account_id", "region").rows() == [(None, "AMER")]


def test_who_is_in_no_audience_sees_no_account_whatever_was_granted():
    told = statements(access(EMEA), SCORES)
    assert seen(told, SCORES, scores(), "strangers") is None
    granted = [*told, "GRANT SELECT ON TABLE `main`.`segments`.`segment_scores` TO `strangers`"]
    assert seen(granted, SCORES, scores(), "strangers").is_empty()


def test_an_audience_without_tables_loses_what_it_had():
    told = statements(access(Audience(group="agency", tables=())), SCORES)
    assert "REVOKE SELECT ON TABLE `main`.`segments`.`segment_scores` FROM `agency`" in told
    assert not [one for one in told if one.startswith("GRANT") and "`agency`" in one]


def test_filters_and_masks_stand_before_anything_is_granted():
    told = [one.partition(" ")[0] for one in statements(access(EMEA), *COPIES.values())]
    assert set(told) == {"CREATE", "ALTER", "GRANT", "REVOKE"}
    assert "CREATE" not in told[told.index("GRANT") :] and "ALTER" not in told[told.index("GRANT") :]


def test_every_table_of_accounts_is_filtered_and_every_sensitive_column_masked():
    told = statements(load_access(EXAMPLE, CATALOGUE, COPIES), *COPIES.values())
    filtered = {found[1] for one in told if (found := ROW_FILTER.fullmatch(one))}
    masked = {(found[1], found[2]) for one in told if (found := MASK.fullmatch(one))}
    name = {table.name: f"`main`.`segments`.`{table.name.replace('/', '_')}`" for table in COPIES.values()}
    assert filtered == {name[table.name] for table in COPIES.values() if is_of_accounts(table)}
    assert masked == {
        (name[table.name], column)
        for table in COPIES.values()
        for column, declared in table.columns.items()
        if declared.sensitive
    }
    for one in told:
        if one.startswith("CREATE"):
            macro(one)


def test_the_example_shows_each_audience_what_it_says():
    told = statements(load_access(EXAMPLE, CATALOGUE, COPIES), *COPIES.values())
    assert seen(told, SCORES, scores(), "marketing") is None
    found = seen(told, SCORES, scores(), "marketing-emea")
    assert found.select("account_id", "region").rows() == [("acc-EMEA", "EMEA")]
    found = seen(told, SCORES, scores(), "data-science")
    assert found["account_id"].to_list() == scores()["account_id"].to_list()
    granted = {(found[3], found[2]) for one in told if (found := GRANT.fullmatch(one)) and found[1] == "GRANT"}
    assert ("marketing", "`main`.`segments`.`drift_metrics`") in granted
    assert ("marketing", "`main`.`segments`.`raw_account_master`") not in granted


def test_names_and_levels_are_quoted_as_they_were_written():
    odd = Audience(group="it's o'hara", tables=("segment_scores",), rows={"region": ("a'b",)}, sensitive="all")
    told = statements(access(odd), SCORES)
    made = next(one for one in told if one.startswith("CREATE") and "rows_of" in one)
    assert [one.name for one in sqlglot.parse_one(made, dialect="databricks").find_all(exp.Literal)] == [
        "maintainers",
        "it's o'hara",
        "a'b",
    ]
    found = seen(told, SCORES, scores().with_columns(region=pl.lit("a'b")), "maintainers")
    assert found.height == 3


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("maintainers: a\naudiences:\n  - {group: a, tables: [figures]}\n", r":3: a is there already"),
        (
            "maintainers: a\naudiences:\n  - {group: b, tables: [segment_score]}\n",
            r":3: there is no table segment_score",
        ),
        (
            "maintainers: a\naudiences:\n  - group: b\n    tables: [segment_scores]\n    rows: {region: [emea]}\n",
            r":5: region has no level emea; it has AMER, EMEA, APJ, LATAM",
        ),
        (
            "maintainers: a\naudiences:\n  - group: b\n    tables: [segment_scores]\n    rows: {country: [DE]}\n",
            r":5: country is none of the catalogue's slices: sales_motion, region",
        ),
        (
            "maintainers: a\naudiences:\n  - group: b\n    tables: [account_features]\n    rows: {region: [EMEA]}\n",
            r":4: account_features lacks region, by which b gets its rows: take it out",
        ),
        (
            "maintainers: a\naudiences:\n  - {group: b, tables: [figures], sensitive: [segment_name]}\n",
            r":3: segment_name is no sensitive column; there are account_id,",
        ),
        ("maintainers: a\naudiences:\n  - {group: b, tables: [], role: x}\n", r":3: .*unknown field"),
        ("audiences: []\n", r":1: maintainers: Field required"),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "access.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(CatalogueError, match=rf"access\.yaml{told}"):
        load_access(file, CATALOGUE, COPIES)


def test_the_command_prints_the_statements_of_tables_that_are_there(tmp_path: Path) -> None:
    home = ["--home", str(tmp_path)]
    told = CliRunner().invoke(app, ["access", SCHEMA, "--file", str(EXAMPLE), *home])
    assert told.exit_code == 2 and "run `seg run`" in told.stderr
    Lakehouse(str(tmp_path / "lakehouse")).append(PROMOTIONS, pl.DataFrame(schema=PROMOTIONS.schema))
    expected = statements(load_access(EXAMPLE, CATALOGUE, COPIES), COPIES["promotions"])
    told = CliRunner().invoke(app, ["access", SCHEMA, "--file", str(EXAMPLE), *home])
    assert told.stdout.splitlines() == [f"{one};" for one in expected]
    told = CliRunner().invoke(app, ["access", SCHEMA, "--file", str(EXAMPLE), *home, "--json"])
    assert json.loads(told.stdout) == {"statements": expected}
    told = CliRunner().invoke(app, ["access", "segments", "--file", str(EXAMPLE), *home])
    assert told.exit_code == 2 and "is no schema" in told.stderr
    told = CliRunner().invoke(app, ["access", SCHEMA, "--file", str(tmp_path / "none.yaml"), *home])
    assert told.exit_code == 2 and "give --file, such as examples/databricks/access.yaml" in told.stderr

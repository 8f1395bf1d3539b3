"""Who may read what, as SQL of Databricks: row filters, column masks, grants.

Belongs here: the statements, in an order in which nobody sees too much meanwhile. Does not: what an audience may read
(access.py), running them (docs/deployment.md says where).

Every table of accounts gets a filter and every sensitive column a mask, whether an audience is restricted or not: who
is in no audience sees neither rows nor values, also with a grant on the whole schema. Each table has functions of its
own: a member of two audiences has of a table what these two have of it, and no more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import polars as pl
from sqlglot import exp

from resources.spark import spark_type
from seg_assets.access import Access, Audience, is_of_accounts
from seg_assets.schemas import Table
from seg_assets.unity_catalog import DIALECT, full_name

FILTER, MASK = "rows_of", "shown"
"""What the names of functions begin with."""


def access_statements(access: Access, tables: Collection[Table], slices: Sequence[str], schema: str) -> Iterator[str]:
    """What makes `access` so for the copies `tables` in `schema`, without semicolons; it may be run again.

    slices: the catalogue's. Raises ValueError where schema is not <catalog>.<schema>.
    """
    of_name = sorted(tables, key=lambda table: table.name)
    for table in of_name:
        if is_of_accounts(table):
            yield from _filter(table, _readers(access, table), slices, schema)
        yield from _masks(table, _readers(access, table), schema)
    catalog, _, _ = schema.partition(".")
    for audience in access.everyone:
        group = _name(audience.group)
        if audience.tables:
            yield f"GRANT USE CATALOG ON CATALOG {_name(catalog)} TO {group}"
            yield f"GRANT USE SCHEMA ON SCHEMA {_schema(schema)} TO {group}"
        for table in of_name:
            verb, way = ("GRANT", "TO") if audience.reads(table) else ("REVOKE", "FROM")
            yield f"{verb} SELECT ON TABLE {full_name(table.name, schema)} {way} {group}"


def _readers(access: Access, table: Table) -> list[Audience]:
    return [audience for audience in access.everyone if audience.reads(table)]


def _filter(table: Table, readers: Sequence[Audience], slices: Sequence[str], schema: str) -> Iterator[str]:
    name, columns = full_name(table.name, schema), [one for one in slices if one in table.columns]
    function = full_name(f"{FILTER}_{table.name}", schema)
    rows = exp.or_(*(exp.and_(_is_member(one.group), *_has_levels(one)) for one in readers))
    yield _function(function, {one: table.schema[one] for one in columns}, pl.Boolean(), rows)
    yield f"ALTER TABLE {name} SET ROW FILTER {function} ON ({', '.join(map(_name, columns))})"


def _has_levels(audience: Audience) -> list[exp.Expression]:
    """What a row has to have. A null is no level: `IN` says neither yes nor no, and the filter takes that for no."""
    return [exp.column(name, quoted=True).isin(*levels) for name, levels in sorted(audience.rows.items())]


def _masks(table: Table, readers: Sequence[Audience], schema: str) -> Iterator[str]:
    for column, declared in table.columns.items():
        if not declared.sensitive:
            continue
        function = full_name(f"{MASK}_{table.name}_{column}", schema)
        groups = [_is_member(one.group) for one in readers if one.sees(column)]
        shown = exp.Case().when(exp.or_(*groups), exp.column(column, quoted=True))
        yield _function(function, {column: table.schema[column]}, table.schema[column], shown)
        yield f"ALTER TABLE {full_name(table.name, schema)} ALTER COLUMN {_name(column)} SET MASK {function}"


def _function(name: str, takes: dict[str, pl.DataType], gives: pl.DataType, body: exp.Expression) -> str:
    arguments = ", ".join(f"{_name(one)} {spark_type(dtype)}" for one, dtype in takes.items())
    told = body.sql(DIALECT)
    return f"CREATE OR REPLACE FUNCTION {name}({arguments}) RETURNS {spark_type(gives)} RETURN {told}"


def _is_member(group: str) -> exp.Expression:
    return exp.Anonymous(this="is_account_group_member", expressions=[exp.Literal.string(group)])


def _name(identifier: str) -> str:
    quoted: str = exp.to_identifier(identifier, quoted=True).sql(DIALECT)
    return quoted


def _schema(schema: str) -> str:
    return ".".join(map(_name, schema.split(".")))

"""Who reads what, as SQL of Databricks: a view for each table, with row filter and column masks, and its grants.

Belongs here: the statements. Does not: what an audience may read (access.py), running them (docs/deployment.md says
where).

Views in a schema of their own, and not SET ROW FILTER and SET MASK on the copies: those hold for who copies too, allow
a cluster with one user no replacing of rows, and leave open what comes beside the table: a column that is new, the
figures of a quality monitor. Nobody but who maintains the copies reads these. A view asks for each row which groups
the reader is in: who is in none of its audiences sees no row, whatever was granted; a member of two has of a table what
these two have of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from sqlglot import exp

from resources.spark import spark_type
from seg_assets.access import Access, Audience
from seg_assets.catalogs import Catalogue
from seg_assets.schemas import Table, account_snapshots
from seg_assets.unity_catalog import DIALECT, full_name, has_slices, quoted, text

ABOUT = "column_name"
"""What tables of figures call the accounts' column that a row is about: a figure of few accounts may be a value."""


def access_statements(
    access: Access, tables: Collection[Table], catalogue: Catalogue, schema: str, readers: str
) -> Iterator[str]:
    """What makes `access` so for the copies `tables` in `schema`, without semicolons; it may be run again.

    readers: the schema of the views, <catalog>.<schema> as `schema`. Raises ValueError where one is none, or both are
    the same.
    """
    if schema == readers:
        raise ValueError(f"{readers} has the copies themselves: views need a schema of their own")
    hidden = sorted(name for name, column in account_snapshots(catalogue).columns.items() if column.sensitive)
    views = {full_name(table.name, readers): table for table in sorted(tables, key=lambda one: one.name)}
    yield f"CREATE SCHEMA IF NOT EXISTS {_schema(readers)}"
    for name, table in views.items():
        audiences = [audience for audience in access.audiences if audience.reads(table)]
        if audiences:
            told = ", ".join(
                f"{quoted(one)} COMMENT {text(column.description)}" for one, column in table.columns.items()
            )
            selected = _selected(table, audiences, hidden, schema)
            yield f"CREATE OR REPLACE VIEW {name} ({told}) COMMENT {text(table.description)} AS {selected}"
        else:
            yield f"DROP VIEW IF EXISTS {name}"
    for audience in access.audiences:
        group = quoted(audience.group)
        yield f"GRANT USE CATALOG ON CATALOG {quoted(readers.partition('.')[0])} TO {group}"
        yield f"GRANT USE SCHEMA ON SCHEMA {_schema(readers)} TO {group}"
        yield from (f"GRANT SELECT ON VIEW {name} TO {group}" for name, one in views.items() if audience.reads(one))


def _selected(table: Table, audiences: Sequence[Audience], hidden: Sequence[str], schema: str) -> str:
    columns = [
        _masked(table, column, audiences) if declared.sensitive else quoted(column)
        for column, declared in table.columns.items()
    ]
    rows = exp.or_(
        *(exp.and_(_is_member(one), *_has_levels(one, table), *_is_shown(one, table, hidden)) for one in audiences)
    )
    return f"SELECT {', '.join(columns)} FROM {full_name(table.name, schema)} WHERE {rows.sql(DIALECT)}"


def _masked(table: Table, column: str, audiences: Sequence[Audience]) -> str:
    """The value for who sees it in the rows that are theirs, null for others."""
    seeing = [exp.and_(_is_member(one), *_has_levels(one, table)) for one in audiences if one.sees(table, column)]
    shown = exp.column(column, quoted=True) if seeing else exp.Null()
    value = exp.Case().when(exp.or_(*seeing), shown) if seeing else shown
    return f"CAST({value.sql(DIALECT)} AS {spark_type(table.schema[column])}) AS {quoted(column)}"


def _has_levels(audience: Audience, table: Table) -> list[exp.Expression]:
    """What a row has to have. A null is no level: `IN` says neither yes nor no, and a filter takes that for no."""
    if not has_slices(table):
        return []
    return [exp.column(name, quoted=True).isin(*levels) for name, levels in sorted(audience.rows.items())]


def _is_shown(audience: Audience, table: Table, hidden: Sequence[str]) -> list[exp.Expression]:
    """Of figures about columns, those about columns that the audience may see the values of."""
    not_seen = [name for name in hidden if not audience.sees(table, name)]
    if ABOUT not in table.columns or not not_seen:
        return []
    return [exp.not_(exp.column(ABOUT, quoted=True).isin(*not_seen))]


def _is_member(audience: Audience) -> exp.Expression:
    return exp.Anonymous(this="is_account_group_member", expressions=[exp.Literal.string(audience.group)])


def _schema(schema: str) -> str:
    return ".".join(map(quoted, schema.split(".")))

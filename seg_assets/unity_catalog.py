"""Tables as Unity Catalog knows them: three-level names, columns of copies, comments, tags of sensitive columns.

Belongs here: these, and the statements as SQL of Databricks. Does not: running them (docs/deployment.md says where),
what the descriptions are (schemas.py, the catalogue), who may read what (access).

As SQL and not by the SDK: of a table, databricks-sdk 0.60 can change the owner alone, and it has no call for the tags
of a column.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import replace

from sqlglot import exp

from seg_assets.catalogs import Catalogue
from seg_assets.schemas import Table, account_snapshots

DIALECT = "databricks"
SCHEMA = re.compile(r"[^\s./]+\.[^\s./]+")
SENSITIVE = "sensitive"
"""The tag of columns that name an account or a person, or that the catalogue calls sensitive. Its value is `true`."""
SLICED = frozenset({"segment_scores", "audience_export"})
"""Whose copies have the account's slices beside: what readers of accounts read, and quality monitors watch."""


def is_sliced(table: Table) -> bool:
    """Whether the copy of `table` has slices beside its own columns."""
    return table.name in SLICED


def has_slices(table: Table) -> bool:
    """Whether the copy of `table` says of each account in which of the catalogue's slices it is in that week."""
    return is_sliced(table) or table.name == "account_snapshots"


def copy_of(table: Table, catalogue: Catalogue) -> Table:
    """`table` as `seg publish` makes it there: with the catalogue's slices of each account in that week's snapshot.

    What readers may see is asked of the columns of one table, and so is a slice of a quality monitor.
    """
    if not is_sliced(table):
        return table
    of_accounts = account_snapshots(catalogue).columns
    slices = {name: of_accounts[name] for name in catalogue.slices if name not in table.columns}
    return replace(table, columns={**table.columns, **slices})


def full_name(table: str, schema: str) -> str:
    """The three-level name of `table` in `schema`, quoted: raw/firmographics in main.segments is
    `main`.`segments`.`raw_firmographics`.

    Raises ValueError where schema is not <catalog>.<schema>.
    """
    if not SCHEMA.fullmatch(schema):
        raise ValueError(f"{schema!r} is no schema: write <catalog>.<schema>, such as main.segments")
    catalog, of = schema.split(".")
    name: str = exp.table_(table.replace("/", "_"), of, catalog).sql(DIALECT, identify=True)
    return name


def quoted(identifier: str) -> str:
    """A name of one part, such as a column's or a group's."""
    name: str = exp.to_identifier(identifier, quoted=True).sql(DIALECT)
    return name


def text(value: str) -> str:
    """A text as it is written in a statement."""
    literal: str = exp.Literal.string(value).sql(DIALECT)
    return literal


def statements(table: Table, columns: Collection[str], schema: str, location: str | None = None) -> Iterator[str]:
    """What describes `table` in `schema`, statement by statement, without semicolons; it may be run again.

    columns: those that are stored; others of the table are left out, since a statement about them would fail.
    location: the URI of the folder of all tables as Unity Catalog reaches it; where given, the table is made known
    there first. Raises ValueError as full_name does.
    """
    name = full_name(table.name, schema)
    if location is not None:
        lies_at = text(f"{location.rstrip('/')}/{table.name}")
        yield f"CREATE TABLE IF NOT EXISTS {name} USING DELTA LOCATION {lies_at}"
    yield f"COMMENT ON TABLE {name} IS {text(table.description)}"
    for column, declared in table.columns.items():
        if column in columns:
            altered = f"ALTER TABLE {name} ALTER COLUMN {quoted(column)}"
            yield f"{altered} COMMENT {text(declared.description)}"
            if declared.sensitive:
                yield f"{altered} SET TAGS ({text(SENSITIVE)} = {text('true')})"

"""Who reads what of the copies in Unity Catalog, from a file: tables, rows and sensitive columns of each audience.

Belongs here: the fields of that file, and what they mean for a table. Does not: the SQL that makes it so
(access_statements.py), the copies (steps/publish.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from seg_assets.catalogs import Catalogue
from seg_assets.catalogs.consistency import Problem
from seg_assets.catalogs.load import parse_file
from seg_assets.schemas import Table
from seg_assets.unity_catalog import has_slices

EVERY, FIGURES = "all", "figures"
"""Sets of tables: all of them; those without rows about accounts."""
OF_ACCOUNTS = frozenset({"account_id", "customer_name"})
"""A table with one of these columns has rows about accounts."""
Group = Annotated[str, Field(min_length=1, pattern=r"^[^`\n]+$")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Audience(_Part):
    """A group of the Databricks account, and what its members read."""

    group: Group
    tables: Annotated[tuple[str, ...], Field(min_length=1)]
    """Names as `seg show` lists them, `figures` or `all`."""
    rows: Mapping[str, Annotated[tuple[str, ...], Field(min_length=1)]] = {}
    """Of tables of accounts only rows with these levels of the catalogue's slices; all rows where it is left out."""
    sensitive: Literal["all"] | tuple[str, ...] = ()
    """The sensitive columns whose values are shown; others are null."""

    def reads(self, table: Table) -> bool:
        """Whether members may ask the table at all."""
        return bool({table.name, EVERY} & set(self.tables)) or (FIGURES in self.tables and not is_of_accounts(table))

    def sees(self, table: Table, column: str) -> bool:
        """Whether the values of a sensitive column of the table are shown.

        Not to an audience that gets some accounts' rows, where the table has those of all accounts.
        """
        return (self.sensitive == "all" or column in self.sensitive) and (not self.rows or has_slices(table))


class Access(_Part):
    """Everyone who reads anything by this file."""

    audiences: tuple[Audience, ...]


def is_of_accounts(table: Table) -> bool:
    """Whether its rows are about accounts, so that an audience may be given some of them."""
    return not OF_ACCOUNTS.isdisjoint(table.columns)


def load_access(path: Path, catalogue: Catalogue, tables: Mapping[str, Table]) -> Access:
    """Read the file at `path`. tables: all copies of the catalogue, by name.

    Raises CatalogueError, each line `file:line: what is wrong`, also for names that there are not and for tables whose
    rows cannot be chosen as an audience says.
    """

    def problems(access: Access) -> list[Problem]:
        return [*_groups_given_twice(access), *_problems(access, catalogue, tables)]

    return parse_file(path, Access, "give --file, such as examples/databricks/access.yaml", problems)


def _groups_given_twice(access: Access) -> Iterator[Problem]:
    seen: set[str] = set()
    for number, audience in enumerate(access.audiences):
        if audience.group in seen:
            yield ("audiences", number, "group"), f"{audience.group} is there already: a group is one audience"
        seen.add(audience.group)


def _problems(access: Access, catalogue: Catalogue, tables: Mapping[str, Table]) -> Iterator[Problem]:
    sensitive = {name for table in tables.values() for name, column in table.columns.items() if column.sensitive}
    for number, audience in enumerate(access.audiences):
        place = ("audiences", number)
        for name in audience.tables:
            if name not in tables and name not in (EVERY, FIGURES):
                yield (*place, "tables"), f"there is no table {name}; there are {', '.join(sorted(tables))}"
        if audience.sensitive != "all":
            for name in sorted(set(audience.sensitive) - sensitive):
                yield (*place, "sensitive"), f"{name} is no sensitive column; there are {', '.join(sorted(sensitive))}"
        for name, levels in audience.rows.items():
            yield from (((*place, "rows", name), told) for told in _wrong_slice(catalogue, name, levels))
        if not audience.rows:
            continue
        for name, table in sorted(tables.items()):
            if audience.reads(table) and is_of_accounts(table) and not has_slices(table):
                told = f"{name} has not the accounts' slices, by which {audience.group} gets its rows: take it out"
                yield (*place, "tables"), told


def _wrong_slice(catalogue: Catalogue, name: str, levels: tuple[str, ...]) -> Iterator[str]:
    if name not in catalogue.slices:
        yield f"{name} is none of the catalogue's slices: {', '.join(catalogue.slices) or 'it has none'}"
        return
    known = catalogue.feature(name).levels
    for level in levels:
        if known and level not in known:
            yield f"{name} has no level {level}; it has {', '.join(known)}"

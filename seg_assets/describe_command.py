"""`seg describe`: what Unity Catalog is told about a home's tables.

Belongs here: its options, and which tables are there. Does not: the statements (unity_catalog.py), the other commands
(cli.py).
"""

from __future__ import annotations

import json
from typing import Annotated

import typer

from seg_assets.options import Catalog, Home, Json, settings_of


def describe(
    schema: Annotated[str, typer.Argument(help="<catalog>.<schema>, such as main.segments")],
    location: Annotated[
        str | None,
        typer.Option(help="the folder of the tables as Unity Catalog reaches it, s3://...; makes them known there"),
    ] = None,
    home: Home = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """Print the SQL that gives a home's tables their comments in Unity Catalog, and sensitive columns their tags."""
    from resources.lakehouse import Lakehouse, TableError
    from seg_assets.assets.tables import tables_of
    from seg_assets.catalogs import CatalogueError, catalogue_at
    from seg_assets.unity_catalog import copy_of, statements

    settings = settings_of(home, None, catalog)
    lakehouse = Lakehouse(settings.lakehouse)
    try:
        its_catalogue = catalogue_at(settings.catalog)
        known = tables_of(its_catalogue)
        told: list[str] = []
        for name in lakehouse.tables():
            if name in known:
                # At a location the tables themselves are made known, elsewhere the copies that seg publish makes.
                table = known[name] if location else copy_of(known[name], its_catalogue)
                columns = {*lakehouse.scan(name).collect_schema(), *(set(table.columns) - set(known[name].columns))}
                told += statements(table, columns, schema, location)
    except (CatalogueError, TableError, ValueError) as error:
        typer.echo(f"seg describe: {error}", err=True)
        raise typer.Exit(2) from error
    if not told:
        typer.echo(f"seg describe: there are no tables below {lakehouse.root} yet: run `seg run`", err=True)
        raise typer.Exit(2)
    typer.echo(json.dumps({"statements": told}) if as_json else "\n".join(f"{one};" for one in told))

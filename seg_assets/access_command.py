"""`seg access`: who reads what of the copies in Unity Catalog, as SQL.

Belongs here: its options, and which copies there are. Does not: the statements (access_statements.py), the file
(access.py), the other commands (cli.py).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from seg_assets.options import Catalog, Home, Json, settings_of


def access(
    schema: Annotated[str, typer.Argument(help="<catalog>.<schema> that seg publish copies to, such as main.segments")],
    readers: Annotated[str, typer.Argument(help="<catalog>.<schema> for what audiences read: views, and nothing else")],
    file: Annotated[Path, typer.Option(help="the audiences, such as examples/databricks/access.yaml")],
    home: Home = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """Print the SQL that gives each audience of a file its tables, rows and columns of what was published."""
    from resources.lakehouse import Lakehouse, TableError
    from seg_assets.access import load_access
    from seg_assets.access_statements import access_statements
    from seg_assets.assets.tables import tables_of
    from seg_assets.catalogs import CatalogueError, catalogue_at
    from seg_assets.steps.publish import published_tables
    from seg_assets.unity_catalog import copy_of

    settings = settings_of(home, None, catalog)
    try:
        its_catalogue = catalogue_at(settings.catalog)
        copies = {name: copy_of(table, its_catalogue) for name, table in tables_of(its_catalogue).items()}
        allowed = load_access(file, its_catalogue, copies)
        there = [copies[name] for name in published_tables(Lakehouse(settings.lakehouse), schema) if name in copies]
        if not there:
            raise ValueError(f"nothing was copied to {schema} yet: run `seg publish {schema}` first")
        told = list(access_statements(allowed, there, its_catalogue, schema, readers))
    except (CatalogueError, TableError, ValueError) as error:
        typer.echo(f"seg access: {error}", err=True)
        raise typer.Exit(2) from error
    typer.echo(json.dumps({"statements": told}) if as_json else "\n".join(f"{one};" for one in told))

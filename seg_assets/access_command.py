"""`seg access`: who may read what of the copies in Unity Catalog, as SQL.

Belongs here: its options, and which tables are there. Does not: the statements (access_statements.py), the file
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
    file: Annotated[Path, typer.Option(help="the audiences, such as examples/databricks/access.yaml")],
    home: Home = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """Print the SQL of grants, row filters and column masks that gives each audience what a file says."""
    from resources.lakehouse import Lakehouse, TableError
    from seg_assets.access import load_access
    from seg_assets.access_statements import access_statements
    from seg_assets.assets.tables import tables_of
    from seg_assets.catalogs import CatalogueError, catalogue_at
    from seg_assets.unity_catalog import copy_of

    settings = settings_of(home, None, catalog)
    lakehouse = Lakehouse(settings.lakehouse)
    try:
        its_catalogue = catalogue_at(settings.catalog)
        copies = {name: copy_of(table, its_catalogue) for name, table in tables_of(its_catalogue).items()}
        allowed = load_access(file, its_catalogue, copies)
        there = [copies[name] for name in lakehouse.tables() if name in copies]
        if not there:
            raise ValueError(f"there are no tables below {lakehouse.root} yet: run `seg run`")
        told = list(access_statements(allowed, there, its_catalogue.slices, schema))
    except (CatalogueError, TableError, ValueError) as error:
        typer.echo(f"seg access: {error}", err=True)
        raise typer.Exit(2) from error
    typer.echo(json.dumps({"statements": told}) if as_json else "\n".join(f"{one};" for one in told))

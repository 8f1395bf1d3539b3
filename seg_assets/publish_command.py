"""`seg publish`: the tables of a home, copied to Unity Catalog.

Belongs here: its options, and what it says. Does not: copying (steps/publish.py), the other commands (cli.py).
"""

from __future__ import annotations

import datetime as dt
import functools
import json
from collections import Counter
from typing import Annotated

import typer

from seg_assets.options import Catalog, Home, Json, listed, settings_of


def publish(
    schema: Annotated[str, typer.Argument(help="<catalog>.<schema>, such as main.segments")],
    tables: Annotated[
        str | None, typer.Option(help="only these, such as segment_scores,segment_profiles [default: all]")
    ] = None,
    home: Home = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """Copy what changed since the last time to Unity Catalog, by the Spark of this machine or of SPARK_REMOTE."""
    from resources.lakehouse import Lakehouse, TableError
    from resources.spark import SparkError, SparkTables, open_session
    from seg_assets.assets.tables import tables_of
    from seg_assets.catalogs import CatalogueError, catalogue_at
    from seg_assets.publication_schemas import PUBLICATIONS
    from seg_assets.steps.publish import publish as published_one_by_one

    settings = settings_of(home, None, catalog)
    lakehouse = Lakehouse(settings.lakehouse)
    try:
        its_catalogue = catalogue_at(settings.catalog)
        known = tables_of(its_catalogue)
        wanted = listed(tables, str) or list(known)
        if wrong := sorted(set(wanted) - set(known)):
            raise ValueError(f"there is no table {wrong[0]}; there are {', '.join(sorted(known))}")
        unknown = sorted(set(lakehouse.tables()) - set(known) - {PUBLICATIONS.name})
        if not any(lakehouse.exists(name) for name in wanted):
            raise ValueError(f"none of these tables is below {lakehouse.root} yet: run `seg run`")
        spark = SparkTables(open_session())
        partitions, rows = Counter[str](), Counter[str]()
        chosen = [known[name] for name in wanted]
        now = functools.partial(dt.datetime.now, dt.UTC)
        for one in published_one_by_one(lakehouse, spark, chosen, its_catalogue, schema, now):
            partitions[one.table] += 1
            rows[one.table] += one.rows
            if not as_json:
                typer.echo(f"{one.table}{f' {one.partition}' if one.partition else ''}: {one.rows:,} rows")
    except (CatalogueError, SparkError, TableError, ValueError) as error:
        typer.echo(f"seg publish: {error}", err=True)
        raise typer.Exit(2) from error
    except Exception as error:
        if not type(error).__module__.startswith("pyspark."):
            raise
        typer.echo(f"seg publish: Spark refuses: {str(error).strip().splitlines()[0]}", err=True)
        typer.echo(
            f"What was copied stays. Is there a schema {schema}, and may you make tables in it? Then run it again.",
            err=True,
        )
        raise typer.Exit(1) from error
    if as_json:
        told = {name: {"partitions": partitions[name], "rows": rows[name]} for name in sorted(partitions)}
        typer.echo(json.dumps({"schema": schema, "tables": told, "unknown": unknown}))
        return
    typer.echo(f"{partitions.total()} partitions of {len(partitions)} tables copied to {schema}")
    if unknown:
        typer.echo(
            f"Not copied, since this catalogue does not know them (SEG_CATALOG, --catalog): {', '.join(unknown)}"
        )

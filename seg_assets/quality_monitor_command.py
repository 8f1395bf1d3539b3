"""`seg quality-monitor`: Databricks' own monitor on the published scores.

Belongs here: its options, what is monitored, and what it says. Does not: the calls (resources/databricks), our own
monitoring (steps/monitor.py), the other commands (cli.py).
"""

from __future__ import annotations

import json
from typing import Annotated

import typer

from seg_assets.options import Catalog, Home, Json, settings_of

PATIENCE = 900.0
"""Seconds for which a workspace that does not answer is asked again."""
TOLD = {
    "current": "Its figures are those of the newest copy",
    "being computed": "Databricks is computing its figures",
    "started": "Databricks computes its figures again",
}


def quality_monitor(
    schema: Annotated[str, typer.Argument(help="<catalog>.<schema> that seg publish copies to, such as main.segments")],
    home: Home = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """Have Databricks profile the published segment_scores: each week, by segment and by the catalogue's slices."""
    from databricks.sdk.clock import RealClock
    from databricks.sdk.errors import NotFound

    from resources.databricks.connection import Connection, WorkspaceError
    from resources.databricks.quality_monitor import QualityMonitor, refresh, set_monitor
    from resources.lakehouse import Lakehouse, TableError
    from seg_assets.catalogs import CatalogueError, catalogue_at
    from seg_assets.schemas import SEGMENT_SCORES
    from seg_assets.steps.publish import published_at
    from seg_assets.unity_catalog import full_name

    settings = settings_of(home, None, catalog)
    connection = Connection(RealClock(), PATIENCE)
    try:
        slices = catalogue_at(settings.catalog).slices
        table = full_name(SEGMENT_SCORES.name, schema).replace("`", "")
        changed = published_at(Lakehouse(settings.lakehouse), schema, SEGMENT_SCORES.name)
        if changed is None:
            typer.echo(f"No monitor yet: nothing of {SEGMENT_SCORES.name} was copied to {schema} (seg publish)")
            return
        monitor = QualityMonitor(
            table, str(SEGMENT_SCORES.partition_column), ("segment_name", *slices), f"/Shared/account_segments/{schema}"
        )
        doing = f"the quality monitor of {table}"
        change, there = connection.ask(doing, lambda client: set_monitor(client, monitor))
        changed_ms = int(changed.timestamp() * 1000)
        figures = connection.ask(f"computing {doing}", lambda client: refresh(client, there, changed_ms))
    except NotFound as error:
        typer.echo(f"seg quality-monitor: {error}: run `seg publish {schema}` again, or make its schema", err=True)
        raise typer.Exit(1) from error
    except (CatalogueError, TableError, ValueError) as error:
        typer.echo(f"seg quality-monitor: {error}", err=True)
        raise typer.Exit(2) from error
    except WorkspaceError as error:
        typer.echo(f"seg quality-monitor: {error}", err=True)
        raise typer.Exit(1) from error
    if as_json:
        tables = {"profile": there.profile_metrics_table_name, "drift": there.drift_metrics_table_name}
        typer.echo(json.dumps({"monitor": change, "figures": figures, **tables}))
    else:
        typer.echo(f"The quality monitor of {table} is {change}: by week, {', '.join(monitor.slices)}")
        typer.echo(TOLD[figures])
        typer.echo(f"They go to {there.profile_metrics_table_name} and {there.drift_metrics_table_name}")
    if there.latest_monitor_failure_msg and figures != "being computed":
        typer.echo(f"Databricks says that it failed last time: {there.latest_monitor_failure_msg}", err=True)
        raise typer.Exit(1)

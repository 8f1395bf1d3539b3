"""`seg promote` and `seg rollback`: thin commands over the jobs of the same names.

Belongs here: their options, and telling how the run of any decision ended. Does not: the jobs (automation/promote.py),
the other commands (override_commands.py, cli.py).
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from resources.settings import Settings
from seg_assets.options import Catalog, Home, Json, settings_of

Version = Annotated[str, typer.Argument(help="a fitted version, such as 2026-07.1")]
By = Annotated[str, typer.Option(help="who decides")]
Reason = Annotated[str, typer.Option(help="why, in a sentence; it is kept with the decision")]


def promote(
    version: Version, by: By, reason: Reason, home: Home = None, catalog: Catalog = None, as_json: Json = False
) -> None:
    """Make a fitted version champion from its service month on, whatever its gates said."""
    _decide(settings_of(home, None, catalog), "promote", _decision(version, by, reason), as_json=as_json)


def rollback(
    version: Version,
    since: Annotated[str, typer.Option("--from", help="the service month from which it holds again, 2026-07")],
    by: By,
    reason: Reason,
    home: Home = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """Put an earlier champion back from a service month on; stored weeks change when they are scored again."""
    config = _decision(version, by, reason) | {"service_month": since}
    _decide(settings_of(home, None, catalog), "rollback", config, as_json=as_json)


def _decision(version: str, by: str, reason: str) -> dict[str, str]:
    return {"definition_version": version, "by": by, "reason": reason}


def _decide(settings: Settings, job: str, config: Mapping[str, str], *, as_json: bool) -> None:
    """Carry out a decision on a version, which has a release note afterwards."""
    from resources.pages import FOLDER, Pages
    from seg_assets.reports.release_note import FOLDER as RELEASES

    note = Pages(str(settings.home / FOLDER)).path(f"{RELEASES}/{config['definition_version']}", "md")
    carry_out(settings, job, config, command=job, as_json=as_json, note=note)


def carry_out(
    settings: Settings,
    job: str,
    config: Mapping[str, str],
    *,
    command: str,
    as_json: bool,
    note: Path | None = None,
) -> None:
    """Run the job in the home and print what holds now. Exits with 2 where the decision was refused or failed.

    command: of seg, as people wrote it; note: the page that the job writes, where it writes one.
    """
    import dagster as dg

    from resources.dagster_home import prepare_dagster_home
    from seg_assets.automation.promote import run_decision
    from seg_assets.catalogs import CatalogueError, catalogue_at
    from seg_assets.definitions import build_definitions

    os.environ["DAGSTER_HOME"] = str(prepare_dagster_home(settings.dagster_home))
    try:
        definitions = build_definitions(settings, catalogue_at(settings.catalog))
    except CatalogueError as error:
        typer.echo(f"seg {command}: {error}", err=True)
        raise typer.Exit(2) from error
    with dg.DagsterInstance.get() as instance:
        done = run_decision(definitions, instance, job, config)
    if as_json:
        found = {"note": str(note)} if done.ok and note else {}
        told = {"home": str(settings.home), "ok": done.ok, "run_id": done.run_id, "told": done.told, **found}
        typer.echo(json.dumps(told))
    elif done.ok:
        typer.echo(f"{done.told}\nRelease note: {note}" if note else done.told)
    else:
        typer.echo(f"seg {command}: {done.told}", err=True)
    raise typer.Exit(0 if done.ok else 2)

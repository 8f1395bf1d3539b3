"""The seg command: sample data, runs and tables for people in a hurry and for scripts.

Belongs here: options, and calling what does the work. Does not: how results read on a screen (console.py).
"""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from resources.settings import Settings
from seg_assets.access_command import access
from seg_assets.calendar import mondays, month_before, parse_monday, parse_month
from seg_assets.decision_commands import promote, rollback
from seg_assets.describe_command import describe
from seg_assets.options import Catalog, Home, Json, LandingTables, listed, parsed, settings_of
from seg_assets.override_commands import app as overrides
from seg_assets.publish_command import publish
from seg_assets.quality_monitor_command import quality_monitor

if TYPE_CHECKING:
    from seg_assets.automation.launch import Run
    from seg_assets.automation.population import PopulationRun

app = typer.Typer(
    help="Account segments from landing tables. The Dagster UI and command line do everything that this does.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
FIRST_SAMPLE_MONDAY = dt.date(2025, 1, 27)
LAST_SAMPLE_MONDAY = dt.date(2026, 7, 20)
SAMPLE_SEED = 7
DEMO_WEEKS = (dt.date(2026, 6, 29), dt.date(2026, 7, 6), dt.date(2026, 7, 13), dt.date(2026, 7, 20))
INTERRUPTED = 130
"""What a shell says of a command that Ctrl-C ended."""
DEMO_LABEL_MONTHS = 3
"""Month-ends before the first training month, so that its refresh knows matured outcomes."""
DEMO_HISTORY_MONTHS = 9
"""Months before the last service month: the fewest whose outcomes can fit, select and judge, 60 days apart."""


@app.command()
def sample(
    out: Annotated[Path, typer.Argument(help="the folder to write landing tables to")],
    accounts: Annotated[int, typer.Option(min=100, help="accounts at the last Monday")] = 420_000,
    monday_list: Annotated[
        str | None, typer.Option("--mondays", help="2026-04-27,2026-05-25 [default: every Monday of the 18 months]")
    ] = None,
    event: Annotated[list[str] | None, typer.Option(help="NAME:MONDAY, such as outage:2026-06-29; repeatable")] = None,
    seed: Annotated[int, typer.Option(help="another seed, another population")] = SAMPLE_SEED,
    as_json: Json = False,
) -> None:
    """Write landing tables of a synthetic B2B population."""
    from seg_assets.sample_data import parse_event, write_landing

    chosen = listed(monday_list, parse_monday) or mondays(FIRST_SAMPLE_MONDAY, LAST_SAMPLE_MONDAY)
    try:
        events = tuple(parse_event(text) for text in event or ())
        written = write_landing(
            out,
            accounts=accounts,
            mondays=chosen,
            seed=seed,
            events=events,
            progress=None if as_json else typer.echo,
        )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    if as_json:
        typer.echo(json.dumps({"landing": str(out), "mondays": list(map(str, chosen)), "rows": written.rows}))


@app.command()
def run(
    landing: LandingTables = None,
    home: Home = None,
    catalog: Catalog = None,
    months: Annotated[str | None, typer.Option(help="service months, 2026-07,... [default: all that can be]")] = None,
    weeks: Annotated[str | None, typer.Option(help="Mondays, 2026-07-06,... [default: all that landed]")] = None,
    as_json: Json = False,
) -> None:
    """Turn landing tables into weekly segment scores, by real Dagster runs in that home."""
    from sqlalchemy.exc import OperationalError

    from resources.lakehouse import TableError
    from seg_assets import console
    from seg_assets.automation.launch import Interrupted
    from seg_assets.catalogs import CatalogueError
    from seg_assets.landing import LandingError

    settings = settings_of(home, landing, catalog)
    chosen_months, chosen_weeks = listed(months, parse_month), listed(weeks, parse_monday)
    try:
        done = _run(settings, chosen_months, chosen_weeks, console.Progress(quiet=as_json))
    except (CatalogueError, LandingError, TableError) as error:
        typer.echo(json.dumps({"home": str(settings.home), "ok": False, "error": str(error)}) if as_json else error)
        raise typer.Exit(2) from error
    except OperationalError as error:
        told = (
            f"Dagster's storage in {settings.dagster_home} does not answer ({error.orig}). If the disk is full, free "
            "some of it; if another program holds its files locked, end that. What is stored is whole: run again"
        )
        typer.echo(json.dumps({"home": str(settings.home), "ok": False, "error": told}) if as_json else told)
        raise typer.Exit(2) from error
    except Interrupted as error:
        typer.echo(json.dumps({"home": str(settings.home), "ok": False, "error": str(error)}) if as_json else error)
        raise typer.Exit(INTERRUPTED) from error
    typer.echo(json.dumps(console.run_object(settings, done)) if as_json else console.run_text(settings, done))
    raise typer.Exit(0 if done.ok else 1)


@app.command()
def demo(
    accounts: Annotated[int, typer.Option(min=1_000, help="accounts of the sample data")] = 420_000,
    months: Annotated[int, typer.Option(min=1, max=18, help="service months, the last is 2026-07")] = 3,
    home: Home = None,
) -> None:
    """Sample data, then everything that `seg run` does over it: what `make demo` calls.

    The landing tables lie in the home and the catalogue is the built-in one, whatever SEG_LANDING and SEG_CATALOG say.
    """
    from seg_assets.sample_data import FolderTaken, write_landing

    for name in ("SEG_LANDING", "SEG_CATALOG"):
        os.environ.pop(name, None)
    settings = settings_of(home, None, None)
    services, snapshots = demo_months(months), demo_mondays(months)
    typer.echo(f"Sample data: {accounts:,} accounts, {len(snapshots)} Mondays, in {settings.landing}")
    try:
        write_landing(
            Path(settings.landing), accounts=accounts, mondays=snapshots, seed=SAMPLE_SEED, progress=typer.echo
        )
    except FolderTaken as error:
        other = settings.home.with_name(f"{settings.home.name}-{accounts}")
        shown = other.name if other.parent == Path.cwd() else other
        typer.echo(f"seg demo: {error}. Such as: make demo ACCOUNTS={accounts} HOME_DIR={shown}", err=True)
        raise typer.Exit(2) from error
    typer.echo(f"Dagster runs in {settings.dagster_home}")
    run(
        landing=None,
        home=home,
        catalog=None,
        months=",".join(f"{month:%Y-%m}" for month in services),
        weeks=",".join(map(str, DEMO_WEEKS)),
        as_json=False,
    )


@app.command()
def ui(
    home: Home = None,
    landing: LandingTables = None,
    catalog: Catalog = None,
    port: Annotated[int, typer.Option(help="the port of the UI")] = 3000,
) -> None:
    """Open the Dagster UI on that home's runs; give it the landing tables and catalogue that `seg run` was given."""
    import sys

    from resources.dagster_home import prepare_dagster_home

    settings = settings_of(home, landing, catalog)
    environment = os.environ | settings.to_environment()
    environment["DAGSTER_HOME"] = str(prepare_dagster_home(settings.dagster_home))
    program = [sys.executable, "-m", "dagster", "dev", "--port", str(port), "--module-name", "seg_assets.definitions"]
    os.execve(sys.executable, program, environment)


@app.command()
def show(
    table: Annotated[str | None, typer.Argument(help="a table such as segment_profiles [default: list them]")] = None,
    home: Home = None,
    rows: Annotated[int, typer.Option(min=1, help="at most so many rows")] = 20,
    partition: Annotated[str | None, typer.Option(help="a date, 2026-07-06 [default: the newest]")] = None,
    history: Annotated[str | None, typer.Option(help="a column: what it held, partition by partition")] = None,
    as_json: Json = False,
) -> None:
    """Print a table of that home, newest partition first, or the list of tables."""
    from resources.lakehouse import Lakehouse, TableError
    from seg_assets import console
    from seg_assets.table_history import history_text

    lakehouse = Lakehouse(settings_of(home, None, None).lakehouse)
    try:
        if table is None:
            typer.echo(console.tables_text(lakehouse, as_json=as_json))
        elif history is not None:
            typer.echo(history_text(lakehouse, table, history, rows, as_json=as_json))
        else:
            of = parsed(partition, dt.date.fromisoformat) if partition else None
            typer.echo(console.table_text(lakehouse, table, rows, as_json=as_json, partition=of))
    except TableError as error:
        typer.echo(f"seg show: {error}", err=True)
        raise typer.Exit(2) from error


@app.command()
def explain(
    account: Annotated[str, typer.Argument(help="an account_id")],
    week: Annotated[str | None, typer.Option(help="2026-07-06 [default: the newest it was scored in]")] = None,
    history: Annotated[int, typer.Option(min=1, help="at most so many scored weeks")] = 12,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Why an account is in its segment, what would move it to the nearest other, and why it moved before."""
    from resources.lakehouse import Lakehouse, TableError
    from seg_assets import console
    from seg_assets.segmentation.serialise import to_values
    from seg_assets.steps.explain import ExplanationError, explain_account

    monday = parsed(week, parse_monday) if week else None
    settings = settings_of(home, None, None)
    try:
        told = explain_account(Lakehouse(settings.lakehouse), account, monday, history)
    except (ExplanationError, TableError) as error:
        if as_json:
            typer.echo(json.dumps({"home": str(settings.home), "ok": False, "error": str(error)}))
        else:
            typer.echo(f"seg explain: {error}", err=True)
        raise typer.Exit(2) from error
    object_told = {"home": str(settings.home), "ok": True, **to_values(told)}
    typer.echo(json.dumps(object_told) if as_json else console.explanation_text(told))


app.command()(describe)
app.command()(publish)
app.command()(quality_monitor)
app.command()(access)
app.command()(promote)
app.command()(rollback)
app.add_typer(overrides, name="override")


def _run(
    settings: Settings, months: list[dt.date] | None, weeks: list[dt.date] | None, progress: Callable[[Run], None]
) -> PopulationRun:
    """Open the home's Dagster instance and go through the graph's stages once."""
    import dagster as dg

    from resources.dagster_home import prepare_dagster_home
    from resources.lakehouse import Lakehouse
    from seg_assets.automation.population import Population
    from seg_assets.catalogs import catalogue_at
    from seg_assets.landing import Landing

    os.environ["DAGSTER_HOME"] = str(prepare_dagster_home(settings.dagster_home))
    catalogue = catalogue_at(settings.catalog)
    from seg_assets.definitions import build_definitions

    with dg.DagsterInstance.get() as instance:
        return Population(
            catalogue=catalogue,
            definitions=build_definitions(settings, catalogue),
            instance=instance,
            landing=Landing(settings.landing),
            lakehouse=Lakehouse(settings.lakehouse),
            progress=progress,
        ).run(months, weeks)


def demo_months(count: int) -> list[dt.date]:
    """The last `count` service months of the demo, ascending."""
    months = [DEMO_WEEKS[-1].replace(day=1)]
    while len(months) < count:
        months.insert(0, month_before(months[0]))
    return months


def demo_mondays(count: int) -> list[dt.date]:
    """The Mondays whose snapshots the demo of `count` service months needs: month-ends, then every week to the last."""
    months = demo_months(count)
    labels = _months_before(months[0], DEMO_LABEL_MONTHS + 1)
    first = min(labels, _months_before(months[-1], DEMO_HISTORY_MONTHS))
    first = max(first, FIRST_SAMPLE_MONDAY.replace(day=1))
    history = mondays(first, DEMO_WEEKS[0])
    month_ends = {monday.replace(day=1): monday for monday in history}
    return sorted({*month_ends.values(), *DEMO_WEEKS})


def _months_before(month: dt.date, count: int) -> dt.date:
    for _ in range(count):
        month = month_before(month)
    return month

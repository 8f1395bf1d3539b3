"""`seg override set`, `end` and `list`: thin commands over the jobs of overrides, and over their table.

Belongs here: their options, and the list as people read it. Does not: the jobs (automation/override.py), what holds
(segmentation/overrides.py), the other commands (cli.py).
"""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Annotated

import typer

from seg_assets.calendar import parse_monday
from seg_assets.decision_commands import By, Reason, carry_out
from seg_assets.options import Catalog, Home, Json, parsed, settings_of

if TYPE_CHECKING:
    from seg_assets.segmentation.overrides import Override

app = typer.Typer(
    help="Show one account in another segment than the rules do, with who answers for it, why, and until when.",
    no_args_is_help=True,
)
Account = Annotated[str, typer.Argument(help="an account_id")]
Since = Annotated[str, typer.Option("--from", help="the first Monday that it is for [default: the newest week]")]


@app.command("set")
def set_segment(
    account: Account,
    segment: Annotated[str, typer.Argument(help="a segment_id of the definitions in force, such as SEG-02")],
    by: By,
    reason: Reason,
    until: Annotated[str, typer.Option(help="the last day of weeks that it is for, such as 2026-12-31")],
    since: Since = "",
    home: Home = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """Show an account in a segment; the next `seg run` scores the weeks again that it is about."""
    decision = {"account_id": account, "segment_id": segment, "by": by, "reason": reason, "until": until}
    config = decision | {"from_week": since}
    carry_out(settings_of(home, None, catalog), "set_override", config, command="override set", as_json=as_json)


@app.command("end")
def end(
    account: Account,
    by: By,
    reason: Reason,
    since: Since = "",
    home: Home = None,
    catalog: Catalog = None,
    as_json: Json = False,
) -> None:
    """End the override of an account before it expires: its rule segment is shown again."""
    config = {"account_id": account, "by": by, "reason": reason, "from_week": since}
    carry_out(settings_of(home, None, catalog), "end_override", config, command="override end", as_json=as_json)


@app.command("list")
def list_overrides(
    week: Annotated[str | None, typer.Option(help="2026-07-06 [default: the newest week with accounts]")] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Print the overrides that hold in a week."""
    from resources.lakehouse import Lakehouse, TableError
    from seg_assets.segmentation.overrides import in_force
    from seg_assets.steps.overrides import read_overrides
    from seg_assets.steps.week_reads import SNAPSHOTS

    settings = settings_of(home, None, None)
    lakehouse = Lakehouse(settings.lakehouse)
    try:
        monday = parsed(week, parse_monday) if week else max(lakehouse.partitions(SNAPSHOTS), default=None)
        held = {} if monday is None else in_force(read_overrides(lakehouse), monday)
    except TableError as error:
        typer.echo(f"seg override list: {error}", err=True)
        raise typer.Exit(2) from error
    rows = [held[account] for account in sorted(held)]
    if as_json:
        kept = [json.loads(json.dumps(dataclasses.asdict(row), default=str)) for row in rows]
        typer.echo(json.dumps({"home": str(settings.home), "week": str(monday), "overrides": kept}))
    else:
        typer.echo("\n".join([f"{len(rows) or 'No'} overrides hold in week {monday}", *map(_line, rows)]))


def _line(row: Override) -> str:
    return f"{row.account_id:<12}  {row.segment_id}  {row.from_week} to {row.expires_on}  {row.owner}: {row.reason}"

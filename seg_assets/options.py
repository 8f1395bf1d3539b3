"""What several seg commands are given in the same way, and the settings that follow.

Belongs here: shared options, and reading lists of dates. Does not: the commands (cli.py, decision_commands.py).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from resources.settings import Settings, SettingsError

T = TypeVar("T")

Home = Annotated[Path | None, typer.Option(help="where tables, runs and models lie [default: SEG_HOME, or .seg]")]
LandingTables = Annotated[
    str | None, typer.Option(help="landing tables [default: SEG_LANDING, or landing in the home]")
]
Catalog = Annotated[Path | None, typer.Option(help="a catalogue file [default: SEG_CATALOG, or the built-in one]")]
Json = Annotated[bool, typer.Option("--json", help="print one JSON object instead of text")]


def settings_of(home: Path | None, landing: str | None, catalog: Path | None) -> Settings:
    """The settings of the environment, with the options given in their place; exits with 2 where they are wrong."""
    given = {"SEG_HOME": home, "SEG_LANDING": landing, "SEG_CATALOG": catalog}
    os.environ.update({name: str(value) for name, value in given.items() if value is not None})
    if landing is not None and "://" not in landing:
        os.environ["SEG_LANDING"] = str(Path(landing).expanduser().absolute())
    try:
        return Settings.from_environment(os.environ)
    except SettingsError as error:
        typer.echo(f"seg: {error}", err=True)
        raise typer.Exit(2) from error


def listed(text: str | None, parse: Callable[[str], T]) -> list[T] | None:
    """The parts of a list with commas, None where none was given."""
    return None if text is None else [parsed(part.strip(), parse) for part in text.split(",") if part.strip()]


def parsed(text: str, parse: Callable[[str], T]) -> T:
    """`text` as a value. Raises typer.BadParameter, with what `parse` says, where it is none."""
    try:
        return parse(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error

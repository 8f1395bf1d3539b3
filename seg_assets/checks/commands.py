"""Commands for a shell that show more of what a check found.

Belongs here: how they are written. They run as they stand where the project's programs are on the path and SEG_HOME
names the home. Does not: which of them a check tells.
"""

from __future__ import annotations

import datetime as dt
import shlex

WIDE = "import polars as pl; pl.Config(tbl_rows=-1, tbl_cols=-1, tbl_width_chars=160, fmt_str_lengths=400)"


def show(table: str, partition: dt.date | None = None) -> str:
    """Print a table, or one partition of it."""
    of = "" if partition is None else f" --partition {partition}"
    return f"seg show {shlex.quote(table)}{of}"


def history(table: str, column: str) -> str:
    """Print what a column of a table held in its newest partitions, one below the other."""
    return f"seg show {shlex.quote(table)} --history {shlex.quote(column)}"


def frame(uri: str, verbs: str) -> str:
    """Print a query of a Delta table, whole, that `seg show` has no words for. verbs: Polars verbs after the scan."""
    return _python(f"{WIDE}; print(pl.scan_delta({uri!r}){verbs}.collect())")


def landed(base: str, source: str, week: dt.date) -> str:
    """Print what the columns of a landing table hold in a week: how many are null, least, middle, most."""
    day = f"dt.date({week.year}, {week.month}, {week.day})"
    read = f"Landing({base!r}).read({source!r}, {day})"
    return _python(f"import datetime as dt; from seg_assets.landing import Landing; {WIDE}; print({read}.describe())")


def of_day(column: str, day: dt.date) -> str:
    """A filter for `frame` that keeps one day."""
    return f".filter(pl.col('{column}') == pl.date({day.year}, {day.month}, {day.day}))"


def _python(code: str) -> str:
    """In double quotes where a shell leaves the code alone in them: it quotes its own texts in single ones."""
    quoted = shlex.quote(code) if set(code) & set('"$`\\!') else f'"{code}"'
    return f"python -c {quoted}"

"""How runs and tables read on a screen and as JSON.

Belongs here: text and plain objects from results. Does not: making results (automation/), options (cli.py).
"""

from __future__ import annotations

import datetime as dt
import json
import textwrap
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from resources.lakehouse import Lakehouse
from resources.pages import CONVERSION_LIFT, FOLDER, Pages
from resources.settings import CHECKOUT, Settings, default_home
from seg_assets.schemas import SEGMENT_PROFILES
from seg_assets.steps.models import read_promotions

if TYPE_CHECKING:
    # Dagster comes with these; commands that only read tables do without its seconds.
    from seg_assets.automation.launch import Check, Run
    from seg_assets.automation.plan import Skip
    from seg_assets.automation.population import PopulationRun
    from seg_assets.segmentation.account_history import ScoredWeek
    from seg_assets.segmentation.explaining import Explanation, IntentPoints

WIDTH = 110
UP_TO_DATE = "up to date"


class Progress:
    """Prints a line a run as it ends, with the time since the start."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._began = time.monotonic()

    def __call__(self, run: Run) -> None:
        """Tell of `run`, and of every check that did not pass."""
        if self._quiet:
            return
        rows = f"{run.rows:>9,} rows" if run.rows is not None else " " * 14
        state = "done   " if run.ok else "STOPPED" if run.stopped_by else "FAILED "
        print(
            f"{time.monotonic() - self._began:6.1f} s  {state} {run.job:<14} {run.partition:<24} {rows} "
            f"{run.seconds:6.1f} s",
            flush=True,
        )
        for check in run.checks:
            if not check.passed:
                print(_check_text(check), flush=True)
        if run.error and not run.stopped_by:
            print(_wrapped(run.error, 10), flush=True)


def run_object(settings: Settings, done: PopulationRun) -> dict[str, Any]:
    """What `seg run --json` prints."""
    lakehouse = Lakehouse(settings.lakehouse)
    return {
        "home": str(settings.home),
        "months": [f"{month:%Y-%m}" for month in done.months],
        "weeks": [week.isoformat() for week in done.weeks],
        "segments": json.loads(newest_profiles(lakehouse).write_json()),
        "tables": {table: lakehouse.uri(table) for table in lakehouse.tables()},
        "runs": [
            {
                "job": run.job,
                "partition": run.partition,
                "run_id": run.run_id,
                "ok": run.ok,
                "seconds": run.seconds,
                "rows": run.rows,
                "error": run.error,
            }
            for run in done.runs
        ],
        "checks": [
            {
                "asset": check.asset,
                "check": check.name,
                "partition": run.partition,
                "passed": check.passed,
                "blocking": check.blocking,
                "description": check.description,
                "runbook": check.runbook,
                "look_closer": check.look_closer,
            }
            for run in done.runs
            for check in run.checks
        ],
        "failures": [{"what": failure.what, "why": failure.why} for failure in done.failures],
        "promotions": [
            {"definition_version": row.definition_version, "action": row.action, "reason": row.reason}
            for row in read_promotions(lakehouse)
            if row.service_month in done.months
        ],
        "skipped": [{"what": skip.what, "why": skip.why} for skip in done.skipped],
        "rescored": [{"what": week.what, "why": week.why} for week in done.rescored],
        "ok": done.ok,
    }


def run_text(settings: Settings, done: PopulationRun) -> str:
    """What `seg run` prints at its end: skips, segments, tables, and what to open next."""
    lakehouse = Lakehouse(settings.lakehouse)
    parts = [
        "\n".join(_wrapped(f"FAILED {failure}", 0) for failure in done.failures),
        _skipped_text(done.skipped),
        "\n".join(_wrapped(str(week), 0) for week in done.rescored),
        _rejected_text(lakehouse, done.months),
        segments_text(newest_profiles(lakehouse)),
        tables_text(lakehouse, as_json=False),
        _next_text(settings),
        _outcome_text(done),
    ]
    return "\n" + "\n\n".join(part for part in parts if part)


def newest_profiles(lakehouse: Lakehouse) -> pl.DataFrame:
    """The segment profiles of the newest service month; empty where there are none."""
    months = lakehouse.partitions(SEGMENT_PROFILES.name)
    if not months:
        return pl.DataFrame(schema=SEGMENT_PROFILES.schema)
    return lakehouse.scan(SEGMENT_PROFILES.name, [max(months)]).sort("segment_id").collect()


def segments_text(profiles: pl.DataFrame) -> str:
    """The segments of one service month, a few lines each: name, size, ARR, conversion, definition, play."""
    if profiles.is_empty():
        return ""
    month: dt.date = profiles["service_month"][0]
    known = profiles["conversion_rate"].is_not_null().any()
    told = "conversion is of eligible accounts whose outcome is known, with its 95 % interval" if known else ""
    lines = [f"Segments serving {month:%B %Y} (version {profiles['definition_version'][0]})", told, ""]
    for row in profiles.iter_rows(named=True):
        lines.append(
            f"{row['segment_id']}  {row['name']}".ljust(62)
            + f"{row['accounts']:>9,} accounts  {row['account_share']:>6.1%}  {_money(row['arr'])}  {_rate(row)}"
        )
        lines.append(_wrapped(f"if {row['definition']}", 8))
        if row["play"]:
            lines.append(_wrapped(f"play: {row['play']}: {row['action']}", 8))
    return "\n".join(lines)


def tables_text(lakehouse: Lakehouse, *, as_json: bool) -> str:
    """Every table with where it lies."""
    tables = {table: lakehouse.uri(table) for table in lakehouse.tables()}
    if as_json:
        return json.dumps(tables)
    if not tables:
        return f"No tables below {lakehouse.root} yet: run `seg run`."
    return "Tables (Delta)\n" + "\n".join(f"  {table:<32} {uri}" for table, uri in tables.items())


def table_text(lakehouse: Lakehouse, table: str, rows: int, *, as_json: bool, partition: dt.date | None = None) -> str:
    """The first rows of a table, of one partition or its newest first. Raises TableError where it is not there."""
    frame = lakehouse.scan(table)
    dates = [name for name, dtype in frame.collect_schema().items() if dtype == pl.Date]
    partitions = _partitions(lakehouse, table)
    if partition is not None:
        frame = lakehouse.scan(table, [partition])
    elif partitions:
        frame = lakehouse.scan(table, [max(partitions)])
    elif dates:
        frame = frame.sort(dates[0], descending=True)
    head = frame.head(rows).collect()
    if as_json:
        return head.write_json()
    with pl.Config(tbl_rows=rows, tbl_cols=-1, tbl_width_chars=200, fmt_str_lengths=60, tbl_hide_dataframe_shape=True):
        total = lakehouse.scan(table).select(pl.len()).collect().item()
        kept = f", newest partition {max(partitions)}" if partitions else ""
        kept = kept if partition is None else f", partition {partition}"
        return f"{table}: {total:,} rows{kept}\n{head}"


def explanation_text(told: Explanation) -> str:
    """What `seg explain` prints: segment, conditions, the nearest other segment, intent, history."""
    name = f"  {told.account_name}" if told.account_name else ""
    sure = "not known yet" if told.override_owner is None else "not known"
    if told.confidence is not None:
        sure = "above 0.99" if told.confidence > 0.99 else f"{told.confidence:.2f}"
    segment = [
        f"{told.account_id}{name}, week {told.week}, definitions {told.definition_version}{_later(told)}",
        f"{told.segment_id}  {told.segment_name}",
        *(_wrapped(reason, 8) for reason in told.reasons or ["the only segment: it asks nothing"]),
        _wrapped(f"confidence {sure}: {_confidence_words(told)}, not of conversion", 8),
        _wrapped(f"OUTDATED {told.outdated}", 8) if told.outdated else "",
    ]
    lines = "\n".join(line for line in segment if line)
    parts = [lines, _action_text(told), _nearest_text(told), _intent_text(told.intent)]
    return "\n\n".join(part for part in (*parts, _history_text(told.history)) if part)


def _action_text(told: Explanation) -> str:
    labels = f"Labels  {', '.join(told.labels)}" if told.labels else ""
    action = f"Action  {told.action}" if told.action else ""
    lines = [(labels, 0), (action, 0), (told.action_reason or "", 8)]
    return "\n".join(_wrapped(line, indent) for line, indent in lines if line)


def _confidence_words(told: Explanation) -> str:
    if told.override_owner is not None:
        return f"the probability that at the next scoring its values meet {told.segment_id}"
    if told.held:
        return "the probability that at the next scoring its values meet the segment it is held in"
    return "the probability of the same segment at the next scoring"


def _later(told: Explanation | ScoredWeek) -> str:
    return ", before the first model" if told.before_first_model else ""


def _nearest_text(told: Explanation) -> str:
    nearest = told.nearest
    if nearest is None:
        return ""
    other = f"{nearest.segment_id}  {nearest.segment_name}"
    head = f"Nearest other, and what would move it there: {other}"
    if told.override_owner is not None and told.segment_id != told.rule_segment_id:
        met = f"{told.rule_segment_id}  {told.rule_segment_name}"
        head = f"Set by {told.override_owner}: its values meet {met}. What would move them to {other}:"
    elif told.held:
        met = f"{told.rule_segment_id}  {told.rule_segment_name}"
        head = f"Held: its values meet {met}. What would keep it in {nearest.segment_id}:"
    elif nearest.weeks_of_noise is None:
        head = f"No other segment is near; the fewest changes lead to {other}"
    noise = "(a week of noise is what a value usually moves in a week)"
    lines = [change.text for change in nearest.changes] + ([] if nearest.weeks_of_noise is None else [noise])
    return "\n".join([_wrapped(head, 0), *(_wrapped(line, 8) for line in lines)])


def _intent_text(intent: IntentPoints | None) -> str:
    if intent is None:
        return ""
    told = [(part.points, f"{part.title} {part.value}") for part in (*intent.adds, *intent.takes)]
    lines = [
        f"Intent {intent.intent:.0f} (50 is a chance of {intent.anchor_chance:.2%}, ten more are twice the odds)",
        f"{intent.start:>14.1f}  the average account",
        *(f"{points:>+14.1f}  {what}" for points, what in (*told, (intent.others, "all other features together"))),
    ]
    return "\n".join(lines)


def _history_text(weeks: Sequence[ScoredWeek]) -> str:
    lines = ["History, newest week first"]
    for week in weeks:
        kept = "held" if week.held else "" if week.override_owner is None else f"set by {week.override_owner}"
        held = f", {kept}: its values meet {week.rule_segment_id}" if kept else ""
        segment = f"{week.segment_id}  {week.segment_name}{held}" if week.segment_id else ""
        line = f"{week.week}  {segment}".ljust(62) + f"  {week.definition_version or ''}{_later(week)}"
        lines.append(line.rstrip())
        lines += [_wrapped(f"{cause.kind}: {cause.text}", 12) for cause in week.causes]
    return "\n".join(lines)


def _partitions(lakehouse: Lakehouse, table: str) -> Sequence[dt.date]:
    return sorted(lakehouse.partitions(table)) if lakehouse.is_partitioned(table) else []


def _rejected_text(lakehouse: Lakehouse, months: Sequence[dt.date]) -> str:
    """The months whose newest decision was a rejection, so that nobody takes the champion for the newest model."""
    newest = {row.service_month: row for row in read_promotions(lakehouse)}
    told = [
        _wrapped(f"{row.definition_version} was rejected, {row.to_version or 'nothing'} serves on: {row.reason}", 2)
        for month, row in sorted(newest.items())
        if month in months and row.action == "reject"
    ]
    return "Rejected\n" + "\n".join(told) if told else ""


def _skipped_text(skipped: Sequence[Skip]) -> str:
    news = [skip for skip in skipped if not skip.why.startswith(UP_TO_DATE)]
    lines = [_wrapped(f"- {skip}", 2) for skip in news]
    if len(news) < len(skipped):
        lines.append(f"  - {len(skipped) - len(news)} partitions are up to date, their inputs are unchanged")
    return "Skipped\n" + "\n".join(lines) if lines else ""


def _check_text(check: Check) -> str:
    """A check that did not pass: whether it stopped its run, what it found, and what to do."""
    did = "stopped it" if check.blocking else "warns"
    told = [_wrapped(f"check {check.name} of {check.asset} {did}: {check.description}", 10)]
    if check.runbook:
        told.append(_wrapped(f"what to do: {check.runbook}", 12))
    if check.look_closer:
        # In one piece, to be copied.
        told.append(f"{' ' * 12}look closer: {check.look_closer}")
    return "\n".join(told)


def _outcome_text(done: PopulationRun) -> str:
    stopped = [run for run in done.runs if run.stopped_by]
    failed = sum(not run.ok for run in done.runs) - sum(not run.ok for run in stopped)
    if done.ok:
        if not done.months and not done.weeks:
            return "Nothing was done: nothing that landed could be used; see what was skipped."
        return f"{len(done.runs)} runs, all succeeded." if done.runs else "Nothing to do: everything is up to date."
    told = [f"{run.job} of {run.partition} was stopped by check {run.stopped_by}" for run in stopped]
    if failed or not stopped:
        told.append(f"{failed} of {len(done.runs)} runs failed")
    return f"FAILED: {'; '.join(told)}. What was wrong, and what to do, is told above."


def _next_text(settings: Settings) -> str:
    """Commands that work as they stand: for this home, by the program that was installed."""
    where = "" if settings.home == default_home() else f" --home {settings.home}"
    seg = ".venv/bin/seg" if (CHECKOUT / ".venv/bin/seg").exists() else "seg"
    ui = f"{seg} ui{where}" if where else "make ui"
    lines = [
        (ui, "the graph and these runs in the Dagster UI"),
        (f"{seg} show segment_profiles{where}", "the segment book's table"),
        (f"{seg} show segment_scores{where}", "the newest week, account by account"),
    ]
    width = max(len(command) for command, _ in lines)
    shown = [f"  {command.ljust(width)}   {what}" for command, what in lines]
    page = Pages(str(settings.home / FOLDER)).newest(CONVERSION_LIFT)
    lift = [f"  Conversion-lift page, in a browser: {page.as_uri()}"] if page is not None else []
    return "\n".join(["Open next", *shown, *lift, f"  MLflow store: {_store(settings)}"])


def _money(value: float | None) -> str:
    if value is None:
        return " " * 12
    for size, unit in ((1e9, "bn"), (1e6, "m"), (1e3, "k")):
        if abs(value) >= size:
            return f"${value / size:,.1f} {unit} ARR".rjust(14)
    return f"${value:,.0f} ARR".rjust(14)


def _rate(row: dict[str, Any]) -> str:
    if row["conversion_rate"] is None:
        return "conversion not known yet"
    return f"{row['conversion_rate']:.2%} [{row['conversion_low']:.2%}, {row['conversion_high']:.2%}] convert"


def _wrapped(text: str, indent: int) -> str:
    return "\n".join(
        textwrap.fill(line, WIDTH, initial_indent=" " * indent, subsequent_indent=" " * (indent + 2))
        for line in text.splitlines()
    )


def _store(settings: Settings) -> str:
    return "the workspace's" if settings.compute is not None else str(settings.mlflow_home / "mlflow.db")

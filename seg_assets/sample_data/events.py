"""Things that go wrong, or change, on a chosen Monday: seven named events and what each does to a week's frames.

Belongs here: the events, their spelling, and the disturbance of frames that were generated undisturbed.
Does not: the accounts of a new kind (newcomers.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from seg_assets.sample_data.randomness import Dice, Floats, day_number

Frames = dict[str, pl.DataFrame]

LATE_SOURCE = "marketing_engagement"
DUPLICATED_SOURCE = "account_value"
_ONCE = frozenset({"outage", "late_source", "duplicated_load"})
_TRACKED = (
    "web_visits_30d", "pricing_page_views_30d", "docs_page_views_30d", "paid_media_clicks_30d", "form_fills_90d",
)  # fmt: skip
_RATES = ("email_open_rate_90d", "email_click_rate_90d")


@dataclass(frozen=True)
class Event:
    """Something that happens to the landing tables at `monday`: its name is one of EVENT_NAMES."""

    name: str
    monday: date

    def __str__(self) -> str:
        return f"{self.name}:{self.monday.isoformat()}"

    def touches(self, monday: date) -> bool:
        """Whether the landing of `monday` differs because of this event."""
        return monday == self.monday if self.name in _ONCE else monday >= self.monday


def require_monday(day: date) -> date:
    """The day itself. Raises ValueError when it is no Monday, naming the Monday before."""
    if day.weekday():
        monday = date.fromordinal(day.toordinal() - day.weekday())
        raise ValueError(f"{day} is a {day:%A}; snapshots are taken on Mondays, such as {monday}")
    return day


def parse_event(text: str) -> Event:
    """The event in `outage:2026-06-29`. Raises ValueError for another spelling, an unknown name, a day not a Monday."""
    name, colon, day = text.partition(":")
    if not colon:
        raise ValueError(f"event {text!r}: write NAME:MONDAY, such as outage:2026-06-29")
    if name not in EVENT_NAMES:
        raise ValueError(f"event {text!r}: unknown name {name!r}; known are {', '.join(EVENT_NAMES)}")
    try:
        monday = date.fromisoformat(day)
    except ValueError as error:
        raise ValueError(f"event {text!r}: {day!r} is not a date, such as 2026-06-29") from error
    try:
        return Event(name, require_monday(monday))
    except ValueError as error:
        raise ValueError(f"event {text!r}: {error}") from error


def disturbed(frames: Frames, monday: date, events: Iterable[Event], seed: int) -> Frames:
    """The frames as they land on `monday` under `events`; a source that does not land is left out."""
    for event in sorted(events, key=str):
        if event.touches(monday):
            frames = _EFFECTS[event.name](frames, seed, day_number(monday))
    return frames


def _replaced(frames: Frames, source: str, columns: Mapping[str, pl.Expr]) -> Frames:
    return frames | {source: frames[source].with_columns(**columns)} if source in frames else frames


def _luck(name: str, frame: pl.DataFrame, seed: int, day: int) -> Floats:
    return Dice(seed, frame.height).uniform(f"event.{name}", day)


def _outage(frames: Frames, seed: int, day: int) -> Frames:
    """Web and e-mail tracking fails for 85 % of the accounts: counts are 0, rates are null."""
    source = "marketing_engagement"
    if source not in frames:
        return frames
    hit = pl.lit(pl.Series(_luck("outage", frames[source], seed, day) < 0.85))
    zeros = {name: pl.when(hit & pl.col(name).is_not_null()).then(0).otherwise(pl.col(name)) for name in _TRACKED}
    return _replaced(frames, source, zeros | {name: pl.when(~hit).then(pl.col(name)) for name in _RATES})


def _price_change(frames: Frames, seed: int, day: int) -> Frames:
    """List prices rise: contracts by 15 %, discounts shrink by 40 %."""
    columns = {name: (pl.col(name) * 1.15).round(0) for name in ("contract_value", "estimated_arr")}
    columns["discount_rate"] = (pl.col("discount_rate") * 0.6).round(2)
    columns["arr_growth_12m"] = (
        pl.when(pl.col("arr_growth_12m") == 0).then(0.0).otherwise(((pl.col("arr_growth_12m") + 1) * 1.15 - 1).round(4))
    )
    return _replaced(frames, "account_value", columns)


def _new_kind(frames: Frames, seed: int, day: int) -> Frames:
    """The accounts are in the population already: see population.py."""
    return frames


def _late_source(frames: Frames, seed: int, day: int) -> Frames:
    """One source does not land."""
    return {name: frame for name, frame in frames.items() if name != LATE_SOURCE}


def _duplicated_load(frames: Frames, seed: int, day: int) -> Frames:
    """A source lands twice, 2 % of the second rows with other values."""
    frame = frames[DUPLICATED_SOURCE]
    differs = pl.lit(pl.Series(_luck("duplicated_load", frame, seed, day) < 0.02))
    again = frame.with_columns(
        payment_delay_days=pl.col("payment_delay_days") + pl.when(differs).then(7).otherwise(0),
        estimated_arr=pl.col("estimated_arr") * pl.when(differs).then(1.1).otherwise(1.0),
    )
    return frames | {DUPLICATED_SOURCE: pl.concat([frame, again])}


def _unit_change(frames: Frames, seed: int, day: int) -> Frames:
    """Rates arrive as percent, gigabytes as megabytes."""
    frames = _replaced(frames, "marketing_engagement", {name: pl.col(name) * 100 for name in _RATES})
    return _replaced(frames, "product_usage", {"data_ingested_gb_30d": pl.col("data_ingested_gb_30d") * 1024})


def _timezone_shift(frames: Frames, seed: int, day: int) -> Frames:
    """The window ends a day early: 30-day counts lose a thirtieth of their events, the last one is a day older."""
    for source in ("marketing_engagement", "product_usage"):
        if source not in frames:
            continue
        frame = frames[source]
        luck = pl.lit(pl.Series(_luck(f"timezone_shift.{source}", frame, seed, day).astype(np.float64)))
        shifted: dict[str, pl.Expr] = {}
        for name, dtype in frame.schema.items():
            if name.endswith("_30d"):
                value = pl.col(name) * (29 / 30)
                shifted[name] = (value + luck).floor().cast(pl.Int64) if dtype.is_integer() else value
            elif name.startswith("days_since_"):
                shifted[name] = pl.col(name) + 1
        frames = _replaced(frames, source, shifted)
    return frames


_EFFECTS: dict[str, Callable[[Frames, int, int], Frames]] = {
    "outage": _outage,
    "price_change": _price_change,
    "new_kind": _new_kind,
    "late_source": _late_source,
    "duplicated_load": _duplicated_load,
    "unit_change": _unit_change,
    "timezone_shift": _timezone_shift,
}
EVENT_NAMES: tuple[str, ...] = tuple(_EFFECTS)

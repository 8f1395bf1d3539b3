"""Those who land the data: a week at a time, wrong at first where the story says so, then right.

Belongs here: making the landing files beforehand, and putting a week of them into place. Does not: when (half_year.py).
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Sequence
from pathlib import Path

from benchmarks.soak.story import HISTORY, Story
from seg_assets.sample_data import Event, write_landing
from seg_assets.sample_data.events import LATE_SOURCE
from seg_assets.sample_data.population import SNAPSHOT_SOURCES
from seg_assets.sample_data.write import EVENT_SOURCES

SEED = 7
ORDER = (*EVENT_SOURCES, *reversed(SNAPSHOT_SOURCES))
"""Sources in the order in which they land: required ones last, so that a week is whole once it is complete."""


class Supplier:
    """Holds the files of the whole story, right ones and wrong ones, and lands them."""

    def __init__(self, story: Story, accounts: int, made: Path, landing: Path) -> None:
        """Make all files below `made`. accounts: how many there are on the sample's last Monday."""
        self._made, self._landing = made, landing
        true = [Event(one.event, one.week) for one in story.events if one.is_true]
        weeks = [*HISTORY, *story.weeks]
        write_landing(made / "right", accounts=accounts, mondays=weeks, seed=SEED, events=true)
        for one in story.events:
            if not one.is_true:
                wrong = [*true, Event(one.event, one.week)]
                write_landing(made / one.event, accounts=accounts, mondays=[one.week], seed=SEED, events=wrong)

    def land_history(self) -> None:
        """Everything that lies there before the first week; the event sources have every week between."""
        for source in ORDER:
            for folder in sorted((self._made / "right" / source).iterdir()):
                week = dt.date.fromisoformat(folder.name.partition("=")[2])
                if week <= HISTORY[-1]:
                    self._put(source, week, "right")

    def land(self, week: dt.date, event: str | None = None) -> None:
        """All sources of a week; with `event`, the snapshot sources as that mistake makes them."""
        for source in ORDER:
            kind = event if event is not None and source not in EVENT_SOURCES else "right"
            self._put(source, week, kind)

    def land_again(self, week: dt.date, event: str) -> None:
        """What the owner of a source does once told: the sources that were wrong, right."""
        for source in self._wrong(week, event):
            self._put(source, week, "right")

    def landed_accounts(self, week: dt.date) -> list[Path]:
        """The files whose account_ids, together, are the population of a week."""
        return landed_accounts(self._landing, week)

    def _wrong(self, week: dt.date, event: str) -> Sequence[str]:
        if event == "late_source":
            return [LATE_SOURCE]
        pairs = {source: [_file(self._made / kind, source, week) for kind in ("right", event)] for source in ORDER}
        return [
            source
            for source, (right, wrong) in pairs.items()
            if source not in EVENT_SOURCES and right.read_bytes() != wrong.read_bytes()
        ]

    def _put(self, source: str, week: dt.date, kind: str) -> None:
        made, landed = _file(self._made / kind, source, week), _file(self._landing, source, week)
        if not made.exists():
            return
        landed.parent.mkdir(parents=True, exist_ok=True)
        half = landed.with_name(f".{landed.name}.half")
        shutil.copyfile(made, half)
        half.replace(landed)


def landed_accounts(landing: Path, week: dt.date) -> list[Path]:
    """The files whose account_ids, together, are the population of a week."""
    return [_file(landing, source, week) for source in SNAPSHOT_SOURCES if source != "account_master"]


def _file(folder: Path, source: str, week: dt.date) -> Path:
    return folder / source / f"snapshot_date={week}" / "part-0.parquet"

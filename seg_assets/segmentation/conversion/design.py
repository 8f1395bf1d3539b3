"""Which months a test learns from, and what each candidate learns there: counts of accounts and conversions.

Belongs here: as-of dates that are out of time, counts of cells by population, and rankings of the test accounts.
Does not: candidates (candidates/), what a ranking is worth (figures.py), reading tables (steps/lift_data.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from seg_assets.calendar import matured_snapshots
from seg_assets.catalogs import Catalogue
from seg_assets.segmentation.balance import Matrix
from seg_assets.segmentation.conversion.candidates.candidate import Accounts, Candidate
from seg_assets.segmentation.conversion.candidates.merging import shrunk_rates, summed
from seg_assets.segmentation.conversion.population import Population
from seg_assets.segmentation.conversion.ranking import Ranking
from seg_assets.segmentation.lift import Codes, Flags

# Half a year has conversions enough for a rate a class; older months say more about other times.
MOST_TRAINING_MONTHS = 6
MOST_LABELS_SHOWN = 3


@dataclass(frozen=True)
class Landed:
    """What has landed. month_ends: of account snapshots; history_from: the earliest conversion in the first week."""

    month_ends: tuple[dt.date, ...]
    conversion_weeks: frozenset[dt.date]
    history_from: dt.date | None


def training_days(landed: Landed, test: dt.date, catalogue: Catalogue) -> list[dt.date]:
    """The newest month-ends, at most 6, whose outcomes and lag were over when `test` was taken; ascending."""
    earlier = [day for day in landed.month_ends if day < test]
    return _matured(earlier, landed, test, catalogue)[-MOST_TRAINING_MONTHS:]


def is_complete(landed: Landed, test: dt.date, catalogue: Catalogue) -> bool:
    """Whether the outcomes of `test` and the catalogue's lag are over, with every week of conversions landed."""
    newest = max(landed.conversion_weeks, default=dt.date.min)
    return bool(_matured([test], landed, newest, catalogue))


def complete_on(test: dt.date, catalogue: Catalogue) -> dt.date:
    """The first Monday whose landing completes the outcomes of `test`."""
    over = test + dt.timedelta(days=catalogue.objective.horizon_days + max(catalogue.outcome_lag_days, 1))
    return over + dt.timedelta(days=-over.weekday() % 7)


def _matured(days: Iterable[dt.date], landed: Landed, moment: dt.date, catalogue: Catalogue) -> list[dt.date]:
    return matured_snapshots(
        days,
        moment,
        conversion_weeks=landed.conversion_weeks,
        history_from=landed.history_from,
        horizon_days=catalogue.objective.horizon_days,
        lag_days=catalogue.outcome_lag_days,
    )


@dataclass(frozen=True, eq=False)
class Counts:
    """Others and converted accounts of one as-of date by cell: (population, candidate) to (cells, 2)."""

    day: dt.date
    by: Mapping[tuple[str, str], Matrix]


def counted(
    accounts: Accounts, cells: Mapping[str, Codes], candidates: Sequence[Candidate], populations: Sequence[Population]
) -> Counts:
    """Every candidate's cells of one training month, in each population. cells: by candidate (n,)."""
    converted = accounts.converted
    chosen = {one.name: chosen_rows(accounts, one) for one in populations}
    found: dict[tuple[str, str], Matrix] = {}
    for candidate in candidates:
        code = 2 * cells[candidate.name] + converted
        for name, rows in chosen.items():
            counts = np.bincount(code[rows], minlength=2 * len(candidate.labels))
            found[name, candidate.name] = counts.reshape(-1, 2).astype(np.float64)
    return Counts(accounts.day, found)


def chosen_rows(accounts: Accounts, population: Population) -> Flags:
    """(n,) which accounts the population has."""
    # Beside the accounts, so that a population of everyone is one flag an account too.
    flags = accounts.frame.select("account_id", population.chosen.fill_null(False).alias("__chosen"))
    found: Flags = flags["__chosen"].to_numpy()
    return found


def ranked(candidate: Candidate, cells: Codes, learned: Matrix, shrinkage: float) -> Ranking:
    """The candidate's ranking of test accounts in `cells` (n,) by what `learned` (cells, 2) of training says."""
    classes = candidate.classes(learned)
    rates = shrunk_rates(summed(learned, classes), shrinkage)
    count = len(rates)
    return Ranking(
        name=candidate.name,
        title=candidate.title,
        count=count,
        classes=classes[cells],
        scores=rates[classes[cells]],
        labels=tuple(_label(candidate, classes, learned, number) for number in range(count)),
    )


def _label(candidate: Candidate, classes: Codes, learned: Matrix, number: int) -> str:
    """What a class is called: its cells, those with most accounts first."""
    places = np.flatnonzero(classes == number)
    places = places[np.argsort(-learned[places].sum(axis=1), kind="stable")]
    told = "; ".join(candidate.labels[place] for place in places[:MOST_LABELS_SHOWN])
    rest = len(places) - MOST_LABELS_SHOWN
    return f"{told}; {rest} more" if rest > 0 else told


def total(counts: Sequence[Counts], population: str, candidate: str) -> Matrix:
    """(cells, 2) over all training months."""
    found: Matrix = np.sum([one.by[population, candidate] for one in counts], axis=0)
    return found

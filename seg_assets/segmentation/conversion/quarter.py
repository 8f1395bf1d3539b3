"""The accounts of several test months as one test, for the quarter's verdict.

Belongs here: which as-of date of an account counts, and rankings put together over months.
Does not: the verdict (verdict.py), which months have matured (the callers hand in those).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from seg_assets.segmentation.conversion.families import common_families
from seg_assets.segmentation.conversion.ranking import Judged, Ranking, Stratum
from seg_assets.segmentation.lift import Codes

MONTHS = 3


def quarter_of(as_of: dt.date) -> int:
    """1 .. 4: which quarter of the year an as-of date is in, and so which look its verdict is."""
    return (as_of.month - 1) // MONTHS + 1


def pooled(tests: Sequence[tuple[Judged, Sequence[Ranking]]]) -> tuple[Judged, tuple[Ranking, ...]]:
    """(accounts, rankings) of all test months, each account once a quarter and each conversion once.

    tests: the months of one quarter, or of the year so far. An account counts at the first as-of date of a quarter at
    which it is among the judged; where it converted within that horizon, it is not judged again, because later windows
    overlap. Overlapping windows of the same account are not replications. Candidates that a month lacks are left out;
    classes are matched by label. Raises ValueError without tests, or where two have the same as-of date.
    """
    months = sorted(tests, key=lambda test: _date(test[0]))
    dates = [_date(judged) for judged, _ in months]
    if not months or len(set(dates)) < len(dates):
        raise ValueError(f"pooling needs test months of different as-of dates, got {[str(date) for date in dates]}")
    families = common_families([judged.account_ids for judged, _ in months], [judged.families for judged, _ in months])
    kept = _counted_once([judged for judged, _ in months])
    parts = [
        replace(judged, families=codes).of(rows)
        for (judged, _), codes, rows in zip(months, families, kept, strict=True)
    ]
    shared = [
        ranking.name for ranking in months[0][1] if all(ranking.name in {r.name for r in own} for _, own in months)
    ]
    rankings = tuple(
        _joined([next(r for r in own if r.name == name).of(rows) for (_, own), rows in zip(months, kept, strict=True)])
        for name in shared
    )
    return _put_together(parts, dates), rankings


def _date(judged: Judged) -> dt.date:
    if not isinstance(judged.as_of, dt.date):
        raise ValueError("a test month has one as-of date; these accounts were pooled already")
    return judged.as_of


def _counted_once(months: Sequence[Judged]) -> list[Codes]:
    """The rows of each month, in the order of dates, at which an account counts."""
    done = pl.Series(dtype=pl.String)
    seen: dict[tuple[int, int], pl.Series] = {}
    kept = []
    for judged in months:
        date, ids = _date(judged), judged.account_ids.cast(pl.String)
        quarter = (date.year, quarter_of(date))
        before = pl.concat([done, seen.get(quarter, done.clear())])
        new = ~ids.is_in(before.implode())
        kept.append(np.flatnonzero(new.to_numpy()))
        seen[quarter] = pl.concat([seen.get(quarter, done.clear()), ids.filter(new)])
        done = pl.concat([done, ids.filter(new & pl.Series(judged.converted))])
    return kept


def _put_together(parts: Sequence[Judged], dates: Sequence[dt.date]) -> Judged:
    names = [name for name in parts[0].strata if all(name in judged.strata for judged in parts)]
    as_of = [
        pl.repeat(date, len(judged.converted), dtype=pl.Date, eager=True)
        for judged, date in zip(parts, dates, strict=True)
    ]
    return Judged(
        account_ids=pl.concat([judged.account_ids for judged in parts]),
        converted=np.concatenate([judged.converted for judged in parts]),
        families=np.concatenate([judged.families for judged in parts]),
        as_of=pl.concat(as_of),
        strata={
            name: Stratum(*_same_codes([(j.strata[name].codes, j.strata[name].labels) for j in parts]))
            for name in names
        },
    )


def _joined(months: Sequence[Ranking]) -> Ranking:
    """One candidate over all months; its classes are those of any month, by label."""
    first, scores = months[-1], np.concatenate([ranking.scores for ranking in months])
    classed = [(ranking.classes, ranking.labels) for ranking in months if ranking.classes is not None]
    if len(classed) < len(months):
        return replace(first, count=None, classes=None, scores=scores, labels=())
    classes, labels = _same_codes(classed)
    return replace(first, count=len(labels), classes=classes, scores=scores, labels=labels)


def _same_codes(parts: Sequence[tuple[Codes, tuple[str, ...]]]) -> tuple[Codes, tuple[str, ...]]:
    labels = tuple(dict.fromkeys(label for _, own in parts for label in own))
    places = {label: place for place, label in enumerate(labels)}
    codes = [np.array([places[label] for label in own], dtype=np.intp)[codes] for codes, own in parts]
    return np.concatenate(codes), labels

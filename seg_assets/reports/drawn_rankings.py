"""Rankings drawn: how surely each puts accounts that convert on top, how much segments differ, whom they reach.

Belongs here: which figures of a population are drawn, each with its table. Does not: drawing (charts.py).
"""

from __future__ import annotations

from collections.abc import Sequence

from seg_assets.reports import numbers
from seg_assets.reports.charts import Curve, Point, Role, Words, curves, points
from seg_assets.reports.ledger import Population, Told
from seg_assets.reports.lift_report import LiftReport
from seg_assets.reports.tables import Drawing, Sheet
from seg_assets.segmentation.conversion.candidates import tiers
from seg_assets.segmentation.conversion.candidates.segments import NAME as SEGMENTS
from seg_assets.segmentation.conversion.figures import AUC, CAPTURES, PERCENTS
from seg_assets.segmentation.conversion.month import CEILING

CURVES = (SEGMENTS, tiers.AS_THEY_ARE, CEILING)


def role_of(report: LiftReport, candidate: str) -> Role:
    """What a candidate is to the reader of a chart."""
    return {SEGMENTS: Role.OURS, report.incumbent: Role.INCUMBENT, CEILING: Role.CEILING}.get(candidate, Role.OTHER)


def auc_chart(
    report: LiftReport, population: Population, name: str, shown: Sequence[str] | None = None
) -> Drawing | None:
    """AUC of candidates with intervals, the highest first; None where no candidate has one. shown: None for all."""
    found = [
        (told, candidate, title)
        for candidate, title, _ in report.ledger.candidates(population.name)
        if (shown is None or candidate in shown) and (told := report.ledger.figure(population.name, candidate, AUC))
    ]
    if not found or population.few:
        return None
    found.sort(key=lambda one: -one[0].value)
    caption = f"AUC of each way to rank accounts: {population.title}"
    words = Words(
        f"{name}-auc",
        caption,
        f"Highest is {found[0][2]} with {found[0][0].text}, lowest {found[-1][2]} with {found[-1][0].text}; "
        "0.5 is no better than chance.",
    )
    axis = "AUC: 0.5 is chance (dashed), 1 is perfect; bars are 95 % intervals"
    return _drawn(report, words, found, ("Way to rank", "AUC"), axis, 0.5)


def difference_chart(report: LiftReport, population: Population) -> Drawing | None:
    """How much better segments rank than each other way, paired; None where nothing can be compared."""
    found = [
        (told, candidate, title)
        for candidate, title, _ in report.ledger.candidates(population.name)
        if candidate != SEGMENTS and (told := report.ledger.difference(population.name, SEGMENTS, candidate, AUC))
    ]
    if not found or population.few:
        return None
    found.sort(key=lambda one: -one[0].value)
    caption = f"AUC of segments less that of each other way, on the same accounts: {population.title}"
    won = sum(told.low is not None and told.low > 0 for told, _, _ in found)
    words = Words(
        f"{population.slug}-difference",
        caption,
        f"Segments rank better than {won} of {len(found)} other ways beyond chance; the least difference is "
        f"{found[-1][0].text}, to {found[-1][2]}.",
    )
    axis = "difference in AUC, paired: right of the dashed line segments rank better"
    return _drawn(report, words, found, ("Segments less", "Difference in AUC"), axis, 0.0)


def _drawn(
    report: LiftReport,
    words: Words,
    found: Sequence[tuple[Told, str, str]],
    headings: tuple[str, str],
    axis: str,
    chance: float,
) -> Drawing:
    """Figures as points with intervals, and as a table. found: (figure, candidate, title); chance: the dashed line."""
    marks = [
        Point(title, told.value, told.low, told.high, told.text, role_of(report, candidate))
        for told, candidate, title in found
    ]
    sheet = Sheet(
        f"{words.name}-numbers",
        words.title,
        (*headings, "95 % interval"),
        [(title, told.text, told.interval) for told, _, title in found],
        numeric=frozenset({1, 2}),
    )
    return Drawing(points(words, marks, axis, chance, percent=False), words.title, sheet)


def capture_chart(report: LiftReport, population: Population) -> Drawing | None:
    """How many of those who convert are among the best 10, 20, 30 %; None where that is not known."""
    if population.few:
        return None
    found = []
    for candidate in dict.fromkeys((SEGMENTS, report.incumbent, *CURVES)):
        told = [report.ledger.figure(population.name, candidate, CAPTURES[percent]) for percent in PERCENTS]
        if all(told):
            found.append((candidate, [one for one in told if one is not None]))
    if not found:
        return None
    caption = f"Of those who convert, how many are among the best accounts: {population.title}"
    lines = [
        Curve(
            report.ledger.title(candidate),
            [(0.0, 0.0), *((percent / 100, one.value) for percent, one in zip(PERCENTS, told, strict=True))],
            role_of(report, candidate),
        )
        for candidate, told in found
    ]
    words = Words(
        f"{population.slug}-capture",
        caption,
        "; ".join(f"{line.label} {numbers.share(line.places[2][1])} among the best 20 %" for line in lines),
    )
    sheet = Sheet(
        f"{population.slug}-capture-numbers",
        caption,
        ("Way to rank", *(f"Best {percent} %" for percent in PERCENTS)),
        [(line.label, *(one.whole for one in told)) for line, (_, told) in zip(lines, found, strict=True)],
        numeric=frozenset({1, 2, 3}),
    )
    svg = curves(words, lines, "accounts contacted, best-ranked first, %", "accounts that convert, % reached")
    return Drawing(svg, caption, sheet)

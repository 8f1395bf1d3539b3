"""The report's first table: every candidate on one population, in one screen.

Belongs here: the Markdown of it. Does not: the figures (figures.py), whole tables (tables.py).
"""

from __future__ import annotations

from seg_assets.segmentation.conversion.candidates.segments import NAME as SEGMENTS
from seg_assets.segmentation.conversion.estimate import Estimate
from seg_assets.segmentation.conversion.figures import AUC, LIFTS, QUALIFIED
from seg_assets.segmentation.conversion.report import Sheet

_HEADERS = (
    "candidate",
    "classes",
    "AUC (95 %)",
    "segments less it (95 %)",
    "lift, top 20 %",
    "qualified per 1,000 contacts",
)


def headline_markdown(sheet: Sheet) -> str:
    """A line a candidate, the best ranking first."""
    lines = [_line(_HEADERS), _line(["---"] * len(_HEADERS))]
    order = sorted(sheet.scene.rankings, key=lambda one: (-_value(sheet.figures.estimate(one.name, AUC)), one.name))
    for ranking in order:
        less = None if ranking.name == SEGMENTS else sheet.figures.difference(SEGMENTS, ranking.name, AUC)
        lines.append(
            _line(
                [
                    ranking.title,
                    "" if ranking.count is None else str(ranking.count),
                    _told(sheet.figures.estimate(ranking.name, AUC), ".3f"),
                    "" if ranking.name == SEGMENTS else _told(less, "+.3f"),
                    _told(sheet.figures.estimate(ranking.name, LIFTS[20]), ".2f"),
                    _told(sheet.figures.estimate(ranking.name, QUALIFIED), ".0f"),
                ]
            )
        )
    title = (
        f"{sheet.scene.population.title}: {sheet.figures.accounts:,} accounts, {sheet.figures.conversions:,} converted"
    )
    return "\n".join([title, "", *lines])


def _line(cells: list[str] | tuple[str, ...]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _value(estimate: Estimate | None) -> float:
    return -1.0 if estimate is None else estimate.value


def _told(estimate: Estimate | None, form: str) -> str:
    if estimate is None:
        return ""
    interval = estimate.interval()
    if interval.low != interval.low:
        return f"{interval.value:{form}}"
    return f"{interval.value:{form}} ({interval.low:{form}} to {interval.high:{form}})"

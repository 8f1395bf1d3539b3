"""Every way to rank accounts beside the segments, in each population, and what segments add within each tier.

Belongs here: the tables and charts of figures. Does not: the first screen (opening.py), questions (questions.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from seg_assets.reports import numbers
from seg_assets.reports.drawn_rankings import capture_chart, difference_chart
from seg_assets.reports.ledger import Population, Told
from seg_assets.reports.lift_report import LiftReport, day_words
from seg_assets.reports.tables import Drawing, Sheet
from seg_assets.segmentation.conversion.candidates import motion, rules, tiers
from seg_assets.segmentation.conversion.candidates.segments import NAME as SEGMENTS
from seg_assets.segmentation.conversion.figures import (
    ATTAINABLE,
    AUC,
    BRIER,
    CAPTURES,
    GINI,
    INFORMATION_VALUE,
    LIFTS,
    MUTUAL_INFORMATION,
    QUALIFIED,
    WITHIN,
)
from seg_assets.segmentation.conversion.month import CEILING
from seg_assets.segmentation.conversion.population import ELIGIBLE
from seg_assets.segmentation.conversion.wording import RANK_CORRELATION, WORDINGS

NOT_TOLD = "\u2013"
WITHIN_SHOWN = (SEGMENTS, rules.AS_THEY_ARE, motion.CROSSED, CEILING)
FURTHER = {
    "top": (LIFTS[10], CAPTURES[10], LIFTS[30], CAPTURES[30]),
    "further": (GINI, INFORMATION_VALUE, MUTUAL_INFORMATION, BRIER, ATTAINABLE, RANK_CORRELATION),
}
"""Tables of figures beside the first one: what they are called, and which figures each has."""


@dataclass(frozen=True)
class Part:
    """The figures of one population. few: too few accounts or conversions for any; open: shown at once."""

    name: str
    title: str
    counts: str
    few: bool
    open: bool
    sheets: Sequence[Sheet]
    further: Sequence[Sheet]
    drawings: Sequence[Drawing]


def parts(report: LiftReport) -> list[Part]:
    """Every population, that of the verdict first and with its charts."""
    main = report.main
    return [_part(report, one, main is not None and one.name == main.name) for one in report.ledger.populations]


def verdicts(report: LiftReport) -> Sheet | None:
    """Segments against every rule that somebody could use instead; None where there is none."""
    if report.verdicts.is_empty():
        return None
    rows = report.verdicts.to_dicts()
    return Sheet(
        "verdicts",
        "Segments against each rule that somebody could use instead",
        ("Against", "Among", "Verdict", "Difference in AUC", "Interval", "Confidence", "Conversions", "Missing"),
        [
            (
                row["versus_title"],
                row["population_title"],
                row["verdict"],
                numbers.decimal(row["value"], 3, sign=True),
                _ends(row["low"], row["high"]),
                numbers.share(row["confidence"]),
                numbers.TOO_FEW
                if numbers.few(row["accounts"], row["conversions"])
                else numbers.count(row["conversions"]),
                NOT_TOLD if row["missing_conversions"] is None else numbers.count(row["missing_conversions"]),
            )
            for row in rows
        ],
        numeric=frozenset({3, 4, 5, 6, 7}),
        strong=frozenset(place for place, row in enumerate(rows) if row["deciding"]),
        note="The marked rows decide, each for its accounts; the others are told so that nobody has to ask. Missing: "
        "further conversions that would decide, were the difference to stay. As-of dates: "
        + ", ".join(day_words(day) for day in rows[0]["months"])
        + ".",
    )


def within_tiers(report: LiftReport, population: Population) -> Sheet | None:
    """AUC among accounts of the same tier: what a ranking knows that the tier does not; None without tiers."""
    ledger = report.ledger
    found = [one for one in WITHIN_SHOWN if ledger.figure(population.name, one, WITHIN) is not None]
    if SEGMENTS not in found or population.few:
        return None
    sizes = {row["label"]: row for row in report.classes_of(population.name, tiers.AS_THEY_ARE)}
    rows = [
        (
            "All, compared within their tier",
            *_size(None, population),
            *(_cell(ledger.figure(population.name, one, WITHIN)) for one in found),
        )
    ]
    for part in ledger.parts(population.name, WITHIN):
        size = sizes.get(part)
        accounts, conversions = _size(size, population)
        few = size is not None and numbers.few(size["accounts"], size["conversions"])
        cells = [numbers.TOO_FEW if few else _cell(ledger.figure(population.name, one, WITHIN, part)) for one in found]
        rows.append((f"Tier {part}", accounts, conversions, *cells))
    return Sheet(
        f"{population.slug}-within-tiers",
        "AUC among accounts of the same tier",
        ("Tier", "Accounts", "Conversions", *(ledger.title(one) for one in found)),
        rows,
        numeric=frozenset(range(1, 3 + len(found))),
        note="0.5: the ranking adds nothing to the tier. Tier none: accounts without revenue, which no tier orders.",
    )


def classes(report: LiftReport, population: Population, candidate: str) -> Sheet | None:
    """What was expected of each class and what came; None without classes."""
    rows = report.classes_of(population.name, candidate)
    if not rows:
        return None
    title = report.ledger.title(candidate)
    return Sheet(
        f"{population.slug}-classes-{candidate}",
        f"{title}: expected and seen, {population.title}",
        ("Class", "Accounts", "Share", "Conversions", "Expected", "Converted", "95 % interval"),
        [_class(row) for row in rows],
        numeric=frozenset({1, 2, 3, 4, 5, 6}),
        note="Expected: the rate in training months, drawn to the average; it ranks the classes.",
    )


def _part(report: LiftReport, population: Population, main: bool) -> Part:
    counts = f"{numbers.count(population.accounts)} accounts of {numbers.count(population.families)} parents"
    if population.few:
        counts = "fewer than 10 accounts or 5 conversions: too few for any figure"
        return Part(population.name, population.title, counts, True, False, [], [], [])
    counts += f", {numbers.count(population.conversions)} conversions ({numbers.share(population.rate)})"
    drawn = [difference_chart(report, population), capture_chart(report, population)] if main else []
    shown = [_side_by_side(report, population), within_tiers(report, population)]
    shown += [classes(report, population, candidate) for candidate in (SEGMENTS, report.incumbent_of(population.name))]
    further = [_further(report, population, what, asked) for what, asked in FURTHER.items()]
    return Part(
        population.name,
        population.title,
        counts,
        False,
        population.name == ELIGIBLE,
        [sheet for sheet in shown if sheet is not None],
        [sheet for sheet in further if sheet is not None],
        [drawing for drawing in drawn if drawing is not None],
    )


def _side_by_side(report: LiftReport, population: Population) -> Sheet:
    ledger = report.ledger
    money = ledger.figure(population.name, SEGMENTS, QUALIFIED) is not None
    rows, against = [], report.incumbent_of(population.name)
    listed = ledger.candidates(population.name)
    for candidate, title, many in listed:
        own = [
            ledger.figure(population.name, candidate, figure) for figure in (AUC, LIFTS[20], CAPTURES[20], QUALIFIED)
        ]
        told = [_cell(one) for one in own]
        less = None if candidate == SEGMENTS else ledger.difference(population.name, SEGMENTS, candidate, AUC)
        beside = _cell(less)
        row = (title, NOT_TOLD if many is None else str(many), told[0], beside, told[1], told[2])
        rows.append((*row, told[3]) if money else row)
    headers = ("Way to rank", "Classes", "AUC", "Segments minus it", "Lift, best 20 %", "Reached, best 20 %")
    left_out = " ".join(f"{says}." for says in ledger.left_out(population.name))
    return Sheet(
        f"{population.slug}-candidates",
        f"Each way to rank accounts: {population.title}",
        (*headers, "Qualified per 1,000 contacts") if money else headers,
        rows,
        numeric=frozenset(range(1, 7)),
        strong=frozenset(place for place, (name, _, _) in enumerate(listed) if name in (SEGMENTS, against)),
        note=f"Below a figure its 95 % interval. Segments minus it: the paired difference in AUC. {left_out}".strip(),
    )


def _further(report: LiftReport, population: Population, what: str, asked: Sequence[str]) -> Sheet | None:
    """Every candidate's figures of those `asked` that any has; None where none has any."""
    ledger, listed = report.ledger, report.ledger.candidates(population.name)
    figures = [one for one in asked if any(ledger.figure(population.name, name, one) for name, _, _ in listed)]
    if not figures:
        return None
    return Sheet(
        f"{population.slug}-{what}",
        f"{what.capitalize()} figures: {population.title}",
        ("Way to rank", *(WORDINGS[figure].title for figure in figures)),
        [
            (title, *(_cell(ledger.figure(population.name, candidate, figure)) for figure in figures))
            for candidate, title, _ in listed
        ],
        numeric=frozenset(range(1, 1 + len(figures))),
    )


def _class(row: dict[str, object]) -> tuple[str, ...]:
    accounts, conversions = row["accounts"], row["conversions"]
    assert isinstance(accounts, int) and isinstance(conversions, int)
    label = str(row["label"])
    expected, seen = (numbers.share(_number(row[name])) for name in ("expected_rate", "conversion_rate"))
    if accounts == 0:
        return (label, "none", *[NOT_TOLD] * 5)
    if numbers.few(accounts, conversions):
        many = numbers.TOO_FEW if accounts < numbers.FEWEST_ACCOUNTS else numbers.count(accounts)
        return (label, many, numbers.TOO_FEW, numbers.TOO_FEW, expected, numbers.TOO_FEW, "")
    return (
        label,
        numbers.count(accounts),
        numbers.share(_number(row["account_share"])),
        numbers.count(conversions),
        expected,
        seen,
        numbers.share_interval(_number(row["conversion_low"]), _number(row["conversion_high"])),
    )


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _size(row: dict[str, object] | None, population: Population) -> tuple[str, str]:
    if row is None:
        return numbers.count(population.accounts), numbers.count(population.conversions)
    accounts, conversions = (int(str(row[name])) for name in ("accounts", "conversions"))
    if numbers.few(accounts, conversions):
        return (numbers.TOO_FEW if accounts < numbers.FEWEST_ACCOUNTS else numbers.count(accounts)), numbers.TOO_FEW
    return numbers.count(accounts), numbers.count(conversions)


def _cell(told: Told | None) -> str:
    return NOT_TOLD if told is None else told.stacked


def _ends(low: float | None, high: float | None) -> str:
    if not (numbers.known(low) and numbers.known(high)):
        return "no interval"
    return f"{numbers.decimal(low, 3, sign=True)} to {numbers.decimal(high, 3, sign=True)}"

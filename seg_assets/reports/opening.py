"""The first screen: the verdict, the figure that it rests on, and what it is in accounts.

Belongs here: the sentence that a director takes away, three figures, one chart.
Does not: the rest of the figures (comparison.py), deciding anything (segmentation/conversion/verdict.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from seg_assets.reports import numbers
from seg_assets.reports.drawn_rankings import auc_chart
from seg_assets.reports.ledger import Population, Told, apart
from seg_assets.reports.lift_report import LiftReport, day_words
from seg_assets.reports.tables import Drawing
from seg_assets.segmentation.conversion.candidates import chance, motion, rules, tiers
from seg_assets.segmentation.conversion.candidates.segments import NAME as SEGMENTS
from seg_assets.segmentation.conversion.figures import AUC, CAPTURES, LIFTS, QUALIFIED
from seg_assets.segmentation.conversion.month import CEILING
from seg_assets.segmentation.conversion.population import ELIGIBLE
from seg_assets.segmentation.conversion.verdict import LOOKS, MONITORING, Says

CHARTED = (CEILING, SEGMENTS, tiers.AS_THEY_ARE, tiers.RETUNED, rules.AS_THEY_ARE, motion.CROSSED, chance.NAME)
TONES = {Says.BETTER.value: "good", Says.NO_WORSE.value: "good", Says.WORSE.value: "bad", Says.HELD_BACK.value: "bad"}
PER = 1000
# A rule that has so many of the accounts in one class has nothing to say of them.
NOT_ORDERED = 0.99


@dataclass(frozen=True)
class Card:
    """One figure that stands out, with what it is and what belongs beside it."""

    title: str
    figure: str
    beside: tuple[str, ...]


@dataclass(frozen=True)
class Opening:
    """badge: `Monitoring, not verdict` or the verdict; tone: good, bad or empty; told: sentences in plain words."""

    badge: str
    tone: str
    told: Sequence[str]
    detail: str
    cards: Sequence[Card]
    drawing: Drawing | None


def opening(report: LiftReport) -> Opening:
    """The first screen of a report."""
    badge, tone, detail = _verdict(report)
    population = report.main
    if population is None or population.few:
        told = ["Too few accounts or conversions were judged this month: nothing can be said of segments or of rules."]
        return Opening(badge, tone, told, detail, [] if population is None else [_judged(report, population)], None)
    cards = [card for card in (_reached(report, population), extra(report, population)) if card is not None]
    return Opening(
        badge,
        tone,
        plain_sentences(report, population),
        detail,
        [*cards, _judged(report, population)],
        auc_chart(report, population, "first", CHARTED),
    )


def plain_sentences(report: LiftReport, population: Population) -> list[str]:
    """What a director takes away: this month's intervals against the rules that matter, what a verdict asks more."""
    told = [_against(report, population, report.incumbent)]
    row = report.deciding
    if row is not None and row["verdict"] == Says.NOT_ENOUGH and report.incumbent_apart:
        told.append(
            f"A verdict asks for more than one month's 95 %: luck has {LOOKS} looks a year, so look {row['look']} has "
            f"to be {100 * row['confidence']:.6g} % sure."
        )
    told += _of_tiers(report, population)
    if report.hardest not in (None, report.incumbent):
        told.append(_against(report, population, str(report.hardest)))
    return told


def _of_tiers(report: LiftReport, population: Population) -> list[str]:
    """What tiers can do here, where they have too many of the accounts in one class, and where they can do more."""
    title = report.ledger.title(tiers.AS_THEY_ARE)
    share = max((row["account_share"] for row in report.classes_of(population.name, tiers.AS_THEY_ARE)), default=0.0)
    if share < NOT_ORDERED:
        return []
    told = [f"{title} have {numbers.share(share)} of these accounts in one class: they cannot order them."]
    if report.incumbent == tiers.AS_THEY_ARE:
        return [f"That is a low bar: {told[0]}"]
    elsewhere = next((one for one in report.ledger.populations if one.name == ELIGIBLE), None)
    if elsewhere is not None and report.ledger.difference(ELIGIBLE, SEGMENTS, tiers.AS_THEY_ARE, AUC) is not None:
        told.append(f"Among {elsewhere.title}: {_against(report, elsewhere, tiers.AS_THEY_ARE)}")
    return [" ".join(told)]


def _against(report: LiftReport, population: Population, other: str) -> str:
    difference = report.ledger.difference(population.name, SEGMENTS, other, AUC)
    if difference is None:
        return f"{report.ledger.title(other)} could not be compared with segments this month."
    says = {
        1: "rank the accounts that convert higher than",
        0: "cannot be told apart from",
        -1: "rank the accounts that convert lower than",
    }[apart(difference)]
    which = ", the best rule here" if other == report.hardest else ""
    ours, theirs = (_auc(report, population, one) for one in (SEGMENTS, other))
    return (
        f"Segments {says} {_lower(report.ledger.title(other))}{which}: AUC {ours} against {theirs}, a difference of "
        f"{difference.whole}."
    )


def extra(report: LiftReport, population: Population) -> Card | None:
    """Qualified accounts per 1,000 contacts more than by the incumbent; None where it is not known.

    At the team's capacity; where that reaches everybody, and so no ranking matters, among the best fifth.
    """
    told, of = extra_told(report, population)
    if told is None:
        return None
    capacity = report.catalogue.lift_report.capacity
    beside = [f"than by {_lower(report.incumbent_title)}: {told.interval}; {of}"]
    if report.hardest not in (None, report.incumbent):
        other, _ = extra_told(report, population, str(report.hardest))
        if other is not None:
            beside.append(f"than by {_lower(report.ledger.title(str(report.hardest)))}: {other.whole}")
    ends = told.bounded
    if capacity < population.accounts and ends is not None:
        many = capacity / PER
        beside.append(
            f"{capacity:,} contacts a month: {numbers.decimal(many * told.value, 0, sign=True)} accounts a month "
            f"({numbers.decimal(many * ends[0], 0, sign=True)} to {numbers.decimal(many * ends[1], 0, sign=True)})"
        )
    return Card("Extra qualified accounts per 1,000 contacts", told.text, tuple(beside))


def extra_told(report: LiftReport, population: Population, other: str | None = None) -> tuple[Told | None, str]:
    """How many more of 1,000 contacts qualified than by a rule, the incumbent by default; of which contacts."""
    than = other or report.incumbent
    capacity = report.catalogue.lift_report.capacity
    if capacity < population.accounts:
        told = report.ledger.difference(population.name, SEGMENTS, than, QUALIFIED)
        return told, f"the {capacity:,} best-ranked accounts contacted"
    lift = report.ledger.difference(population.name, SEGMENTS, than, LIFTS[20])
    of = f"in the best-ranked 20 % (the team's {capacity:,} contacts would reach all {population.accounts:,})"
    if lift is None:
        return None, of
    scale = PER * population.rate
    low, high = (None if end is None else scale * end for end in (lift.low, lift.high))
    return Told(QUALIFIED, scale * lift.value, low, high, True), of


def _verdict(report: LiftReport) -> tuple[str, str, str]:
    row = report.deciding
    if row is None:
        return "No verdict", "", "There was no rule to judge the segments against."
    if row["verdict"] == MONITORING:
        return MONITORING.capitalize(), "", row["says"]
    badge = f"Verdict of {row['quarter']}, look {row['look']} of 4: {row['verdict']}"
    return badge, TONES.get(row["verdict"], ""), row["says"]


def _reached(report: LiftReport, population: Population) -> Card | None:
    ours, theirs = (report.ledger.figure(population.name, name, CAPTURES[20]) for name in (SEGMENTS, report.incumbent))
    if ours is None:
        return None
    beside = [f"95 % interval {ours.interval}; contacting by chance: 20 %"]
    if theirs is not None:
        beside.insert(0, f"{report.incumbent_title}: {theirs.whole}")
    return Card("Of all accounts that convert, the segments' best 20 % hold", ours.text, tuple(beside))


def _judged(report: LiftReport, population: Population) -> Card:
    days = report.catalogue.objective.horizon_days
    as_of = "" if report.as_of is None else f" ranked on {day_words(report.as_of)}"
    if population.few:
        return Card("Judged", numbers.TOO_FEW, (f"{population.title}: fewer than 10 accounts or 5 conversions",))
    told = (
        f"{numbers.count(population.conversions)} of them ({numbers.share(population.rate)}) converted in {days} days"
    )
    return Card("Judged", f"{numbers.count(population.accounts)} accounts", (f"{population.title},{as_of}", told))


def _auc(report: LiftReport, population: Population, candidate: str) -> str:
    told = report.ledger.figure(population.name, candidate, AUC)
    return numbers.UNKNOWN if told is None else told.text


def _lower(title: str) -> str:
    return title[:1].lower() + title[1:]

"""Whether the comparison is fair: a sceptic's objections to it, each answered with the report's own figures.

Belongs here: objections to how segments and rules were compared. Does not: what follows from the result (meaning.py).
"""

from __future__ import annotations

from seg_assets.reports import numbers
from seg_assets.reports.ledger import Population, apart
from seg_assets.reports.lift_report import LiftReport, day_words
from seg_assets.reports.trust import controls_failed, rule_words
from seg_assets.reports.words import Answer
from seg_assets.segmentation.conversion.candidates import chance, motion, rules, tiers
from seg_assets.segmentation.conversion.candidates.segments import NAME as SEGMENTS
from seg_assets.segmentation.conversion.figures import ATTAINABLE, AUC, WITHIN
from seg_assets.segmentation.conversion.month import CEILING

MERGED = f"{SEGMENTS}_merged"
CLUSTERS = ("k_means", "ward")


def same_score(report: LiftReport, _: Population) -> Answer:
    """What was known when accounts were ranked."""
    trained, as_of = report.trained_on, report.as_of
    newest = day_words(trained[-1]) if trained else "an earlier month"
    gap = f", {(as_of - trained[-1]).days} days before" if trained and as_of is not None else ""
    told = (
        "No. Segments, their rates and their order come from earlier months only. The newest outcomes that were used "
        f"are those of accounts as they were on {newest}{gap}. What is counted here happened after "
        f"{'that' if as_of is None else day_words(as_of)}, and nobody had seen it. Every other way to rank learned "
        "from the same months and is judged on the same accounts."
    )
    return Answer("Is this just the score that the segments were trained on?", [told])


def why_not_the_model(report: LiftReport, population: Population) -> Answer:
    """What readability costs."""
    ledger = report.ledger
    ours, top = (ledger.figure(population.name, one, AUC) for one in (SEGMENTS, CEILING))
    share = ledger.figure(population.name, SEGMENTS, ATTAINABLE)
    told = "No model could be fitted on these months to compare with."
    if top is not None and ours is not None:
        part = "" if share is None else f"; segments get {share.whole} of what it gains over a coin"
        told = (
            f"{ledger.title(CEILING)} reaches an AUC of {top.whole}, segments {ours.whole}{part}. If only the order of "
            "a call list matters and nobody has to know why, use the model."
        )
    what_for = (
        "Segments are for what a score cannot do: each is a rule that a person can read and check, means the same next "
        "month, has a play of its own, and can be bought as an audience."
    )
    return Answer("Why not rank by the model itself?", [f"{told} {what_for}"])


def fair_to_rules(report: LiftReport, population: Population) -> Answer:
    """What the incumbent was not made for, and how it does with all that segments had."""
    ledger = report.ledger
    told = [
        "So that nobody can say they were not, the rules are judged as they are, and again with thresholds and rates "
        "tuned on the very months that the segments' rates are from. Segments have to beat the tuned ones too."
    ]
    untiered = [row for row in report.classes_of(population.name, tiers.AS_THEY_ARE) if row["label"] == tiers.TIERS[-1]]
    if untiered:
        told.append(
            f"Tiers order customers by revenue. {numbers.share(untiered[0]['account_share'])} of the accounts judged "
            "here have no revenue, and so no tier: where that share is high, tiers can say little, since they were "
            "made for another question. Hand rules are then the fairer opponent."
        )
    retuned = (tiers.RETUNED, tiers.SCORES, rules.AS_THEY_ARE, rules.RETUNED)
    listed = [one for candidate in retuned for one in _beside(report, population, candidate)]
    return Answer("Are the rules treated fairly?", told, [*listed, *ledger.left_out(population.name)])


def more_classes(report: LiftReport, population: Population) -> Answer:
    """Whether their number explains what segments gain."""
    listed = [one for candidate in (MERGED, tiers.SCORES, *CLUSTERS) for one in _beside(report, population, candidate)]
    told = (
        "If their number did it, merging segments would cost it, and as many classes of another kind would have it too."
    )
    asked = "Do segments win only because there are more of them?"
    return Answer(asked, [told], listed) if listed else Answer(asked, ["Nothing was judged that could tell."])


def in_disguise(report: LiftReport, population: Population) -> Answer:
    """What segments know beyond motion, stage and tier."""
    listed = [one for candidate in (motion.MOTION, motion.CROSSED) for one in _beside(report, population, candidate)]
    within = report.ledger.figure(population.name, SEGMENTS, WITHIN)
    if within is not None:
        listed.append(f"Among accounts of the same tier segments rank with an AUC of {within.whole}.")
    split = report.catalogue.lift_report.split_by
    if split is not None:
        label = report.catalogue.feature(split).label
        listed.append(f"Every {label} is judged apart, among the figures: within one, it explains nothing.")
    told = "If it were, nothing would be left beside them or within them." if listed else "That was not judged."
    return Answer("Is this only sales motion, stage or tier in disguise?", [told], listed)


def by_chance(report: LiftReport, population: Population) -> Answer:
    """What luck and leaks would look like."""
    failed = controls_failed(report)
    floor = report.ledger.figure(population.name, chance.NAME, AUC)
    told = []
    if failed:
        told.append(f"Controls failed: {', '.join(failed)}. Do not use this report.")
    elif report.controls.height:
        told.append(
            f"All {report.controls.height} controls passed: outcomes dealt out anew, classes by lot, the same segments "
            "twice, and a screen for features that know the outcome."
        )
    if floor is not None:
        told.append(f"{report.ledger.title(chance.NAME)} get an AUC of {floor.whole}.")
    told.append("Every figure has its 95 % interval, over parents rather than accounts.")
    return Answer("Could it be chance, or a leak?", [" ".join(told)])


def chosen_afterwards(report: LiftReport, _: Population) -> Answer:
    """Which rule was fixed beforehand."""
    told = f"No. The rule was fixed before any result: by {rule_words(report)}. No other figure decides."
    return Answer("Was the best-looking figure chosen afterwards?", [told])


def _beside(report: LiftReport, population: Population, candidate: str) -> list[str]:
    difference = report.ledger.difference(population.name, SEGMENTS, candidate, AUC)
    if difference is None:
        return []
    says = {1: "segments rank better", 0: "they cannot be told apart", -1: "segments rank worse"}[apart(difference)]
    return [f"Against {report.ledger.title(candidate)}: {difference.whole} in AUC, {says}."]

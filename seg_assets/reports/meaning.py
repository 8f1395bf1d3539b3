"""What follows from the result, and what does not: a director's questions, answered with the report's own figures.

Belongs here: questions about use, size and time. Does not: objections to the comparison (fairness.py).
"""

from __future__ import annotations

from seg_assets.reports import numbers
from seg_assets.reports.ledger import Population
from seg_assets.reports.lift_report import LiftReport
from seg_assets.reports.opening import extra_told
from seg_assets.reports.words import Answer
from seg_assets.segmentation.conversion.candidates.segments import NAME as SEGMENTS
from seg_assets.segmentation.conversion.figures import AUC, CAPTURES
from seg_assets.segmentation.conversion.verdict import MONITORING
from seg_assets.segmentation.conversion.wording import RANK_CORRELATION

BEST_SHARE = 0.2


def how_many(report: LiftReport, population: Population) -> Answer:
    """The figures in accounts."""
    ours, theirs = (report.ledger.figure(population.name, one, CAPTURES[20]) for one in (SEGMENTS, report.incumbent))
    told = (
        f"{numbers.count(population.conversions)} of {numbers.count(population.accounts)} accounts converted, "
        f"{numbers.share(population.rate)}. The best 20 % are {numbers.count(BEST_SHARE * population.accounts)}."
    )
    found = [
        f"{title} {numbers.count(one.value * population.conversions)}"
        for title, one in (("segments", ours), (report.incumbent_title, theirs))
        if one is not None
    ]
    by_lot = numbers.count(BEST_SHARE * population.conversions)
    reached = f" Of those who convert they hold: {', '.join(found)}, by lot {by_lot}." if found else ""
    return Answer("How many accounts is that?", [told + reached])


def the_effect(report: LiftReport, population: Population) -> Answer:
    """That accounts which convert are not accounts that a contact made convert."""
    extra, _ = extra_told(report, population)
    more = (
        "" if extra is None else f" The {extra.text} per 1,000 contacts are accounts that converted, contacted or not."
    )
    told = (
        f"Not known from this report. It shows who converts, not what a contact does to them.{more} Past campaigns "
        "followed the rules in use, so part of what rules find they made themselves. To learn the effect, leave some "
        "of the accounts uncontacted, chosen by lot, and compare; then move the money."
    )
    return Answer("Will we gain that many if we switch?", [told])


def next_month(report: LiftReport, population: Population) -> Answer:
    """How steady the order of segments is."""
    steady = report.ledger.figure(population.name, SEGMENTS, RANK_CORRELATION)
    told = "The order of segments could not be compared with an earlier month."
    if steady is not None:
        told = f"Segments came in the order of the newest training month with a rank correlation of {steady.whole}."
    why = (
        "One month is one season, and outcomes of neighbouring months overlap, so that they are no independent proofs: "
        "a month is monitored, and a verdict takes the year's months so far together. A market that turns shows in the "
        "next report, not in this one."
    )
    return Answer("What if next month differs?", [f"{told} {why}"])


def why_only(report: LiftReport, population: Population) -> Answer:
    """Why one population decides, and how the others came out."""
    told = []
    for one in report.ledger.populations:
        difference = report.ledger.difference(one.name, SEGMENTS, report.incumbent, AUC)
        if one.name != population.name and (one.few or difference is not None):
            told.append(f"{one.title}: {numbers.TOO_FEW if one.few or difference is None else difference.whole}")
    why = (
        "The catalogue named it beforehand. Pooling everybody would flatter any rule: accounts near a decision convert "
        "more often than those far from one, and whatever tells them apart looks clever without helping anybody choose."
    )
    if told:
        why += f" The difference in AUC to {report.incumbent_title} elsewhere:"
    return Answer(f"Why is it about {population.title} only?", [why], told)


def left_out(report: LiftReport, _: Population) -> Answer:
    """Whom each step took away."""
    steps = report.funnel.sort("position").to_dicts()
    told = "That was not counted."
    if steps:
        after = [
            f"{numbers.count(row['dropped'])} at {row['step']} ({row['says']}), {numbers.count(row['accounts'])} stay"
            for row in steps[1:]
        ]
        told = (
            f"Of {numbers.count(steps[0]['accounts'])} accounts: {'; '.join(after)}. Nobody else: accounts of which "
            "little is known are in a segment too, and count."
        )
    return Answer("Who was left out?", [told])


def counted_twice(report: LiftReport, population: Population) -> Answer:
    """Families of accounts, and conversions seen from two months."""
    family = "Every account counts as its own parent: no parents are known, or none has two of the accounts judged."
    if population.families != population.accounts:
        family = (
            f"The {numbers.count(population.accounts)} accounts belong to {numbers.count(population.families)} "
            "parents, and intervals resample parents: one big customer with many accounts makes an interval wider, not "
            "a figure surer."
        )
    once = "A conversion counts once a month, and once in all the months that a verdict takes together."
    return Answer("Does one company, or one conversion, count several times?", [f"{family} {once}"])


def when_the_verdict(report: LiftReport, _: Population) -> Answer:
    """What is missing for a verdict, or what could overturn it."""
    row = report.deciding
    if row is None:
        return Answer("When is there a verdict?", ["When there is a rule to judge the segments against."])
    told = [f"{row['says'].rstrip('.')}."]
    if row["verdict"] != MONITORING and row["missing_conversions"]:
        told.append(f"About {numbers.count(row['missing_conversions'])} further conversions would decide.")
    told.append("A later look can overturn an earlier one; the rule does not change.")
    return Answer("When is there a verdict, and what would change it?", [" ".join(told)])


def what_to_do(report: LiftReport, population: Population) -> Answer:
    """The segments that make up the best fifth, with their plays."""
    plays = dict(report.profiles.select("segment_id", "play").iter_rows())
    reached, told = 0.0, []
    for row in report.classes_of(population.name):
        if reached >= BEST_SHARE:
            break
        if row["account_share"] > 0:
            play = plays.get(row["label"].split(" ", 1)[0])
            told.append(
                f"{row['label']}: {numbers.share(row['account_share'])} of accounts{f', play {play}' if play else ''}"
            )
        reached += row["account_share"]
    lists = "Which accounts they are is in the table segment_scores, week by week."
    asked = "Which accounts are the best 20 %, and what do we do with them?"
    return Answer(asked, [f"In this order: {'; '.join(told)}. {lists}" if told else "No segment was judged."])


def can_be_checked(report: LiftReport, _: Population) -> Answer:
    """Where the numbers are."""
    told = (
        "Every number is in the tables named below, which the command seg show prints; each segment is one SQL "
        "condition in segment_profiles; the formulas, with sources and worked examples, are in "
        "docs/conversion_lift.md. The same tables make the same report, figure by figure. Owner: "
        f"{report.catalogue.objective.owner}."
    )
    return Answer("Can somebody check the numbers?", [told])

"""Why the figures may be believed: who was judged, what was checked, how it was made.

Belongs here: the funnel, the controls, the facts of the making as text.
Does not: objections and their answers (fairness.py, meaning.py).
"""

from __future__ import annotations

from collections.abc import Sequence

from seg_assets.reports import numbers
from seg_assets.reports.charts import Point, Role, Words, bars
from seg_assets.reports.lift_report import LiftReport, day_words, month_words
from seg_assets.reports.tables import Drawing, Sheet
from seg_assets.reports.words import Fact
from seg_assets.segmentation.conversion.population import HEADLINE
from seg_assets.segmentation.conversion.verdict import LOOKS, MARGIN


def funnel(report: LiftReport) -> Drawing | None:
    """From all accounts to those judged, with what each step leaves out; None without steps."""
    rows = report.funnel.sort("position").to_dicts()
    if not rows:
        return None
    caption = "Who is judged, and how many accounts each step leaves out"
    last = rows[-1]
    words = Words(
        "funnel",
        caption,
        f"{numbers.count(rows[0]['accounts'])} accounts at first, {numbers.count(last['accounts'])} at the last step.",
    )
    marks = [
        Point(
            row["step"],
            row["accounts"],
            None,
            None,
            numbers.count(row["accounts"]),
            Role.OURS if row["step"] == HEADLINE else Role.OTHER,
        )
        for row in rows
    ]
    sheet = Sheet(
        "funnel-numbers",
        caption,
        ("Step", "What it asks", "Accounts left", "Left out", "Conversions"),
        [
            (
                row["step"],
                row["says"],
                numbers.count(row["accounts"]),
                numbers.count(row["dropped"]),
                _conversions(row["accounts"], row["conversions"]),
            )
            for row in rows
        ],
        numeric=frozenset({2, 3, 4}),
    )
    return Drawing(bars(words, marks, "accounts"), caption, sheet)


def controls(report: LiftReport) -> Sheet | None:
    """Every control with what must come out and what came; None where none was run."""
    rows = report.controls.to_dicts()
    if not rows:
        return None
    failed = sum(not row["passed"] for row in rows)
    caption = f"Controls: all {len(rows)} passed" if not failed else f"Controls: {failed} of {len(rows)} FAILED"
    return Sheet(
        "controls-table",
        caption,
        ("Control", "Accounts", "State", "Must come out", "Came out"),
        [
            (
                row["control"],
                row["population"],
                "passed" if row["passed"] else "FAILED",
                row["expected"],
                row["seen"],
            )
            for row in rows
        ],
        strong=frozenset(place for place, row in enumerate(rows) if not row["passed"]),
    )


def controls_failed(report: LiftReport) -> Sequence[str]:
    """The names of controls that failed."""
    return [f"{row['control']} ({row['population']})" for row in report.controls.to_dicts() if not row["passed"]]


def making(report: LiftReport) -> Sequence[Fact]:
    """How the report was made, fact by fact."""
    catalogue, design = report.catalogue, report.catalogue.lift_report
    trained = report.trained_on
    facts = [
        Fact("Month judged", month_words(report.data_month)),
        Fact("Outcome", f"{catalogue.objective.outcome}; horizon {catalogue.objective.horizon_days} days"),
        Fact(
            "Segments", f"version {report.version}, the champion that served the month, on training and test accounts"
        ),
    ]
    if report.as_of is not None:
        facts.append(Fact("Accounts ranked on", day_words(report.as_of)))
    if trained and report.as_of is not None:
        gap = (report.as_of - trained[-1]).days
        facts.append(
            Fact(
                "Learned from",
                f"{len(trained)} month-ends, {day_words(trained[0])} to {day_words(trained[-1])}; "
                f"the newest is {gap} days before the accounts were ranked, so all its outcomes were known by then",
            )
        )
    main = report.main
    if main is not None:
        facts.append(
            Fact(
                "Intervals",
                "95 %, from resampling whole parents, so that accounts of one parent do not count as independent: "
                f"{numbers.count(main.accounts)} accounts of {numbers.count(main.families)} parents",
            )
        )
    facts += [
        Fact("Rates", f"of training months, each drawn to the average as if by {design.shrinkage:.0f} more accounts"),
        Fact("Rule of the verdict", f"by {rule_words(report)}"),
        Fact("Contacts", f"{design.capacity:,} accounts a month, as the catalogue says"),
        Fact("Catalogue", f"{catalogue.title} ({catalogue.name}), owned by {catalogue.objective.owner}"),
        Fact(
            "Tables",
            "conversion_lift_report, _classes, _funnel, _controls, _verdicts; segment_profiles: all numbers here",
        ),
    ]
    return facts


def rule_words(report: LiftReport) -> str:
    """The rule that was fixed before any result, in a sentence."""
    return (
        f"the difference in AUC to {report.incumbent_title}: better where its interval lies above 0, no worse where "
        f"its lower end is at least {numbers.decimal(-MARGIN, 2)}, worse where it lies below 0, else not enough data; "
        f"the best 20 % can only hold a good verdict back; {LOOKS} looks a year share an error of "
        f"{numbers.share(report.catalogue.lift_report.alpha)}, the first looks getting least"
    )


def _conversions(accounts: int, conversions: int | None) -> str:
    if conversions is None:
        return "not counted here"
    return numbers.TOO_FEW if numbers.few(accounts, conversions) else numbers.count(conversions)

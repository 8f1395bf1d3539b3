"""What a sceptical director asks of the report, in the order in which it comes up.

Belongs here: which questions, and when there is nothing to ask about. Does not: answers (fairness.py, meaning.py).
"""

from __future__ import annotations

from collections.abc import Callable

from seg_assets.reports import fairness, meaning
from seg_assets.reports.ledger import Population
from seg_assets.reports.lift_report import LiftReport
from seg_assets.reports.words import Answer

ASKED: tuple[Callable[[LiftReport, Population], Answer], ...] = (
    fairness.same_score,
    meaning.how_many,
    meaning.the_effect,
    fairness.why_not_the_model,
    fairness.fair_to_rules,
    fairness.more_classes,
    fairness.in_disguise,
    fairness.by_chance,
    fairness.chosen_afterwards,
    meaning.next_month,
    meaning.why_only,
    meaning.left_out,
    meaning.counted_twice,
    meaning.when_the_verdict,
    meaning.what_to_do,
    meaning.can_be_checked,
)


def answers(report: LiftReport) -> list[Answer]:
    """All of them with this report's figures; none where nobody, or too few, were judged."""
    population = report.main
    if population is None or population.few:
        return []
    return [ask(report, population) for ask in ASKED]

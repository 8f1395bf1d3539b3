"""The figures of a run as text, with a verdict in words on each line.

Belongs here: what counts as better and worse, number formats. Does not: the figures (judging.py).
"""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.quality.contenders import GUIDED, UNGUIDED
from benchmarks.quality.judging import Line, Spread
from benchmarks.table import aligned

# Asked of late splits, and held everywhere: an AUC further below the rules' is worse, whatever the interval.
TOLERATED = 0.01
# Where the interval of the best model holds an AUC of chance, differences between segments are noise.
CHANCE = 0.5
LIFT_SHARE_LOW, EXPLAINED = 0.80, 0.75


def verdict(line: Line) -> str:
    """Whether the contender finds more pipeline than rules by hand, in words."""
    difference = line.difference
    if difference is None:
        return "the measure"
    if line.ceiling.low <= CHANCE:
        return "nothing to find"
    if difference.low > 0:
        return "better than rules"
    if difference.high < 0 or difference.mean < -TOLERATED:
        return "WORSE than rules"
    return "not told apart"


def quality_table(lines: Sequence[Line]) -> str:
    """A line a contender and population, and one for the ceiling of each population."""
    header = (
        "population",
        "segments by",
        "k",
        "AUC",
        "range",
        "less rules' AUC",
        "share of attainable lift",
        "explained",
        "intent's share",
        "judged",
        "converted",
        "verdict",
    )
    rows: list[tuple[str, ...]] = [header]
    for place, line in enumerate(lines):
        rows.append(_row(line))
        last_of_population = place + 1 == len(lines) or lines[place + 1].population != line.population
        if last_of_population:
            top = line.ceiling
            best = ("", "ceiling (all features)", "", f"{top.mean:.3f}", _range(top, line.splits))
            rows.append((*best, "", _given(top), "", "", "", "", ""))
    return aligned(rows, left=2)


def aims(lines: Sequence[Line]) -> list[str]:
    """The numbers that were asked for, each with what came out."""
    found = []
    for line in lines:
        if line.name != GUIDED:
            continue
        difference = line.difference
        if line.population.startswith("sample_data") and line.share is not None:
            found.append(
                f"{line.population}: lower end of the lift share {line.share.low:.3f}, asked {LIFT_SHARE_LOW:.2f}: "
                f"{_met(line.share.low >= LIFT_SHARE_LOW)}"
            )
            found.append(
                f"{line.population}: explained variance {line.explained:.3f} of free k-means, asked {EXPLAINED:.2f}: "
                f"{_met(line.explained >= EXPLAINED)}"
            )
        elif line.population.startswith("bank_full") and difference is not None:
            late = line.population.endswith("late")
            floor, asked = (difference.mean, -TOLERATED) if late else (difference.low, 0.0)
            what = "AUC less the rules'" if late else "lower end of the AUC less the rules'"
            found.append(f"{line.population}: {what} {floor:+.3f}, asked {asked:+.2f}: {_met(floor >= asked)}")
    return found


def _row(line: Line) -> tuple[str, ...]:
    ours = line.name in (GUIDED, UNGUIDED)
    return (
        line.population if line.name == GUIDED else "",
        line.name,
        f"{line.count:.1f}".removesuffix(".0"),
        f"{line.auc.mean:.3f}",
        _range(line.auc, line.splits),
        _signed(line.difference),
        _interval(line.share),
        f"{line.explained:.2f}",
        f"{line.intent_share:.2f}" if line.intent_share is not None else ("none" if ours else ""),
        f"{line.accounts:,}",
        f"{line.conversions:,}",
        verdict(line),
    )


def _range(spread: Spread, splits: int) -> str:
    return f"{spread.least:.3f} to {spread.most:.3f}" if splits > 1 else ""


def _signed(spread: Spread | None) -> str:
    return "" if spread is None else f"{spread.mean:+.3f} [{spread.low:+.3f}, {spread.high:+.3f}]"


def _interval(spread: Spread | None) -> str:
    return "not given" if spread is None else f"{spread.mean:.2f} [{spread.low:.2f}, {spread.high:.2f}]"


def _given(ceiling: Spread) -> str:
    return f"AUC [{ceiling.low:.3f}, {ceiling.high:.3f}]"


def _met(is_met: bool) -> str:
    return "met" if is_met else "MISSED"

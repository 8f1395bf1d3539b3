"""The lift report's figures as sentences that a marketing director reads.

Belongs here: the unit and the words of each figure, how an interval is written. Does not: the figures (figures.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isnan

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

RANK_CORRELATION, LEFT_OUT = "rank_correlation", "left_out"
NOT_CAUSAL = (
    "What this is not: it shows who converts, not what a campaign does to them. Past campaigns followed the rules in "
    "use, so part of what rules find they made themselves; the effect of a campaign needs a hold-out."
)


@dataclass(frozen=True)
class Wording:
    """How a figure is spoken of. form: of its number; means: what it is, in a clause."""

    title: str
    unit: str
    form: str
    means: str


WORDINGS: Mapping[str, Wording] = {
    AUC: Wording(
        "AUC", "probability", ".3f", "the chance that an account that converts is ranked above one that does not"
    ),
    GINI: Wording("Gini", "index", ".3f", "twice the AUC less one: 0 is chance"),
    **{
        figure: Wording(f"lift in the top {percent} %", "times the average rate", ".2f", "ties count pro rata")
        for percent, figure in LIFTS.items()
    },
    **{
        figure: Wording(f"capture in the top {percent} %", "share", ".1%", "of all accounts that convert")
        for percent, figure in CAPTURES.items()
    },
    QUALIFIED: Wording(
        "qualified per 1,000 contacts", "accounts per 1,000 contacts", ".1f", "best-ranked first, at the capacity"
    ),
    INFORMATION_VALUE: Wording("information value", "nats", ".3f", "less what permuted outcomes give"),
    MUTUAL_INFORMATION: Wording("mutual information", "nats", ".4f", "less what permuted outcomes give"),
    BRIER: Wording("Brier score", "squared probability", ".4f", "lower is better"),
    ATTAINABLE: Wording("share of attainable lift", "share", ".0%", "of what the ceiling's AUC is above one half"),
    WITHIN: Wording("AUC within tiers", "probability", ".3f", "only accounts of the same tier are compared"),
    RANK_CORRELATION: Wording(
        "rank correlation of class rates", "correlation", ".2f", "newest training month against the test month"
    ),
}


def figure_words(title: str, figure: str, part: str, value: float, low: float, high: float) -> str:
    """Such as `Segments: AUC 0.727 (0.717 to 0.737): the chance that ...`."""
    wording = WORDINGS[figure]
    where = f" in tier {part}" if part else ""
    return f"{title}: {wording.title}{where} {_number(wording, value, low, high)}: {wording.means}"


def difference_words(title: str, other: str, figure: str, value: float, low: float, high: float) -> str:
    """Such as `Segments against Tiers as they are: AUC +0.227 (+0.210 to +0.244), the first is higher`."""
    wording = WORDINGS[figure]
    apart = "not told apart" if isnan(low) or low <= 0 <= high else f"the first is {'higher' if value > 0 else 'lower'}"
    return f"{title} against {other}: {wording.title} {_number(wording, value, low, high, sign='+')}, {apart}"


def _number(wording: Wording, value: float, low: float, high: float, sign: str = "") -> str:
    form = sign + wording.form
    ends = ", without an interval" if isnan(low) else f" ({low:{form}} to {high:{form}})"
    return f"{value:{form}}{ends}"

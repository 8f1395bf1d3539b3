"""Whether a segment is worth having, by the five questions of the textbook, each with its figure.

Belongs here: the questions and what passes. Does not: the figures themselves (known.py, reach.py, rates.py, plays.py).

Source: Kotler, Keller 2016, Marketing Management: effective segments are measurable, accessible, substantial,
differentiable and actionable.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from seg_assets.segmentation.portrait_space import INDICES_APART
from seg_assets.segmentation.rates import Interval, apart
from seg_assets.segmentation.reach import Reach
from seg_assets.segmentation.wording import listed

# Four accounts in five.
MOST = 0.8


@dataclass(frozen=True)
class Answer:
    """One test. passed: None where it cannot be told; figure: what it was told by, None likewise; says: in words."""

    test: str
    passed: bool | None
    figure: float | None
    says: str


@dataclass(frozen=True)
class Sibling:
    """The segment that another is most easily taken for. ratio: how many times as often as it the other converts, None
    where either rate is not known; indices: titles of those, intent left out, that are clearly different.
    """

    segment_id: str
    play: str | None
    ratio: Interval | None
    indices: Sequence[str]


def measurable(share_known: float) -> Answer:
    """share_known: the share of accounts of which everything that the definition asks is known. Figure: that share."""
    says = f"what the definition asks is known of {_percent(share_known)} of accounts (asked: {_percent(MOST)})"
    return Answer("measurable", share_known >= MOST, share_known, says)


def accessible(reach: Reach | None) -> Answer:
    """Figure: the share of accounts that at least one channel may reach."""
    if reach is None:
        return Answer("accessible", None, None, "not known: no consents or contact permissions have landed")
    channels = ", ".join(f"{name} {_percent(share)}" for name, share in reach.by_channel)
    says = f"{_percent(reach.anyhow)} of accounts may be reached (asked: {_percent(MOST)}): {channels}"
    return Answer("accessible", reach.anyhow >= MOST, reach.anyhow, says)


def substantial(
    accounts: int, share: float, value_share: float | None, *, smallest_share: float, smallest_value_share: float
) -> Answer:
    """Enough accounts, or enough value in few. Figure: the share of accounts.

    value_share: of ARR, None where the catalogue names no value.
    """
    says = f"{accounts:,} accounts, {_percent(share)} of all (asked: {_percent(smallest_share)})"
    if value_share is None:
        return Answer("substantial", share >= smallest_share, share, says)
    says += f"; {_percent(value_share)} of ARR (or asked: {_percent(smallest_value_share)})"
    return Answer("substantial", share >= smallest_share or value_share >= smallest_value_share, share, says)


def differentiable(sibling: Sibling | None, *, rate_ratio: float, deviations: float) -> Answer:
    """Another rate than the nearest sibling's, or other accounts. Figure: the ratio of the rates, else indices apart.

    Alone, a segment has no sibling to differ from and does not pass.
    """
    if sibling is None:
        return Answer("differentiable", False, None, "there is no other segment")
    count, ratio = len(sibling.indices), sibling.ratio
    different = f"{listed(sibling.indices, last='and') if count else 'no index'} {'differ' if count > 1 else 'differs'}"
    needs = f"{different} by {deviations:g} deviations or more"
    if ratio is None:
        says = f"beside {sibling.segment_id} {needs} (asked: {INDICES_APART} indices)"
        return Answer("differentiable", count >= INDICES_APART, float(count), says)
    times = f"{ratio.value:.2f} times as often as {sibling.segment_id} [{ratio.low:.2f}, {ratio.high:.2f}]"
    says = f"converts {times} (asked: {rate_ratio:g} or {1 / rate_ratio:.2g}); {needs} (or asked: {INDICES_APART})"
    return Answer("differentiable", apart(ratio, rate_ratio) or count >= INDICES_APART, ratio.value, says)


def actionable(play: str | None, segments_with_it: int, sibling: Sibling | None) -> Answer:
    """A play fits. Figure: how many segments have the same one; 1 is a play of its own, 0 is none."""
    if play is None:
        return Answer("actionable", False, 0.0, "no play of the catalogue's playbook fits; add one to it")
    if sibling is None:
        beside = ""
    elif sibling.play == play:
        beside = f"; {sibling.segment_id} has the same"
    else:
        beside = f"; {sibling.segment_id} has {sibling.play or 'none'}"
    shared = "a play of its own" if segments_with_it == 1 else f"a play of {segments_with_it} segments"
    return Answer("actionable", True, float(segments_with_it), f"{play}, {shared}{beside}")


def _percent(share: float) -> str:
    return f"{round(100 * share, 1):g} %"

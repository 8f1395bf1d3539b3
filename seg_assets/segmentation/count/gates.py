"""What a number of segments has to reach before it may be chosen.

Belongs here: each gate as a pure judgement of figures, with what was seen and what is asked.
Does not: the figures (leaves.py, likeness.py, stability/), the choice among those that pass (choose.py), the gates of a
promotion (promotion.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from seg_assets.catalogs import Catalogue
from seg_assets.catalogs.model import Cutoff
from seg_assets.segmentation.balance import Matrix
from seg_assets.segmentation.count.leaves import rate_intervals
from seg_assets.segmentation.promotion import large_enough
from seg_assets.segmentation.stability.verdict import Gate

Vector = npt.NDArray[np.float64]
SIGNIFICANT = 0.05


@dataclass(frozen=True)
class CountGate:
    """One judgement. state: pass, warn or block; seen and limit as people read them."""

    name: str
    state: Gate
    seen: str
    limit: str


def cutoff_gate(name: str, value: float, cutoff: Cutoff) -> CountGate:
    """At `passes` and above it passes, below `blocks` it stops."""
    state = Gate.PASS if value >= cutoff.passes else Gate.WARN if value >= cutoff.blocks else Gate.BLOCK
    return CountGate(name, state, f"{value:.3f}", f"{cutoff.passes:.2f}, stopped below {cutoff.blocks:.2f}")


def size_gate(shares: Vector, value_shares: Vector | None, catalogue: Catalogue) -> CountGate:
    """Every segment holds a share of accounts worth a play, or of value. shares, value_shares: (segments,)."""
    least, of_value = catalogue.limits.smallest_share, catalogue.gates.smallest_value_share
    values = shares * 0 if value_shares is None else value_shares
    enough = all(large_enough(one, other, least, of_value) for one, other in zip(shares, values, strict=True))
    limit = f"{least:.1%} of accounts" + (f" or {of_value:.1%} of ARR" if value_shares is not None else "")
    return CountGate("size", Gate.PASS if enough else Gate.BLOCK, f"{shares.min():.1%} in the smallest", limit)


def interval_gate(outcomes: Matrix | None, catalogue: Catalogue) -> CountGate | None:
    """Every segment's conversion is known closely enough. outcomes: (segments, 2); None without labels."""
    if outcomes is None:
        return None
    rates = rate_intervals(outcomes)
    gates = catalogue.gates
    width = rates[:, 2] - rates[:, 1]
    allowed = np.maximum(gates.interval_points, gates.interval_of_rate * rates[:, 0])
    worst = int(np.argmax(width / allowed))
    state = Gate.PASS if (width <= allowed).all() else Gate.WARN
    seen = f"{rates[worst, 0]:.2%} known to {width[worst]:.2%}"
    return CountGate("conversion known", state, seen, f"to {allowed[worst]:.2%}")


def neighbour_gate(
    nearest: npt.NDArray[np.intp], outcomes: Matrix | None, group_means: Matrix, catalogue: Catalogue
) -> CountGate:
    """Every segment differs from its nearest neighbour: in conversion, after Holm, or on two groups.

    nearest: (segments,) positions; group_means: (axes, segments, groups) in standard deviations of accounts, of which
    the axis that differs most counts.
    """
    gates = catalogue.gates
    apart = np.abs(group_means - group_means[:, nearest]).max(axis=0) >= gates.neighbour_deviations
    differs = apart.sum(axis=1) >= min(2, apart.shape[1])
    if outcomes is not None:
        differs |= _rates_differ(nearest, outcomes, gates.neighbour_rate_ratio)
    alike = int((~differs).sum())
    limit = f"a rate ratio of {gates.neighbour_rate_ratio:g}, or {gates.neighbour_deviations:g} sd on two groups"
    return CountGate("neighbours differ", Gate.PASS if not alike else Gate.BLOCK, f"{alike} like a neighbour", limit)


def group_gate(shares: Vector, names: tuple[str, ...], catalogue: Catalogue) -> CountGate:
    """No group of features makes the segments alone. shares: (groups,) of the variance between segments."""
    most, place = catalogue.gates.group_share_at_most, int(np.argmax(shares))
    state = Gate.PASS if shares[place] <= most else Gate.BLOCK
    return CountGate("several groups", state, f"{names[place]} makes {shares[place]:.0%}", f"at most {most:.0%}")


def intent_gate(share: float | None, most: float) -> CountGate | None:
    """Intent does not make the segments alone; None where there is no intent index."""
    if share is None:
        return None
    state = Gate.PASS if share <= most else Gate.BLOCK
    return CountGate("not intent alone", state, f"intent makes {share:.0%}", f"at most {most:.0%}")


def _rates_differ(nearest: npt.NDArray[np.intp], outcomes: Matrix, ratio: float) -> npt.NDArray[np.bool_]:
    """(segments,) whether the rate ratio to the neighbour is `ratio` or more, and chance does not explain a difference.

    Two-sided z test of two shares, p values by Holm 1979 over the different pairs.
    """
    from scipy.special import ndtr

    accounts = np.maximum(outcomes.sum(axis=1), 1.0)
    rates = (outcomes[:, 1] + 0.5) / (accounts + 1.0)
    together = (outcomes[:, 1] + outcomes[nearest, 1]) / (accounts + accounts[nearest])
    error = np.sqrt(np.maximum(together * (1 - together) * (1 / accounts + 1 / accounts[nearest]), 1e-12))
    p = 2 * ndtr(-np.abs(rates - rates[nearest]) / error)
    adjusted = holm(p)
    larger, smaller = np.maximum(rates, rates[nearest]), np.minimum(rates, rates[nearest])
    found: npt.NDArray[np.bool_] = (larger / smaller >= ratio) & (adjusted < SIGNIFICANT)
    return found


def holm(p: Vector) -> Vector:
    """The p values (n,) adjusted for their number. Source: Holm 1979."""
    order = np.argsort(p, kind="stable")
    stepped = np.minimum(np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)), 1.0)
    adjusted = np.empty_like(stepped)
    adjusted[order] = stepped
    return adjusted

"""What a stability figure means: whether it passes, and whether it shows more than cutting up a continuum would.

Belongs here: the cut-offs and the words that follow from them.
Does not: the figures (assessment.py), gates on size, outcome or difference.

Source of the words: Dolnicar and Leisch 2010.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from seg_assets.segmentation.stability.estimate import Estimate


class Origin(StrEnum):
    """Where segments come from. What does not come back at all is CONSTRUCTED too, and stopped by the gate."""

    NATURAL = "natural"
    """They come back more surely than any that the same pipeline finds where there are no groups."""
    REPRODUCIBLE = "reproducible"
    """They come back, and perhaps more surely than without groups: the interval does not tell."""
    CONSTRUCTED = "constructed"
    """They come back no more surely than without groups: useful cuts through a continuum, drawn by us."""


class Gate(StrEnum):
    """What a figure allows. WARN is between the two cut-offs."""

    PASS = "pass"
    WARN = "warn"
    BLOCK = "block"


@dataclass(frozen=True)
class Cutoffs:
    """At `passes` and above a figure passes, below `blocks` it blocks."""

    passes: float
    blocks: float

    def gate(self, value: float) -> Gate:
        """The gate that `value` meets."""
        if value >= self.passes:
            return Gate.PASS
        return Gate.WARN if value >= self.blocks else Gate.BLOCK


@dataclass(frozen=True)
class StabilityLimits:
    """Cut-offs of the worst segment's bootstrap Jaccard and of the 5th percentile of agreement between refits.

    predictive: the prediction strength below which nothing came back, by its authors; it is no gate.
    """

    jaccard: Cutoffs = Cutoffs(passes=0.75, blocks=0.60)
    agreement: Cutoffs = Cutoffs(passes=0.90, blocks=0.80)
    predictive: float = 0.8


DEFAULT_LIMITS = StabilityLimits()


def origin(figure: Estimate, null_high: float, least: float) -> Origin:
    """Natural where the whole interval is above the null's 95th percentile, constructed where the value is not.

    least: the value below which nothing came back.
    """
    if figure.value <= null_high or figure.value < least:
        return Origin.CONSTRUCTED
    return Origin.NATURAL if figure.low > null_high else Origin.REPRODUCIBLE


def joint_origin(origins: Iterable[Origin]) -> Origin:
    """What several figures say together: what all of them say, reproducible where they differ."""
    found = set(origins)
    return found.pop() if len(found) == 1 else Origin.REPRODUCIBLE

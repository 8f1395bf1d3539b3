"""All candidates of a report, in the order in which people read them.

Belongs here: which there are, and what each of them is beside. Does not: any of them (the families), the ceiling
(ceiling.py of the package above), which has no classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from seg_assets.segmentation.conversion.candidates import tiers as tier_family
from seg_assets.segmentation.conversion.candidates.candidate import Candidate, Ground, LeftOut
from seg_assets.segmentation.conversion.candidates.chance import by_lot
from seg_assets.segmentation.conversion.candidates.clusters import k_means, ward
from seg_assets.segmentation.conversion.candidates.motion import motion
from seg_assets.segmentation.conversion.candidates.rfm import rfm
from seg_assets.segmentation.conversion.candidates.rules import hand_rules
from seg_assets.segmentation.conversion.candidates.segments import segments, segments_merged


@dataclass(frozen=True, eq=False)
class Lineup:
    """The candidates that can be judged, segments first, and those that cannot."""

    candidates: tuple[Candidate, ...]
    left_out: tuple[LeftOut, ...]


def line_up(ground: Ground) -> Lineup:
    """Every family, learned on the newest training month without a look at its outcomes."""
    whole = segments(ground)
    incumbents = tier_family.tiers(ground)
    found: list[Candidate | LeftOut] = [
        whole,
        *_as_coarse_as_tiers(ground, whole, incumbents),
        *incumbents,
        *hand_rules(ground),
        *motion(ground),
        rfm(ground),
        k_means(ground),
        ward(ground),
        by_lot(ground, whole),
    ]
    return Lineup(
        tuple(one for one in found if isinstance(one, Candidate)),
        tuple(one for one in found if isinstance(one, LeftOut)),
    )


def _as_coarse_as_tiers(ground: Ground, whole: Candidate, incumbents: Sequence[Candidate | LeftOut]) -> list[Candidate]:
    there = any(isinstance(one, Candidate) for one in incumbents)
    count = len(tier_family.TIERS)
    if not there or len(whole.labels) <= count:
        return []
    return [segments_merged(whole, count, "tiers", ground.catalogue.lift_report.shrinkage)]

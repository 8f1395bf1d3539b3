"""What sales knows anyway: by which motion an account is sold to, and how engaged it is.

Belongs here: the catalogue's motion feature, alone and crossed with thirds of its engagement index.
Does not: either of them, which are the catalogue's.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from seg_assets.segmentation.conversion.candidates.candidate import Accounts, Candidate, Ground, LeftOut, codes_of
from seg_assets.segmentation.conversion.candidates.merging import merging
from seg_assets.segmentation.conversion.population import NOT_KNOWN
from seg_assets.segmentation.levels import level_shares
from seg_assets.segmentation.lift import Codes

MOTION, CROSSED = "motion", "motion_engagement"
TITLES = {MOTION: "Sales motion", CROSSED: "Motion x engagement"}
THIRDS = ("low", "middle", "high")


def motion(ground: Ground) -> list[Candidate | LeftOut]:
    """The levels of the motion feature, and each of them in thirds of the engagement index.

    Levels and thirds are those of the newest training month; a level that it did not have counts as not known.
    """
    design = ground.catalogue.lift_report
    if design.motion is None:
        return [LeftOut(name, title, "the catalogue has no lift_report.motion") for name, title in TITLES.items()]
    alone = _levels(ground, design.motion)
    spoken = {index.name: index for index in ground.segmentation.index_set.spoken}
    if design.engagement not in spoken:
        reason = "the catalogue has no lift_report.engagement, or the champion no such index"
        return [alone, LeftOut(CROSSED, TITLES[CROSSED], reason)]
    return [alone, _crossed(ground, alone, design.engagement, spoken[design.engagement].title)]


def _levels(ground: Ground, feature: str) -> Candidate:
    levels = tuple(sorted(level_shares(ground.newest.frame[feature])))
    places = pl.DataFrame({feature: levels, "__place": range(len(levels))}, {feature: pl.String, "__place": pl.Int64})

    def cells(accounts: Accounts) -> Codes:
        found = accounts.frame.select(feature).join(places, on=feature, how="left", maintain_order="left")
        return codes_of(found, pl.col("__place").fill_null(len(levels)))

    fewer = merging(ground.count, ground.catalogue.lift_report.shrinkage)
    return Candidate(MOTION, TITLES[MOTION], (*levels, NOT_KNOWN), cells, fewer)


def _crossed(ground: Ground, alone: Candidate, index: str, title: str) -> Candidate:
    cuts = np.quantile(_values(ground, ground.newest, index), [1 / 3, 2 / 3])

    def cells(accounts: Accounts) -> Codes:
        third = np.searchsorted(cuts, _values(ground, accounts, index), side="left")
        return alone.cells(accounts) * len(THIRDS) + third

    labels = tuple(f"{level}, {third} {title}" for level in alone.labels for third in THIRDS)
    return Candidate(CROSSED, TITLES[CROSSED], labels, cells, alone.classes)


def _values(ground: Ground, accounts: Accounts, index: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    indices = ground.segmentation.index_set
    expression = dict(zip(indices.names, indices.expressions(), strict=True))[index]
    values: np.ndarray[tuple[int], np.dtype[np.float64]] = accounts.frame.select(expression).to_series().to_numpy()
    return values

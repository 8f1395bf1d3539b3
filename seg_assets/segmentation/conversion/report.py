"""The lift report of one test month: figures, controls and verdict of every population.

Belongs here: which figures are taken of what, and putting the months of a year together for the verdict.
Does not: formulas (figures.py, verdict.py, controls.py), tables (tables.py), reading anything.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from seg_assets.catalogs import Catalogue
from seg_assets.segmentation.conversion.candidates import rules, tiers
from seg_assets.segmentation.conversion.candidates.candidate import Accounts
from seg_assets.segmentation.conversion.candidates.chance import NAME as RANDOM
from seg_assets.segmentation.conversion.candidates.motion import CROSSED, MOTION
from seg_assets.segmentation.conversion.candidates.segments import NAME as SEGMENTS
from seg_assets.segmentation.conversion.controls import (
    Control,
    leak_screen,
    leaks,
    permuted_target,
    random_partition,
    same_twice,
)
from seg_assets.segmentation.conversion.estimate import Estimate
from seg_assets.segmentation.conversion.figures import AUC, LIFTS, Figures, figures
from seg_assets.segmentation.conversion.month import CEILING, TIER_STRATUM, JudgedMonth, Scene
from seg_assets.segmentation.conversion.population import ELIGIBLE, HEADLINE
from seg_assets.segmentation.conversion.quarter import MONTHS, pooled, quarter_of
from seg_assets.segmentation.conversion.ranking import Judged, Ranking
from seg_assets.segmentation.conversion.steadiness import rank_correlations
from seg_assets.segmentation.conversion.verdict import MONITORING, Verdict, decide
from seg_assets.segmentation.sampling import hash_sample

INCUMBENTS = (tiers.AS_THEY_ARE, tiers.RETUNED, rules.AS_THEY_ARE, rules.RETUNED, CROSSED, MOTION)
"""What segments get a verdict against, the incumbent first; where tiers are missing it is the next that is there."""

VERDICT_POPULATIONS = (HEADLINE, ELIGIBLE)
# Splits are read for their direction: half of the resamplings is enough for them.
SPLIT_DRAWS = 200
# A correlation of a few ranks is a rough figure: its interval need not be a fine one.
STEADY_DRAWS = 60
DRAWS = 400
SCREENED_ROWS = 60_000

Test = tuple[Judged, tuple[Ranking, ...]]
"""The accounts of one test month and how each of the candidates with a verdict ranked them."""


@dataclass(frozen=True, eq=False)
class Sheet:
    """One population with its figures. steady: by candidate the rank correlation of its class rates, None without."""

    scene: Scene
    figures: Figures
    steady: Mapping[str, Estimate | None]


@dataclass(frozen=True)
class PopulationControl:
    """A control, and the population that it looked at."""

    population: str
    control: Control


@dataclass(frozen=True)
class Look:
    """What is said of segments against another candidate.

    ranks: whether the other tells the accounts apart at all; deciding: whether it is the population's first that does;
    final: whether the month is the last of its quarter; verdict: of a deciding look in that month, None of others.
    """

    population: str
    population_title: str
    versus: str
    versus_title: str
    ranks: bool
    deciding: bool
    final: bool
    quarter: str
    look: int
    months: tuple[dt.date, ...]
    accounts: int
    conversions: int
    difference: Estimate | None
    lift: Estimate | None
    verdict: Verdict | None


def sheets(month: JudgedMonth, catalogue: Catalogue, *, seed: int) -> list[Sheet]:
    """Figures of every population. Money is told of those that a team contacts, not of a single level of the split."""
    found = []
    for scene in month.scenes:
        whole = scene.population.name in VERDICT_POPULATIONS
        last = scene.rankings[-1].name
        taken = figures(
            scene.judged,
            scene.rankings,
            ceiling=CEILING if last == CEILING else None,
            within=TIER_STRATUM if TIER_STRATUM in scene.judged.strata else None,
            capacity=catalogue.lift_report.capacity if whole else None,
            draws=DRAWS if whole else SPLIT_DRAWS,
            seed=seed,
        )
        after = (scene.judged, scene.rankings)
        steady = rank_correlations(scene.before, after, draws=STEADY_DRAWS, seed=seed) if whole else {}
        found.append(Sheet(scene, taken, steady))
    return found


def controls(found: Sequence[Sheet], test: Accounts, catalogue: Catalogue, *, seed: int) -> list[PopulationControl]:
    """Every control on the headline and on all eligible accounts; features are screened on a sample of these."""
    done = []
    for sheet in found:
        name = sheet.scene.population.name
        if name not in VERDICT_POPULATIONS:
            continue
        segments = sheet.scene.rankings[0]
        done += [
            PopulationControl(name, permuted_target(sheet.scene.judged, segments, seed=seed)),
            PopulationControl(name, random_partition(sheet.figures, RANDOM)),
            PopulationControl(name, same_twice(sheet.scene.judged, segments, seed=seed)),
        ]
    rows = hash_sample(test.frame, SCREENED_ROWS)
    screened = leaks(rows, rows["converted"].to_numpy(), catalogue)
    return [*done, PopulationControl(ELIGIBLE, leak_screen(screened))]


def remembered(scene: Scene) -> Test:
    """What later reports need of this month for the verdicts of its year."""
    kept = (SEGMENTS, *INCUMBENTS)
    return scene.judged, tuple(ranking for ranking in scene.rankings if ranking.name in kept)


def incumbent_of(found: Sequence[Sheet]) -> str | None:
    """The candidate that segments are judged against first; None where there is none."""
    there = {ranking.name for sheet in found for ranking in sheet.scene.rankings}
    return next((name for name in INCUMBENTS if name in there), None)


def looks(
    found: Sequence[Sheet], earlier: Mapping[str, Sequence[Test]], catalogue: Catalogue, *, seed: int
) -> list[Look]:
    """Segments against each incumbent, on the headline and on all eligible accounts.

    earlier: by population the earlier test months of the same year. In the last month of a quarter each account of the
    year so far counts once a quarter, and each population has one verdict: against the first incumbent that tells its
    accounts apart. The year's alpha is shared equally between the populations, and nothing else is a verdict.
    """
    judged = [sheet for sheet in found if sheet.scene.population.name in VERDICT_POPULATIONS]
    told = []
    for sheet in judged:
        own = _looks(sheet.scene, sheet.figures, earlier.get(sheet.scene.population.name, ()), seed)
        first = next((look for look in own if look.ranks), None)
        told += [_decided(look, catalogue.lift_report.alpha / len(judged)) if look is first else look for look in own]
    return told


def _decided(look: Look, alpha: float) -> Look:
    if not look.final:
        return replace(look, deciding=True)
    verdict = decide(look.difference, look.lift, look.conversions, look=look.look, alpha=alpha)
    return replace(look, deciding=True, verdict=verdict)


def _looks(scene: Scene, own: Figures, earlier: Sequence[Test], seed: int) -> list[Look]:
    as_of = scene.judged.as_of
    if not isinstance(as_of, dt.date):
        raise ValueError("a test month has one as-of date")
    final = as_of.month % MONTHS == 0
    if final and earlier:
        judged, rankings = pooled([*earlier, remembered(scene)])
        taken = figures(judged, rankings, draws=DRAWS, seed=seed)
        months = tuple(sorted({*(_date(other) for other, _ in earlier), as_of}))
    else:
        (judged, rankings), taken, months = remembered(scene), own, (as_of,)
    there = {ranking.name for ranking in rankings}
    # Of this month alone: rates that differ from month to month rank nobody within one.
    this = {ranking.name: ranking for ranking in scene.rankings}
    return [
        Look(
            population=scene.population.name,
            population_title=scene.population.title,
            versus=name,
            versus_title=this[name].title,
            ranks=bool(np.ptp(this[name].scores) > 0),
            deciding=False,
            final=final,
            quarter=f"{as_of.year}-Q{quarter_of(as_of)}",
            look=quarter_of(as_of),
            months=months,
            accounts=len(judged.converted),
            conversions=int(np.sum(judged.converted)),
            difference=taken.difference(SEGMENTS, name, AUC),
            lift=taken.difference(SEGMENTS, name, LIFTS[20]),
            verdict=None,
        )
        for name in INCUMBENTS
        if name in there
    ]


def _date(judged: Judged) -> dt.date:
    if not isinstance(judged.as_of, dt.date):
        raise ValueError("a test month has one as-of date")
    return judged.as_of


def look_words(look: Look, due: dt.date) -> str:
    """What is said of a look. due: when the verdict of its quarter can be told."""
    about = f"{look.quarter}, {look.population_title}, against {look.versus_title}"
    blind = "" if look.ranks else " All these accounts are in one of its classes, so it ranks nobody above another."
    if look.verdict is not None:
        return f"{about}: {look.verdict.sentence}{blind}"
    seen = "cannot be told"
    if look.difference is not None:
        interval = look.difference.interval()
        seen = f"is {interval.value:+.3f}"
        if np.isfinite(interval.low):
            seen += f" (95 % interval {interval.low:+.3f} to {interval.high:+.3f})"
    since = "the year so far" if look.final else "this month"
    waits = f" The quarter's verdict is given by the report of its last month, not before {due}."
    return (
        f"{about}: {MONITORING}. The AUC of segments less its AUC {seen}, on {look.conversions:,} conversions of "
        f"{since}.{waits if look.deciding else ''}{blind}"
    )

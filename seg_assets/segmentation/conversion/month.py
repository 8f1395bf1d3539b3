"""One test month: every candidate's ranking of the accounts of each population, learned on earlier months alone.

Belongs here: going through training months one at a time, the test accounts, the ceiling. Does not: which months
(design.py), the candidates (candidates/), figures (figures.py), tables (tables.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from seg_assets.catalogs import Catalogue
from seg_assets.segmentation.ceiling import model_scores
from seg_assets.segmentation.conversion.candidates.candidate import Accounts, Candidate, Ground, LeftOut, cells_of
from seg_assets.segmentation.conversion.candidates.lineup import line_up
from seg_assets.segmentation.conversion.candidates.rfm import with_rfm
from seg_assets.segmentation.conversion.candidates.tiers import TIER, TIERS, with_tiers
from seg_assets.segmentation.conversion.design import Counts, chosen_rows, counted, ranked, total
from seg_assets.segmentation.conversion.population import (
    NOT_KNOWN,
    AsOf,
    FunnelStep,
    Population,
    eligible_accounts,
    funnel,
    populations,
    split_column,
)
from seg_assets.segmentation.conversion.ranking import Judged, Ranking, Stratum
from seg_assets.segmentation.intent.rows import training_rows
from seg_assets.segmentation.lift import Codes, Vector, auc
from seg_assets.segmentation.model import Segmentation
from seg_assets.segmentation.outcomes import Outcomes
from seg_assets.segmentation.preprocess import Preprocessor

CEILING = "ceiling"
SPLIT, MOTION, TIER_STRATUM = "split", "motion", "tier"


@dataclass(frozen=True, eq=False)
class Scene:
    """One population of the test month. rankings: segments first, the ceiling, where there is one, last.

    before: the same candidates, learned as for the test, on the accounts of the newest training month: its outcomes
    were over when the test began. learned: accounts and conversions of all training months.
    """

    population: Population
    judged: Judged
    rankings: tuple[Ranking, ...]
    before: tuple[Judged, tuple[Ranking, ...]]
    learned: tuple[int, int]


@dataclass(frozen=True, eq=False)
class JudgedMonth:
    """Everything that figures are made of. test: the eligible accounts of the test month, with outcomes."""

    funnel: tuple[FunnelStep, ...]
    scenes: tuple[Scene, ...]
    left_out: tuple[LeftOut, ...]
    test: Accounts


def judge_month(
    test: AsOf,
    training: Sequence[AsOf],
    catalogue: Catalogue,
    segmentation: Segmentation,
    preprocessor: Preprocessor,
    *,
    seed: int,
) -> JudgedMonth:
    """Rankings of the test accounts by everything that the training months teach.

    segmentation: the champion that served the test month; preprocessor: of the month that it was trained on; training:
    as-of dates whose outcomes were known at the test date, ascending. Raises ValueError without any.
    """
    if not training:
        raise ValueError(f"no outcomes were known at {test.day}: nothing to learn rates from")
    newest = accounts_of(training[-1], catalogue, preprocessor)
    ground = Ground(catalogue, segmentation, newest, len(segmentation.segments), seed)
    lineup = line_up(ground)
    judged = accounts_of(test, catalogue, preprocessor)
    parts = populations(catalogue, _levels(newest, catalogue))
    now, before = (_Celled.of(accounts, lineup.candidates, catalogue) for accounts in (judged, newest))
    counts = [counted(newest, before.cells, lineup.candidates, parts)]
    # One month at a time, so that one is held in memory beside the test month and the newest.
    for as_of in training[-2::-1]:
        accounts = accounts_of(as_of, catalogue, preprocessor)
        counts.append(counted(accounts, cells_of(accounts, lineup.candidates), lineup.candidates, parts))
    ceilings = _ceilings(training, judged, catalogue, seed)
    scenes = [
        _scene(part, (now, before), lineup.candidates, counts, ceilings, catalogue.lift_report.shrinkage)
        for part in parts
        if all(chosen_rows(one.accounts, part).any() for one in (now, before))
    ]
    return JudgedMonth(tuple(funnel(test, judged.frame, catalogue)), tuple(scenes), lineup.left_out, judged)


def accounts_of(as_of: AsOf, catalogue: Catalogue, preprocessor: Preprocessor) -> Accounts:
    """The eligible accounts of an as-of date with all that candidates read, in the order of their ids."""
    rows = eligible_accounts(as_of, catalogue)
    if as_of.tiers is not None:
        rows = with_tiers(rows, as_of.tiers)
    if as_of.revenue is not None:
        rows = with_rfm(rows, as_of.revenue, as_of.day)
    return Accounts(as_of.day, rows.collect().sort("account_id"), preprocessor)


def _levels(newest: Accounts, catalogue: Catalogue) -> list[str]:
    """The levels that tables are split by: those of the catalogue, or where it names none those of the data."""
    if catalogue.lift_report.split_by is None:
        return []
    feature = catalogue.feature(catalogue.lift_report.split_by)
    found = newest.frame.select(split_column(catalogue).unique().sort()).to_series().to_list()
    named = [level for level in feature.levels + feature.unordered_levels if level in found]
    return named + [level for level in found if level not in named]


@dataclass(frozen=True, eq=False)
class _Celled:
    """Accounts of one as-of date with the cell of each by every candidate."""

    accounts: Accounts
    judged: Judged
    cells: Mapping[str, Codes]

    @classmethod
    def of(cls, accounts: Accounts, candidates: Sequence[Candidate], catalogue: Catalogue) -> _Celled:
        return cls(accounts, _judged(accounts, catalogue), cells_of(accounts, candidates))

    def ranked(
        self, candidates: Sequence[Candidate], part: Population, counts: Sequence[Counts], shrinkage: float
    ) -> tuple[Judged, tuple[Ranking, ...]]:
        rows = np.flatnonzero(chosen_rows(self.accounts, part))
        rankings = tuple(
            ranked(one, self.cells[one.name][rows], total(counts, part.name, one.name), shrinkage) for one in candidates
        )
        return self.judged.of(rows), rankings


def _scene(
    part: Population,
    both: tuple[_Celled, _Celled],
    candidates: Sequence[Candidate],
    counts: Sequence[Counts],
    ceilings: Mapping[str, Vector],
    shrinkage: float,
) -> Scene:
    """both: the test month and the newest training month."""
    (judged, rankings), before = (one.ranked(candidates, part, counts, shrinkage) for one in both)
    rows = np.flatnonzero(chosen_rows(both[0].accounts, part))
    top = _best_ceiling(ceilings, rows, judged)
    learned = total(counts, part.name, candidates[0].name).sum(axis=0)
    return Scene(
        population=part,
        judged=judged,
        rankings=rankings if top is None else (*rankings, top),
        before=before,
        learned=(int(learned.sum()), int(learned[1])),
    )


def _judged(accounts: Accounts, catalogue: Catalogue) -> Judged:
    frame = accounts.frame
    strata = {}
    if catalogue.lift_report.split_by is not None:
        strata[SPLIT] = _stratum(frame, split_column(catalogue))
    if catalogue.lift_report.motion is not None:
        strata[MOTION] = _stratum(frame, pl.col(catalogue.lift_report.motion).cast(pl.String).fill_null(NOT_KNOWN))
    if TIER in frame.columns:
        strata[TIER_STRATUM] = _stratum(frame, pl.col(TIER).fill_null(TIERS[-1]))
    return Judged(frame["account_id"], accounts.converted, accounts.families, accounts.day, strata)


def _stratum(frame: pl.DataFrame, part: pl.Expr) -> Stratum:
    values = frame.select(part.alias("part"))["part"]
    labels = tuple(values.unique().sort().to_list())
    codes = values.replace_strict(labels, range(len(labels)), return_dtype=pl.Int64).to_numpy().astype(np.intp)
    return Stratum(codes, labels)


def _ceilings(training: Sequence[AsOf], judged: Accounts, catalogue: Catalogue, seed: int) -> dict[str, Vector]:
    """(n,) scores of all judged accounts by each model, learned on eligible accounts of the training months.

    Empty where these all had the same outcome.
    """
    eligible = pl.concat([eligible_accounts(as_of, catalogue) for as_of in training], how="diagonal")
    rows = training_rows(Outcomes(eligible, tuple(as_of.day for as_of in training)))
    if rows is None:
        return {}
    boosting, logistic = model_scores(rows, judged.frame, catalogue, seed=seed)
    return {"gradient boosting": boosting, "logistic regression": logistic}


def _best_ceiling(ceilings: Mapping[str, Vector], rows: Codes, judged: Judged) -> Ranking | None:
    """The model with the highest AUC on these very accounts: the higher ceiling is the harder measure."""
    if not ceilings:
        return None
    best = max(ceilings, key=lambda model: (auc(ceilings[model][rows], judged.converted), model))
    return Ranking(CEILING, f"Ceiling: {best} on all features", None, None, ceilings[best][rows])

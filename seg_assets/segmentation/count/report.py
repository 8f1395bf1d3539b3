"""The report on the number of segments: every number of them grown, measured and judged, and one chosen.

Belongs here: the order of these steps. Does not: the figures (measure.py), rows of the report's table (table.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from seg_assets.catalogs import Catalogue
from seg_assets.segmentation.count.choose import Choice, choose, not_split
from seg_assets.segmentation.count.ground import Ground, compactness
from seg_assets.segmentation.count.history import Ranking, Rehearsal, Verdict, rehearse, split_history
from seg_assets.segmentation.count.leaves import Codes, Holdings, Partition, finest, held, leaf_of, partitions_of
from seg_assets.segmentation.count.measure import Measured, measured
from seg_assets.segmentation.growing import KnownIntent, grow
from seg_assets.segmentation.indices import IndexSet
from seg_assets.segmentation.intent.cross_fit import IntentFit, fit_intent
from seg_assets.segmentation.model import Segmentation
from seg_assets.segmentation.outcomes import Outcomes
from seg_assets.segmentation.plays import fitting_play
from seg_assets.segmentation.portraits import portraits
from seg_assets.segmentation.preprocess import Preprocessor
from seg_assets.segmentation.refresh import ACCOUNTS_A_SEGMENT, index_in_force, known_intent
from seg_assets.segmentation.sampling import hash_sample
from seg_assets.segmentation.stability.assessment import Effort, Stability, stability
from seg_assets.segmentation.stability.births import Birth, Presence, presences
from seg_assets.segmentation.stability.tree_family import TreeFamily
from seg_assets.segmentation.stability.verdict import Cutoffs, StabilityLimits
from seg_assets.segmentation.tree import Split

FIGURE_ROWS = 20_000
DEFAULT_EFFORT = Effort()


@dataclass(frozen=True, eq=False)
class CountReport:
    """Every number of segments, and the one chosen. learned: of intent, for the fit; weight: of the intent axis;
    holdings: of all accounts; verdict: of the chosen one on months that did not choose it, None where history is too
    short; history: why it is, or which months did what; sampled: what was measured on a sample.
    """

    measured: tuple[Measured, ...]
    choice: Choice
    learned: IntentFit
    weight: float | None
    holdings: Holdings
    verdict: Verdict | None
    history: str
    sampled: str

    @property
    def chosen(self) -> Measured | None:
        """The number of segments that was chosen; None where there is no stable segmentation."""
        return next((one for one in self.measured if one.partition.count == self.choice.count), None)

    @property
    def kinds(self) -> dict[str, str]:
        """natural, reproducible or constructed, by the SQL of each chosen definition."""
        if self.chosen is None:
            return {}
        sql = [definition.sql() for definition in self.chosen.partition.definitions]
        segments = self.chosen.stability.segments
        return {text: str(segment.figure.origin) for text, segment in zip(sql, segments, strict=True)}


def count_report(
    snapshot: pl.DataFrame,
    catalogue: Catalogue,
    champion: Segmentation | None,
    outcomes: Outcomes | None,
    accounts: pl.LazyFrame,
    *,
    preprocessor: Preprocessor,
    counts: Sequence[int],
    seed: int,
    effort: Effort = DEFAULT_EFFORT,
    before: pl.Series | None = None,
    births: Sequence[Birth] = (),
) -> CountReport:
    """Each of `counts` (rising) numbers of segments of `snapshot`, measured and judged, and the choice.

    accounts: all accounts at the outcomes' snapshots, eligible or not; births: earlier ones whose segments live on, the
    oldest first; the rest as `fit` takes it. Segments are those that `fit` makes with the choice, the weight and what
    was learned. Intent does not arrive where it made the months that select worse; once it is in force, the comparison
    with the champion decides. Where kinds of account are new, numbers with as many segments more are judged too.
    Raises ValueError where accounts do not vary.
    """
    counts = [count for count in counts if count * ACCOUNTS_A_SEGMENT <= snapshot.height]
    in_force = len(champion.segments) if champion and len(champion.segments) > 1 else None
    usual = in_force or catalogue.limits.segments
    rehearsal, said = _rehearsed(outcomes, accounts, catalogue, preprocessor, counts, usual, seed)
    learned = fit_intent(outcomes, catalogue, champion=champion.intent if champion else None)
    if rehearsal and learned.index is not None and (champion is None or champion.intent is None):
        guidance = rehearsal.guidance(usual, seed)
        if guidance.high < 0:
            rehearsal, learned = rehearsal.unguided(), IntentFit(None, (), {}, "it ranked later accounts worse")
            said += f"; intent does not guide: AUC {guidance.value:+.3f} on the months that select"
    indices = IndexSet(preprocessor.reference, index_in_force(learned, champion))
    sample = hash_sample(snapshot).with_columns(preprocessor.reference.index_expressions())
    known = known_intent(sample, learned, indices.intent)
    first = grow(sample, catalogue, preprocessor, champion, known, usual, before=before)
    # A new kind of account is a segment more; that is no move of the number to be earned.
    in_force, weight = in_force and in_force + first.born, first.weight
    if before is not None and first.born:
        births, fewer = (*births, Birth(usual, before)), counts
        counts = _with_births(counts, first.born, catalogue, snapshot)
        if rehearsal is not None and counts != fewer:
            again, _ = _rehearsed(outcomes, accounts, catalogue, preprocessor, counts, usual, seed)
            rehearsal = again.unguided() if again and learned.index is None else again
    most = max(counts, default=1)
    splits = grow(sample, catalogue, preprocessor, champion, known, most, weight=weight, before=before).splits
    partitions = partitions_of(splits, counts)
    holdings = held(snapshot, splits, indices, catalogue, champion, outcomes)
    if not partitions:
        nothing = not_split(catalogue.limits.fewest_segments)
        return CountReport((), nothing, learned, weight, holdings, None, "", "")
    counts = [partition.count for partition in partitions]
    segments_before = tuple(birth.segments for birth in births)
    family = TreeFamily(catalogue, preprocessor, tuple(counts), indices.intent, weight, segments_before)
    stable = _stable(sample, family, splits, known, births, catalogue, seed, effort)
    found = _measured(
        _figured(sample, known, indices, births),
        partitions,
        stable,
        holdings,
        rehearsal.rankings(seed) if rehearsal else {},
        preprocessor,
        catalogue,
        in_force,
        seed,
    )
    choice = choose(
        [one.judged for one in found],
        default=catalogue.limits.segments,
        champion=in_force,
        reproducible=catalogue.gates.jaccard.blocks,
        tie=catalogue.gates.tie,
        history=said,
    )
    return CountReport(
        measured=found,
        choice=replace(choice, sentence=choice.sentence + _births_said(births, first.born)),
        learned=learned,
        weight=weight,
        holdings=holdings,
        verdict=rehearsal.verdict(choice.count, seed) if rehearsal and choice.count in counts else None,
        history=said,
        sampled=_sampled(snapshot, sample, stable),
    )


def _with_births(counts: Sequence[int], born: int, catalogue: Catalogue, snapshot: pl.DataFrame) -> list[int]:
    """`counts`, and each with as many segments more as kinds of account are new."""
    most = min(catalogue.limits.most_segments, snapshot.height // ACCOUNTS_A_SEGMENT)
    return sorted({*counts, *(count + born for count in counts if count + born <= most)})


def _births_said(births: Sequence[Birth], born: int) -> str:
    """How segments for new kinds of account were judged; nothing where there are none."""
    if not births:
        return ""
    come = "since the refresh before" if born else "before, and lives on"
    return f" A new kind of account has come {come}; refits look for it knowing who came when, as the refresh did."


def _stable(
    sample: pl.DataFrame,
    family: TreeFamily,
    splits: tuple[Split, ...],
    known: KnownIntent | None,
    births: Sequence[Birth],
    catalogue: Catalogue,
    seed: int,
    effort: Effort,
) -> tuple[Stability, ...]:
    gates = catalogue.gates
    limits = StabilityLimits(
        jaccard=Cutoffs(gates.jaccard.passes, gates.jaccard.blocks),
        agreement=Cutoffs(gates.agreement.passes, gates.agreement.blocks),
    )
    points = None if known is None else known.points
    # Without indices: the null population would take them for further numbers.
    sample = sample.drop(index.name for index in family.preprocessor.reference.indices)
    asked = family.assign(splits)
    return stability(sample, family, asked, intent=points, births=births, seed=seed, effort=effort, limits=limits)


def _rehearsed(
    outcomes: Outcomes | None,
    accounts: pl.LazyFrame,
    catalogue: Catalogue,
    preprocessor: Preprocessor,
    counts: Sequence[int],
    usual: int,
    seed: int,
) -> tuple[Rehearsal | None, str]:
    """The rehearsal and the months it used; None and why there is none."""
    history = split_history(outcomes, accounts, catalogue)
    if isinstance(history, str):
        return None, history
    found = rehearse(history, catalogue, preprocessor.reference, counts, usual, seed=seed)
    return (None, found) if isinstance(found, str) else (found, history.says)


@dataclass(frozen=True, eq=False)
class _Figured:
    """The accounts on which compactness and differences are measured, with their intent and presence (n, births)."""

    frame: pl.DataFrame
    known: KnownIntent | None
    indices: IndexSet
    presence: Presence


def _figured(sample: pl.DataFrame, known: KnownIntent | None, indices: IndexSet, births: Sequence[Birth]) -> _Figured:
    frame = sample.head(FIGURE_ROWS).with_columns(indices.expressions())
    part = None if known is None else KnownIntent(known.points[: frame.height], known.anchor_odds)
    return _Figured(frame, part, indices, presences(births, frame["account_id"]))


def _measured(
    figured: _Figured,
    partitions: Sequence[Partition],
    stable: Sequence[Stability],
    holdings: Holdings,
    rankings: Mapping[int, Ranking],
    preprocessor: Preprocessor,
    catalogue: Catalogue,
    champion: int | None,
    seed: int,
) -> tuple[Measured, ...]:
    ground = Ground.of(
        figured.frame, preprocessor, figured.indices, figured.known, catalogue.value_feature, figured.presence
    )
    leaf = leaf_of(figured.frame, finest(partitions[-1].whole))
    compact = compactness(ground, [p.of(leaf) for p in partitions], [p.count for p in partitions], seed=seed)
    return tuple(
        measured(
            partition,
            found,
            compact[place],
            ground,
            leaf,
            holdings,
            rankings.get(partition.count),
            _plays(figured, partition, leaf, holdings, catalogue),
            catalogue,
            champion=champion,
            seed=seed,
        )
        for place, (partition, found) in enumerate(zip(partitions, stable, strict=True))
    )


def _plays(figured: _Figured, partition: Partition, leaf: Codes, holdings: Holdings, catalogue: Catalogue) -> int:
    """How many different plays fit the segments."""
    code = pl.Series(partition.of(leaf), dtype=pl.UInt32)
    pictures = portraits(figured.frame, code, partition.count, catalogue, figured.indices)
    outcomes = holdings.outcomes_of(partition)
    rates = [None] * partition.count if outcomes is None else list(outcomes[:, 1] / np.maximum(outcomes.sum(axis=1), 1))
    plays = [fitting_play(catalogue, picture, rate) for picture, rate in zip(pictures, rates, strict=True)]
    return len({play.name for play in plays if play is not None})


def _sampled(snapshot: pl.DataFrame, sample: pl.DataFrame, stable: Sequence[Stability]) -> str:
    return (
        f"sizes, value, conversions and churn on {snapshot.height:,} accounts; segments grown on "
        f"{sample.height:,}; stability on halves of {stable[0].half:,}; figures of compactness on "
        f"{min(FIGURE_ROWS, sample.height):,}"
    )

"""The monthly refit: a snapshot in, a segmentation out.

Belongs here: the order of the steps from accounts to named segments, and what the next month inherits.
Does not: any of the steps' science, scoring (model.py), labels that had not matured (the callers never hand them in).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from seg_assets.catalogs import Catalogue
from seg_assets.segmentation.balance import Matrix
from seg_assets.segmentation.calibration import fit_confidence
from seg_assets.segmentation.clustering import Labels, explained_variance, free_clusters
from seg_assets.segmentation.confidence import Confidence
from seg_assets.segmentation.definitions import Definition
from seg_assets.segmentation.growing import Grown, KnownIntent, grow, leaf_definitions, likeness
from seg_assets.segmentation.indices import IndexSet
from seg_assets.segmentation.intent.cross_fit import IntentFit, fit_intent
from seg_assets.segmentation.intent.index import IntentIndex
from seg_assets.segmentation.matching import (
    Counts,
    Tombstone,
    churn,
    ended,
    first_ids,
    following_ids,
    matched,
    overlaps,
)
from seg_assets.segmentation.model import Segment, Segmentation
from seg_assets.segmentation.names import ALIKE, alikeness, names, signature
from seg_assets.segmentation.outcomes import Outcomes
from seg_assets.segmentation.plays import fitting_play
from seg_assets.segmentation.portraits import Portrait, portraits
from seg_assets.segmentation.preprocess import Preprocessor
from seg_assets.segmentation.profiles import coded, conversions
from seg_assets.segmentation.sampling import hash_sample
from seg_assets.segmentation.serialise import stable
from seg_assets.segmentation.wording import Vocabulary

ACCOUNTS_A_SEGMENT = 50
YARDSTICK_ROWS = 20_000


def fit(
    snapshot: pl.DataFrame,
    catalogue: Catalogue,
    champion: Segmentation | None,
    outcomes: Outcomes | None,
    *,
    preprocessor: Preprocessor,
    previous: pl.DataFrame | None = None,
    seed: int = 0,
    count: int | None = None,
) -> Segmentation:
    """The challenger: segments of `snapshot`, with the champion's ids and names where they are the same.

    snapshot: account rows with features and `<group>_applicable`; preprocessor: fitted on the same data month;
    previous: an earlier snapshot, from which confidence is learned; outcomes: matured ones, from which intent is
    learned; count: how many segments at most, the catalogue's limit where None. `parent_account_id`, in the snapshot
    and the outcomes or in neither, keeps families together. The result depends on nothing else, nor on the order of
    the rows. Raises ValueError for too few accounts and for features that do not vary.
    """
    count = catalogue.limits.segments if count is None else count
    needed = ACCOUNTS_A_SEGMENT * count
    if snapshot.height < needed:
        raise ValueError(
            f"{snapshot.height} accounts are too few for {count} segments: at least {needed} are "
            "needed; lower limits.segments in the catalogue or land more accounts"
        )
    learned = fit_intent(outcomes, catalogue, champion=champion.intent if champion else None)
    intent = index_in_force(learned, champion)
    indices = IndexSet(preprocessor.reference, intent)
    sample = hash_sample(snapshot).with_columns(preprocessor.reference.index_expressions())
    grown = grow(sample, catalogue, preprocessor, champion, known_intent(sample, learned, intent), count)
    definitions = leaf_definitions(grown.splits)
    bare = _bare(catalogue, indices, definitions, grown)
    bare = replace(bare, confidence=fit_confidence(bare, snapshot, previous))
    frame, code = coded(bare, snapshot)
    pictures = portraits(frame, code, len(definitions), catalogue, indices)
    rates = [result["conversion_rate"] for result in conversions(bare, outcomes)]
    inherited = _inherit(bare, snapshot, pictures, rates, champion)
    segments = _segments(bare, pictures, rates, catalogue, champion, inherited)
    metrics = learned.metrics | _metrics(bare, sample, preprocessor, pictures, seed, champion)
    if grown.weight is not None and grown.intent_share is not None:
        metrics |= {"intent_weight": grown.weight, "intent_share": stable(round(grown.intent_share, 6))}
    if champion is not None:
        metrics |= {"churn": stable(inherited.churn), "segments_kept": float(len(inherited.pairs))}
    return replace(
        bare,
        segments=segments,
        tombstones=inherited.tombstones,
        highest_id=inherited.highest_id,
        metrics=metrics,
    )


def index_in_force(learned: IntentFit, champion: Segmentation | None) -> IntentIndex | None:
    """The intent index to score with: the new one, else the champion's, so that 70 keeps its meaning; None without."""
    return learned.index if learned.index is not None or champion is None else champion.intent


def known_intent(sample: pl.DataFrame, learned: IntentFit, in_force: IntentIndex | None) -> KnownIntent | None:
    """The intent of each account of `sample` to grow segments on; None where there is no index.

    Out of fold where the refresh has learned one. An index that only the champion has is older than the labels.
    """
    if in_force is None:
        return None
    if learned.index is not None:
        return KnownIntent(learned.out_of_fold(sample).to_numpy(), in_force.anchor_odds)
    return KnownIntent(sample.select(in_force.expression()).to_series().to_numpy(), in_force.anchor_odds)


def _bare(catalogue: Catalogue, indices: IndexSet, definitions: Sequence[Definition], grown: Grown) -> Segmentation:
    """A segmentation whose segments have neither ids nor names yet."""
    spoken = {c.feature for index in indices.reference.indices for c in index.contributions}
    spoken |= {item.bins.feature for item in indices.intent.items} if indices.intent else set()
    spoken |= {*indices.names} | {column for definition in definitions for column in definition.columns}
    return Segmentation(
        catalogue=catalogue.name,
        reference=indices.reference,
        intent=indices.intent,
        intent_weight=grown.weight,
        segments=tuple(Segment("", "", definition, None, None, ()) for definition in definitions),
        splits=grown.splits,
        confidence=Confidence(()),
        vocabulary=Vocabulary.of(catalogue, indices).only(tuple(spoken)),
        tombstones=(),
        highest_id=0,
        metrics={},
    )


@dataclass(frozen=True)
class _Inheritance:
    """What a refresh takes over. pairs: the champion's segment that each new one is; ids: of the new ones."""

    ids: tuple[str, ...]
    highest_id: int
    pairs: Mapping[int, int]
    tombstones: tuple[Tombstone, ...]
    churn: float


def _inherit(
    bare: Segmentation,
    snapshot: pl.DataFrame,
    pictures: Sequence[Portrait],
    rates: Sequence[float | None],
    champion: Segmentation | None,
) -> _Inheritance:
    if champion is None:
        ids = first_ids([picture.accounts for picture in pictures], rates)
        return _Inheritance(tuple(ids), len(ids), {}, (), 0.0)
    counts = _overlaps(champion, bare, snapshot)
    pairs = matched(counts)
    old = [(segment.segment_id, segment.name) for segment in champion.segments]
    ids, highest = following_ids(pairs, [old_id for old_id, _ in old], len(pictures), champion.highest_id)
    tombstones = (*champion.tombstones, *ended(pairs, old, ids, counts))
    return _Inheritance(tuple(ids), highest, pairs, tombstones, churn(counts, pairs))


def _overlaps(champion: Segmentation, challenger: Segmentation, snapshot: pl.DataFrame) -> Counts:
    codes = [coded(segmentation, snapshot)[1].to_numpy().astype(np.intp) for segmentation in (champion, challenger)]
    return overlaps(codes[0], codes[1], (len(champion.segments), len(challenger.segments)))


def _segments(
    bare: Segmentation,
    pictures: Sequence[Portrait],
    rates: Sequence[float | None],
    catalogue: Catalogue,
    champion: Segmentation | None,
    inherited: _Inheritance,
) -> tuple[Segment, ...]:
    """Segments with ids, names and plays, ordered by the number of their ids."""
    signatures = [signature(picture, catalogue) for picture in pictures]
    kept = {}
    for position, before in inherited.pairs.items():
        predecessor = champion.segments[before] if champion else None
        if predecessor and alikeness(predecessor.signature, signatures[position]) >= ALIKE:
            kept[position] = predecessor.name
    called = names(pictures, bare.definitions, catalogue, bare.index_set, kept)
    segments = []
    for position, definition in enumerate(bare.definitions):
        play = fitting_play(catalogue, pictures[position], rates[position])
        segments.append(
            Segment(
                segment_id=inherited.ids[position],
                name=called[position],
                definition=definition,
                play=play.title if play else None,
                action=play.action if play else None,
                signature=signatures[position],
            )
        )
    return tuple(sorted(segments, key=lambda segment: int(segment.segment_id.removeprefix("SEG-"))))


def _metrics(
    bare: Segmentation,
    sample: pl.DataFrame,
    preprocessor: Preprocessor,
    pictures: Sequence[Portrait],
    seed: int,
    champion: Segmentation | None,
) -> dict[str, float]:
    """How much readable segments explain beside free k-means with as many clusters, on at most 20,000 accounts.

    Of the standardised indices, which is what people see; of the axes of likeness where a catalogue has no index.
    """
    sample = sample.head(YARDSTICK_ROWS)
    labels, count = _labels(bare, sample), len(pictures)
    alike = likeness(preprocessor, sample)
    points = _standing(bare, sample) if bare.index_set.names else alike
    start = _labels(champion, sample) if champion else None
    free = free_clusters(points, count, champion=start, seed=seed) if count > 1 else None
    explained = explained_variance(points, labels)
    most = explained_variance(points, free.labels) if free else 0.0
    together = overlaps(labels, free.labels, (count, count)) if free else np.ones((1, 1))
    return {
        "axes": float(alike.shape[1]),
        "accounts": float(sum(picture.accounts for picture in pictures)),
        "segments": float(count),
        "smallest_share": stable(min(picture.share for picture in pictures)),
        "explained_variance": stable(round(explained, 6)),
        "explained_variance_free": stable(round(most, 6)),
        "explained_of_free": stable(round(explained / most, 6)) if most > 0 else 1.0,
        "agreement_with_free": stable(round(float(together.max(axis=1).sum() / together.sum()), 6)),
    }


def _standing(segmentation: Segmentation, sample: pl.DataFrame) -> Matrix:
    """(n, indices): each index standardised over the accounts; one that does not vary is all zero."""
    values = sample.select(segmentation.index_set.expressions()).to_numpy().astype(np.float64)
    deviation = values.std(axis=0)
    standing: Matrix = np.round((values - values.mean(axis=0)) / np.where(deviation > 0, deviation, 1.0), 9)
    return standing


def _labels(segmentation: Segmentation, sample: pl.DataFrame) -> Labels:
    """The segment of each row by position. sample: with indices; they are computed again, by the same reference."""
    return coded(segmentation, sample)[1].to_numpy().astype(np.intp)

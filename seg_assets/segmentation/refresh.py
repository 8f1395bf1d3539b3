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
from seg_assets.segmentation.balance import Matrix, principal_axes
from seg_assets.segmentation.calibration import fit_confidence
from seg_assets.segmentation.candidates import candidates
from seg_assets.segmentation.clustering import Labels, explained_variance, free_clusters
from seg_assets.segmentation.confidence import Confidence
from seg_assets.segmentation.definitions import Definition
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
from seg_assets.segmentation.tree import Split, TreeGrower, leaf_boxes
from seg_assets.segmentation.wording import Vocabulary

ACCOUNTS_A_SEGMENT = 50
YARDSTICK_ROWS = 20_000
SMALLEST_AXIS = 0.5
AXES_A_GROUP = 2


def fit(
    snapshot: pl.DataFrame,
    catalogue: Catalogue,
    champion: Segmentation | None,
    outcomes: Outcomes | None,
    *,
    preprocessor: Preprocessor,
    previous: pl.DataFrame | None = None,
    seed: int = 0,
) -> Segmentation:
    """The challenger: segments of `snapshot`, with the champion's ids and names where they are the same.

    snapshot: account rows with features and `<group>_applicable`; preprocessor: fitted on the same data month;
    previous: an earlier snapshot, from which confidence is learned; outcomes: matured ones, which number the segments
    of a first refresh and choose plays. The result depends on nothing else, nor on the order of the rows.
    Raises ValueError for too few accounts and for features that do not vary.
    """
    needed = ACCOUNTS_A_SEGMENT * catalogue.limits.segments
    if snapshot.height < needed:
        raise ValueError(
            f"{snapshot.height} accounts are too few for {catalogue.limits.segments} segments: at least {needed} are "
            "needed; lower limits.segments in the catalogue or land more accounts"
        )
    reference = preprocessor.reference
    frame = snapshot.with_columns(reference.index_expressions())
    sample = hash_sample(frame)
    points = likeness(preprocessor, sample)
    splits = _grow(sample, points, catalogue, preprocessor, champion)
    definitions = tuple(Definition((box,)) for box in leaf_boxes(splits).values())
    bare = _bare(catalogue, preprocessor, definitions, splits)
    bare = replace(bare, confidence=fit_confidence(bare, snapshot, previous))
    pictures = portraits(frame, coded(bare, snapshot)[1], len(definitions), catalogue, reference)
    rates = [result["conversion_rate"] for result in conversions(bare, outcomes)]
    inherited = _inherit(bare, snapshot, pictures, rates, champion)
    segments = _segments(bare, pictures, rates, catalogue, champion, inherited)
    metrics = _metrics(bare, sample, points, pictures, seed, champion)
    if champion is not None:
        metrics |= {"churn": stable(inherited.churn), "segments_kept": float(len(inherited.pairs))}
    return replace(
        bare,
        segments=segments,
        tombstones=inherited.tombstones,
        highest_id=inherited.highest_id,
        metrics=metrics,
    )


def likeness(preprocessor: Preprocessor, sample: pl.DataFrame) -> Matrix:
    """(n, axes): the strongest axes of the accounts' points: what segments should be alike in.

    Balanced, each group's own strongest axis has variance 1; an axis of all with less than half of that is a single
    level or feature, and alikeness in it is no one's idea of a segment. At least two axes where there are two, at
    most two a group: groups of unrelated features have no end of axes that are equally strong.
    Raises ValueError where the points do not vary.
    """
    table = preprocessor.transform(sample).drop("account_id").to_numpy().astype(np.float64)
    variances, axes = principal_axes(table)
    if variances[0] <= 0:
        raise ValueError("no usable features: every account of the snapshot is the same; check the landing tables")
    groups = len({coordinate.group for coordinate in preprocessor.coordinates})
    strong, most = int((variances >= SMALLEST_AXIS).sum()), min(AXES_A_GROUP * groups, int((variances > 0).sum()))
    count = min(max(strong, 2), most)
    projected: Matrix = np.round((table - table.mean(axis=0)) @ axes[:, :count], 9)
    return projected


def _grow(
    sample: pl.DataFrame,
    points: Matrix,
    catalogue: Catalogue,
    preprocessor: Preprocessor,
    champion: Segmentation | None,
) -> tuple[Split, ...]:
    asked = candidates(sample, catalogue, preprocessor.reference)
    if not asked:
        raise ValueError("no usable features: no index, level or number of the catalogue can split the accounts")
    inherited = {split.path: split.condition for split in champion.splits} if champion else {}
    limits = catalogue.limits
    grower = TreeGrower(sample, points, asked, inherited)
    return grower.grow(limits.segments, limits.smallest_share, limits.conditions)


def _bare(
    catalogue: Catalogue, preprocessor: Preprocessor, definitions: Sequence[Definition], splits: tuple[Split, ...]
) -> Segmentation:
    """A segmentation whose segments have neither ids nor names yet."""
    reference = preprocessor.reference
    indices = [index.name for index in reference.indices]
    spoken = {c.feature for index in reference.indices for c in index.contributions}
    spoken |= set(indices) | {column for definition in definitions for column in definition.columns}
    vocabulary = Vocabulary.of(catalogue, reference)
    return Segmentation(
        catalogue=catalogue.name,
        reference=reference,
        segments=tuple(Segment("", "", definition, None, None, ()) for definition in definitions),
        splits=splits,
        confidence=Confidence(()),
        vocabulary=vocabulary.only(tuple(spoken)),
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
    called = names(pictures, bare.definitions, catalogue, bare.reference, kept)
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
    points: Matrix,
    pictures: Sequence[Portrait],
    seed: int,
    champion: Segmentation | None,
) -> dict[str, float]:
    """How much readable segments explain beside free k-means with as many clusters, on at most 20,000 accounts."""
    rows = min(YARDSTICK_ROWS, sample.height)
    points, sample = points[:rows], sample.head(rows)
    labels = _labels(bare, sample)
    count = len(pictures)
    start = _labels(champion, sample) if champion else None
    free = free_clusters(points, count, champion=start, seed=seed) if count > 1 else None
    explained = explained_variance(points, labels)
    most = explained_variance(points, free.labels) if free else 0.0
    together = overlaps(labels, free.labels, (count, count)) if free else np.ones((1, 1))
    return {
        "axes": float(points.shape[1]),
        "accounts": float(sum(picture.accounts for picture in pictures)),
        "segments": float(count),
        "smallest_share": stable(min(picture.share for picture in pictures)),
        "explained_variance": stable(round(explained, 6)),
        "explained_variance_free": stable(round(most, 6)),
        "fidelity": stable(round(explained / most, 6)) if most > 0 else 1.0,
        "agreement_with_free": stable(round(float(together.max(axis=1).sum() / together.sum()), 6)),
    }


def _labels(segmentation: Segmentation, sample: pl.DataFrame) -> Labels:
    """The segment of each row by position. sample: with indices; they are computed again, by the same reference."""
    return coded(segmentation, sample)[1].to_numpy().astype(np.intp)

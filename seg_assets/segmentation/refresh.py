"""The monthly refit: a snapshot in, a segmentation out.

Belongs here: the order of the steps from accounts to named segments, and what the next month inherits.
Does not: any of the steps' science, scoring (model.py), labels that had not matured (the callers never hand them in).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import polars as pl

from seg_assets.catalogs import Catalogue
from seg_assets.segmentation.calibration import fit_confidence
from seg_assets.segmentation.coding import coded, segment_rates
from seg_assets.segmentation.confidence import Confidence
from seg_assets.segmentation.definitions import Definition
from seg_assets.segmentation.fit_figures import fit_figures
from seg_assets.segmentation.growing import Grown, KnownIntent, grow, leaf_definitions
from seg_assets.segmentation.indices import IndexSet
from seg_assets.segmentation.inheritance import EVERYONE, EVERYONE_NAME, Inheritance, inherit
from seg_assets.segmentation.intent.cross_fit import IntentFit, fit_intent
from seg_assets.segmentation.intent.index import IntentIndex
from seg_assets.segmentation.model import CONSTRUCTED, Segment, Segmentation
from seg_assets.segmentation.names import ALIKE, Signature, alikeness, names, overridden, signature
from seg_assets.segmentation.outcomes import Outcomes
from seg_assets.segmentation.plays import fitting_play
from seg_assets.segmentation.portraits import Portrait, portraits
from seg_assets.segmentation.preprocess import Preprocessor
from seg_assets.segmentation.sampling import hash_sample
from seg_assets.segmentation.serialise import stable
from seg_assets.segmentation.wording import Vocabulary

ACCOUNTS_A_SEGMENT = 50
# The metric that says how many kinds of account were new; absent where none was.
BORN = "born"


def fit(
    snapshot: pl.DataFrame,
    catalogue: Catalogue,
    champion: Segmentation | None,
    outcomes: Outcomes | None,
    *,
    preprocessor: Preprocessor,
    previous: pl.DataFrame | None = None,
    seed: int = 0,
    learned: IntentFit | None = None,
    count: int | None = None,
    weight: float | None = None,
    kinds: Mapping[str, str] = MappingProxyType({}),
    overrides: Mapping[str, str] = MappingProxyType({}),
    before: pl.Series | None = None,
) -> Segmentation:
    """The challenger: segments of `snapshot`, with the champion's ids and names where they are the same.

    snapshot: account rows with features and `<group>_applicable`; preprocessor: fitted on the same data month;
    previous: an earlier snapshot, from which confidence is learned; outcomes: matured ones, from which intent is
    learned unless `learned` says what was; count: how many segments at most (1: everyone), the catalogue's limit where
    None; weight: of the intent axis, found anew where None; kinds: natural or reproducible, by the SQL of definitions
    found to be so; overrides: names that people gave, by segment_id; before: account_ids that the champion was fitted
    on, beside whom a kind of account is new and by whom a segment is the same. `parent_account_id`, in the snapshot and
    the outcomes or in neither, keeps families together. The result depends on nothing else, nor on the order of the
    rows. Raises ValueError for too few accounts and where features do not vary.
    """
    count = catalogue.limits.segments if count is None else count
    needed = ACCOUNTS_A_SEGMENT * count
    if snapshot.height < needed:
        raise ValueError(
            f"{snapshot.height} accounts are too few for {count} segments: at least {needed} are "
            "needed; lower limits.segments in the catalogue or land more accounts"
        )
    learned = learned or fit_intent(outcomes, catalogue, champion=champion.intent if champion else None)
    intent = index_in_force(learned, champion)
    indices = IndexSet(preprocessor.reference, intent)
    sample = hash_sample(snapshot).with_columns(preprocessor.reference.index_expressions())
    known = known_intent(sample, learned, intent)
    grown = grow(sample, catalogue, preprocessor, champion, known, count, weight=weight, before=before)
    definitions = leaf_definitions(grown.splits)
    bare = _bare(catalogue, indices, definitions, grown)
    bare = replace(bare, confidence=fit_confidence(bare, snapshot, previous))
    frame, code = coded(bare, snapshot)
    pictures = portraits(frame, code, len(definitions), catalogue, indices)
    rates = [rate.share.value if rate else None for rate in segment_rates(bare, outcomes)]
    signatures = [signature(picture, catalogue) for picture in pictures]
    inherited = inherit(bare, snapshot, [picture.accounts for picture in pictures], signatures, rates, champion, before)
    segments = _segments(bare, pictures, signatures, rates, catalogue, champion, inherited, kinds, overrides)
    metrics = learned.metrics | fit_figures(bare, sample, preprocessor, seed, champion)
    metrics |= {"smallest_share": stable(min(picture.share for picture in pictures))}
    if grown.weight is not None and grown.intent_share is not None:
        metrics |= {"intent_weight": grown.weight, "intent_share": stable(round(grown.intent_share, 6))}
    if grown.born:
        metrics |= {BORN: float(grown.born)}
    if inherited.churn is not None:
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


def _segments(
    bare: Segmentation,
    pictures: Sequence[Portrait],
    signatures: Sequence[Signature],
    rates: Sequence[float | None],
    catalogue: Catalogue,
    champion: Segmentation | None,
    inherited: Inheritance,
    kinds: Mapping[str, str],
    overrides: Mapping[str, str],
) -> tuple[Segment, ...]:
    """Segments with ids, names and plays, ordered by the number of their ids."""
    kept = {EVERYONE: EVERYONE_NAME}
    for position, before in inherited.pairs.items():
        predecessor = champion.segments[before] if champion else None
        if predecessor and alikeness(predecessor.signature, signatures[position]) >= ALIKE:
            kept[inherited.ids[position]] = predecessor.name
    settled = overridden(kept, overrides)
    by_position = {position: settled[name] for position, name in enumerate(inherited.ids) if name in settled}
    called = names(pictures, bare.definitions, catalogue, bare.index_set, by_position)
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
                kind=kinds.get(definition.sql(), CONSTRUCTED),
            )
        )
    return tuple(sorted(segments, key=lambda segment: int(segment.segment_id.removeprefix("SEG-"))))

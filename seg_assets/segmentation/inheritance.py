"""What a refresh takes over from the champion: ids, the numbers already issued, tombstones.

Belongs here: which of the champion's segments live on in which new ones, and what a refresh alone moves.
Does not: matching itself (matching.py), what became of ids that end (events.py), names (names.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from seg_assets.segmentation.coding import coded
from seg_assets.segmentation.events import Tombstone, ended
from seg_assets.segmentation.matching import (
    Counts,
    churn,
    cosines,
    first_ids,
    following_ids,
    matched,
    overlaps,
    segment_id,
)
from seg_assets.segmentation.model import Segmentation
from seg_assets.segmentation.names import Signature

# Everyone, where no segmentation is stable: not a segment that another could continue.
EVERYONE = segment_id(0)
EVERYONE_NAME = "Everyone"


@dataclass(frozen=True)
class Inheritance:
    """ids: of the new segments; highest_id: the highest number issued so far; pairs: the champion's segment that each
    new one is; churn: the share of accounts that the refresh alone moves, None where there were no segments before.
    """

    ids: tuple[str, ...]
    highest_id: int
    pairs: Mapping[int, int]
    tombstones: tuple[Tombstone, ...]
    churn: float | None


def inherit(
    bare: Segmentation,
    snapshot: pl.DataFrame,
    accounts: Sequence[int],
    signatures: Sequence[Signature],
    rates: Sequence[float | None],
    champion: Segmentation | None,
    before: pl.Series | None,
) -> Inheritance:
    """What the segments of `bare`, which have neither ids nor names yet, continue of the champion's.

    accounts, signatures, rates: of the new segments; before: account_ids that the champion was fitted on: segments are
    the same by these accounts, lest newcomers take the id of those they came to. A single segment is everyone, SEG-00,
    and continues nothing.
    """
    tombstones = champion.tombstones if champion else ()
    issued = champion.highest_id if champion else 0
    if len(bare.definitions) == 1:
        return Inheritance((EVERYONE,), issued, {}, tombstones, None)
    if champion is None or len(champion.segments) == 1:
        ids = first_ids(accounts, rates, after=issued)
        return Inheritance(tuple(ids), issued + len(ids), {}, tombstones, None)
    known = snapshot if before is None else snapshot.filter(pl.col("account_id").is_in(before.implode()))
    counts = _overlaps(champion, bare, known)
    pairs = matched(counts, cosines([segment.signature for segment in champion.segments], signatures))
    old = [(segment.segment_id, segment.name) for segment in champion.segments]
    following, highest = following_ids(pairs, [old_id for old_id, _ in old], len(accounts), issued)
    tombstones = (*tombstones, *ended(pairs, old, following, counts))
    return Inheritance(tuple(following), highest, pairs, tombstones, churn(counts, pairs))


def _overlaps(champion: Segmentation, challenger: Segmentation, snapshot: pl.DataFrame) -> Counts:
    codes = [coded(segmentation, snapshot)[1].to_numpy().astype(np.intp) for segmentation in (champion, challenger)]
    return overlaps(codes[0], codes[1], (len(champion.segments), len(challenger.segments)))

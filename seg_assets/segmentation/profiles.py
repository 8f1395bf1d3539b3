"""The segment book's table: what each segment is, has and does.

Belongs here: a row a segment, put together: sizes, value, conversions, differences, siblings, the five tests.
Does not: the science of any column (its own module each), pages (reports/), which segment an account is in (model.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

from seg_assets.catalogs import Catalogue
from seg_assets.schemas import SEGMENT_PROFILES
from seg_assets.segmentation import five_tests
from seg_assets.segmentation.coding import coded, segment_rates
from seg_assets.segmentation.differences import FROM_OTHERS, FROM_SIBLING, differences, topics
from seg_assets.segmentation.known import known, shares_known
from seg_assets.segmentation.model import Segment, Segmentation
from seg_assets.segmentation.other_need import similar_conversion_other_need
from seg_assets.segmentation.outcomes import Outcomes
from seg_assets.segmentation.portrait_space import PortraitSpace, needs_apart
from seg_assets.segmentation.portraits import Portrait, everyone_else, portraits
from seg_assets.segmentation.rates import Rate
from seg_assets.segmentation.reach import Reach, reach
from seg_assets.segmentation.siblings import nearest_siblings
from seg_assets.segmentation.typical_accounts import typical_accounts
from seg_assets.segmentation.wording import Vocabulary

# What the asset adds to every row.
OF_THE_MONTH = ("service_month", "definition_version")
SCHEMA = {name: dtype for name, dtype in SEGMENT_PROFILES.schema.items() if name not in OF_THE_MONTH}

Row = dict[str, Any]


def profile(
    segmentation: Segmentation,
    snapshot: pl.DataFrame,
    catalogue: Catalogue,
    outcomes: Outcomes | None,
    *,
    account_master: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """A row a segment, as the contract's `segment_profiles` without service_month and definition_version.

    account_master: the consents of the snapshot's accounts, None where they have not landed. Conversions are over
    matured, eligible accounts, null without outcomes; arr is the sum of the catalogue's value feature, null without.
    """
    frame, code = coded(segmentation, snapshot)
    pictures = portraits(frame, code, len(segmentation.segments), catalogue, segmentation.index_set)
    space = PortraitSpace.of(frame, pictures, catalogue, segmentation.index_set)
    asked = {column for definition in segmentation.definitions for column in definition.columns}
    all_known = known(sorted(asked | {*segmentation.index_set.names}), catalogue, segmentation.index_set)
    book = _Book(
        catalogue=catalogue,
        segmentation=segmentation,
        portraits=pictures,
        space=space,
        siblings=nearest_siblings(space.places(pictures)),
        rates=segment_rates(segmentation, outcomes),
        value=_values(snapshot, code, len(pictures), catalogue.value_feature),
        known=shares_known(frame, code, segmentation.definitions, catalogue, segmentation.index_set),
        reach=reach(frame, code, account_master, len(pictures)),
        typical=typical_accounts(frame, code, all_known, pictures, space),
    )
    return pl.DataFrame([book.row(position) for position in range(len(pictures))], schema=SCHEMA, orient="row")


@dataclass(frozen=True, eq=False)
class _Book:
    """All that rows are made of; sequences are by segment, in the segmentation's order."""

    catalogue: Catalogue
    segmentation: Segmentation
    portraits: Sequence[Portrait]
    space: PortraitSpace
    siblings: Sequence[int | None]
    rates: Sequence[Rate | None]
    value: Sequence[float] | None
    known: Sequence[float]
    reach: Sequence[Reach | None]
    typical: Sequence[list[str]]

    def row(self, position: int) -> Row:
        """The columns of SCHEMA for one segment."""
        segment, picture = self._segment(position), self.portraits[position]
        return {
            "segment_id": segment.segment_id,
            "name": segment.name,
            "definition": self._vocabulary.definition(segment.definition),
            "definition_sql": segment.definition.sql(),
            "accounts": picture.accounts,
            "account_share": picture.share,
            "arr": self.value[position] if self.value is not None else None,
            "arr_share": self._value_share(position),
            **rate_columns(self.rates[position]),
            "index_means": [{"index": name, "mean": mean} for name, mean in picture.indices.items()],
            "differences": self._differences(position),
            "play": segment.play,
            "action": segment.action,
            "kind": segment.kind,
            **self._beside(position),
            "typical_accounts": self.typical[position],
            "tests": [asdict(answer) for answer in self._tests(position)],
            "same_rate_other_need": self._same_rate_other_need(position),
        }

    @property
    def _vocabulary(self) -> Vocabulary:
        return Vocabulary.of(self.catalogue, self.segmentation.index_set)

    def _segment(self, position: int) -> Segment:
        return self.segmentation.segments[position]

    def _differences(self, position: int) -> list[str]:
        """From all others, but for what the definition says already."""
        rest = everyone_else(self.portraits, position)
        return differences(
            self.portraits[position],
            rest,
            self._vocabulary,
            topics(self.segmentation.index_set),
            beside="elsewhere",
            told=FROM_OTHERS,
            but=self._segment(position).definition.columns,
        )

    def _value_share(self, position: int) -> float | None:
        total = sum(self.value) if self.value is not None else 0.0
        return self.value[position] / total if self.value is not None and total else None

    def _beside(self, position: int) -> Row:
        sibling = self.siblings[position]
        if sibling is None:
            return {"sibling_segment_id": None, "sibling_differences": []}
        other = self._segment(sibling).segment_id
        told = differences(
            self.portraits[position],
            self.portraits[sibling],
            self._vocabulary,
            topics(self.segmentation.index_set),
            beside=other,
            told=FROM_SIBLING,
        )
        return {"sibling_segment_id": other, "sibling_differences": told}

    def _tests(self, position: int) -> list[five_tests.Answer]:
        picture, play, gates = self.portraits[position], self._segment(position).play, self.catalogue.gates
        sibling = self._sibling(position)
        same_play = sum(segment.play == play for segment in self.segmentation.segments)
        return [
            five_tests.measurable(self.known[position]),
            five_tests.accessible(self.reach[position]),
            five_tests.substantial(
                picture.accounts,
                picture.share,
                self._value_share(position),
                smallest_share=self.catalogue.limits.smallest_share,
                smallest_value_share=gates.smallest_value_share,
            ),
            five_tests.differentiable(
                sibling, rate_ratio=gates.neighbour_rate_ratio, deviations=gates.neighbour_deviations
            ),
            five_tests.actionable(play, same_play, sibling),
        ]

    def _sibling(self, position: int) -> five_tests.Sibling | None:
        other = self.siblings[position]
        if other is None:
            return None
        own_rate, other_rate = self.rates[position], self.rates[other]
        own_need, other_need = (self.space.need(self.portraits[place]) for place in (position, other))
        apart = needs_apart(own_need, other_need, self.catalogue.gates.neighbour_deviations)
        return five_tests.Sibling(
            segment_id=self._segment(other).segment_id,
            play=self._segment(other).play,
            ratio=own_rate.times(other_rate) if own_rate is not None and other_rate is not None else None,
            indices=self._titles(apart),
        )

    def _same_rate_other_need(self, position: int) -> list[Row]:
        pairs = similar_conversion_other_need(
            self.rates,
            [segment.play for segment in self.segmentation.segments],
            [self.space.need(picture) for picture in self.portraits],
            rate_ratio=self.catalogue.gates.neighbour_rate_ratio,
            deviations=self.catalogue.gates.neighbour_deviations,
        )
        found = []
        for pair in pairs:
            if position in (pair.one, pair.other):
                other = pair.other if position == pair.one else pair.one
                found.append(
                    {"segment_id": self._segment(other).segment_id, "says": self._unlike(position, other, pair.indices)}
                )
        return found

    def _unlike(self, position: int, other: int, indices: Sequence[str]) -> str:
        """ "firm size 80 against 33, usage depth 0 against 54; Executive outreach, not Adoption review"."""
        own, there = self.portraits[position].indices, self.portraits[other].indices
        means = [f"{self._titles([name])[0]} {own[name]:.0f} against {there[name]:.0f}" for name in indices]
        return f"{', '.join(means)}; {self._segment(position).play}, not {self._segment(other).play}"

    def _titles(self, indices: Sequence[str]) -> list[str]:
        return [self._vocabulary.term(name).title for name in indices]


def rate_columns(rate: Rate | None) -> dict[str, float | int | None]:
    """eligible, conversions, conversion_rate and its 95 % interval; all None where the rate is not known."""
    if rate is None:
        return dict.fromkeys(("eligible", "conversions", "conversion_rate", "conversion_low", "conversion_high"))
    share = rate.share
    return {
        "eligible": rate.eligible,
        "conversions": rate.conversions,
        "conversion_rate": share.value,
        "conversion_low": share.low,
        "conversion_high": share.high,
    }


def _values(snapshot: pl.DataFrame, code: pl.Series, segments: int, feature: str | None) -> list[float] | None:
    if feature is None:
        return None
    value = pl.when(pl.col(feature).is_finite()).then(pl.col(feature)).sum()
    sums = dict(snapshot.group_by(code.alias("__segment")).agg(value).iter_rows())
    return [float(sums.get(segment) or 0.0) for segment in range(segments)]

"""What can be said of a segment in its name: what its definition asks first, then what sets it apart.

Belongs here: words for levels, conditions and indices of one segment, and which of them say something of their own.
Does not: putting them together, keeping names, names that must differ (names.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from seg_assets.catalogs import Catalogue
from seg_assets.segmentation.definitions import Condition, Definition, Test
from seg_assets.segmentation.indices import IndexSet, SpokenIndex
from seg_assets.segmentation.portraits import Portrait
from seg_assets.segmentation.wording import Vocabulary, listed

# A level that most accounts have, that nearly all have, and two that together are as good as all.
DOMINATES, NEARLY_ALL, PAIR = 0.6, 0.8, 0.95
# More levels than this in a "not ..." are no name any more.
MOST_EXCLUDED = 2
# Ten points of an index, or twenty of a hundred accounts: less sets nothing apart.
SETS_APART = 0.2
# The one segment of trials needs no more words than that: nobody else of its kind has to be told from it.
FEW_PEERS = 0.01
# Indices that rise and fall together over the segments say the same twice.
SAYS_THE_SAME = 0.9


@dataclass(frozen=True)
class Part:
    """One thing said. column: what it is said of; places: the figure behind it, in every segment; middling: whether
    it says that nothing is special.
    """

    text: str
    column: str
    places: tuple[float, ...]
    middling: bool = False


@dataclass(frozen=True)
class NameParts:
    """What can be said of one segment: what its definition asks, and what else sets it apart, most telling first."""

    asked: tuple[Part, ...]
    colours: tuple[Part, ...]


@dataclass(frozen=True)
class Narrator:
    """All segments of a refresh, to be spoken of one by one."""

    portraits: Sequence[Portrait]
    definitions: Sequence[Definition]
    catalogue: Catalogue
    indices: IndexSet
    vocabulary: Vocabulary

    def parts(self, segment: int) -> NameParts:
        """What can be said of `segment`, by position.

        Asked: levels of the catalogue's naming features, then the other conditions in the definition's order, indices
        as words for their mean. Colours: leading levels, then low or high indices, in which the segment differs from
        others of the same levels, unless something said before tells as much.
        """
        asked = self._asked(segment)
        colours: list[Part] = []
        for part in self._colours(segment):
            if not any(self._same(part, other) for other in (*asked, *colours)):
                colours.append(part)
        return NameParts(tuple(asked), tuple(colours))

    def _asked(self, segment: int) -> list[Part]:
        definition = self.definitions[segment]
        named = self.catalogue.name_features
        found = [self._asked_levels(segment, feature) for feature in named if feature in definition.columns]
        spoken = {index.name: index for index in self.indices.spoken}
        for column in definition.columns:
            if column in spoken:
                found.append(self._index(segment, spoken[column]))
            elif column not in named:
                found.append(self._condition(definition, column))
        return [part for part in found if part is not None]

    def _colours(self, segment: int) -> list[Part]:
        asked, picture = self.definitions[segment].columns, self.portraits[segment]
        found = [
            self._levels(feature, _leading(picture.levels.get(feature, {})))
            for feature in self.catalogue.name_features
            if feature not in asked
        ]
        found += [
            self._index(segment, index)
            for index in self.indices.spoken
            if index.name not in asked and not index.is_middling(picture.indices[index.name])
        ]
        weights = self._peers(segment)
        if sum(weights) < FEW_PEERS:
            return []
        away = {part: abs(part.places[segment] - _mean(part.places, weights)) for part in found if part is not None}
        apart = {part: round(size, 6) for part, size in away.items() if size >= SETS_APART}
        return sorted(apart, key=lambda part: (part.column not in self.catalogue.name_features, -apart[part]))

    def _peers(self, segment: int) -> list[float]:
        """How much each other segment counts as one of the same kind: its accounts, in the levels that are asked."""
        asked = [f for f in self.catalogue.name_features if f in self.definitions[segment].columns]
        own = self.portraits[segment]
        return [
            0.0 if position == segment else other.share * min([_overlap(own, other, f) for f in asked], default=1.0)
            for position, other in enumerate(self.portraits)
        ]

    def _same(self, one: Part, other: Part) -> bool:
        shares = [portrait.share for portrait in self.portraits]
        return abs(_correlation(one.places, other.places, shares)) >= SAYS_THE_SAME

    def _index(self, segment: int, index: SpokenIndex) -> Part | None:
        picture = self.portraits[segment]
        text = index.word(picture.indices[index.name], self._side(segment, index.name))
        if not text or picture.applicable[index.name] < 0.5:
            return None
        # Half a scale counts as much as all accounts.
        places = tuple(portrait.indices[index.name] / 50.0 for portrait in self.portraits)
        return Part(text, index.name, places, middling=text == index.middle)

    def _side(self, segment: int, column: str) -> float:
        """-1 where the definition asks to be below something, 1 where at least, 0 for both, neither, or two boxes."""
        boxes = self.definitions[segment].boxes
        tests = {c.test for box in boxes for c in box.conditions if c.column == column}
        if len(boxes) > 1 or len(tests) != 1:
            return 0.0
        return -1.0 if tests == {Test.BELOW} else 1.0

    def _asked_levels(self, segment: int, feature: str) -> Part | None:
        """The levels that the definition means: the one or two that hold, or those that it excludes."""
        shares = self.portraits[segment].levels.get(feature, {})
        ranked = [level for level in _ranked(shares) if level not in ("true", "false")]
        if not ranked:
            return self._condition(self.definitions[segment], feature)
        if shares[ranked[0]] >= NEARLY_ALL:
            return self._levels(feature, ranked[:1])
        if sum(shares[level] for level in ranked[:2]) > PAIR:
            return self._levels(feature, ranked[:2])
        boxes = self.definitions[segment].boxes
        excluded = [c for c in boxes[0].conditions if c.column == feature and c.test is Test.NONE_OF]
        if len(boxes) == 1 and excluded and len(excluded[0].levels) <= MOST_EXCLUDED:
            places = self._levels(feature, excluded[0].levels)
            return Part(f"not {listed(excluded[0].levels)}", feature, () if places is None else places.places)
        return self._levels(feature, _leading(shares))

    def _levels(self, feature: str, levels: Sequence[str]) -> Part | None:
        if not levels:
            return None
        places = tuple(sum(p.levels.get(feature, {}).get(level, 0.0) for level in levels) for p in self.portraits)
        return Part(listed(levels), feature, places)

    def _condition(self, definition: Definition, column: str) -> Part | None:
        """A condition on a feature as part of a name: "contact cellular", "no loan", "age at least 60 years".

        None where a definition of two boxes asks it in one of them only.
        """
        boxes = [[c for c in box.conditions if c.column == column] for box in definition.boxes]
        asked = boxes[0]
        if not all(other == asked for other in boxes):
            return None
        places = tuple(_figure(portrait, asked[0]) for portrait in self.portraits)
        return Part(self._words(definition, asked), column, places)

    def _words(self, definition: Definition, asked: Sequence[Condition]) -> str:
        condition = asked[0]
        title = self.vocabulary.term(condition.column).title
        match condition.test:
            case Test.TRUE:
                return title
            case Test.NOT_TRUE:
                return f"no {title}"
            case Test.ONE_OF | Test.NONE_OF:
                return f"{title} {self.vocabulary.demand(condition).removeprefix('is ')}"
            case Test.AT_LEAST | Test.BELOW:
                return self.vocabulary.conditions(definition.boxes[0])[condition.column]


def _ranked(shares: Mapping[str, float]) -> list[str]:
    return sorted(shares, key=lambda level: (-shares[level], level))


def _leading(shares: Mapping[str, float]) -> list[str]:
    """The level that most accounts have, if there is one; true and false are no words for a name."""
    return [level for level in _ranked(shares)[:1] if shares[level] > DOMINATES and level not in ("true", "false")]


def _overlap(one: Portrait, other: Portrait, feature: str) -> float:
    """The share of accounts that two segments have in the same levels, 0 to 1."""
    left, right = one.levels.get(feature, {}), other.levels.get(feature, {})
    return sum(min(share, right.get(level, 0.0)) for level, share in left.items())


def _figure(portrait: Portrait, condition: Condition) -> float:
    """What the condition's feature is like in a segment: the share of its levels or of true, or the mean."""
    levels = portrait.levels.get(condition.column)
    if levels is None:
        return portrait.numbers.get(condition.column, 0.0)
    return sum(levels.get(level, 0.0) for level in condition.levels or ("true",))


def _mean(values: Sequence[float], weights: Sequence[float]) -> float:
    total = sum(weights)
    return sum(v * w for v, w in zip(values, weights, strict=True)) / total if total else 0.0


def _correlation(one: Sequence[float], other: Sequence[float], weights: Sequence[float]) -> float:
    """Pearson's, over segments weighted by their accounts; 0 where one of them does not vary."""
    left = [value - _mean(one, weights) for value in one]
    right = [value - _mean(other, weights) for value in other]
    product = sum(w * a * b for w, a, b in zip(weights, left, right, strict=True))
    size = sqrt(sum(w * a * a for w, a in zip(weights, left, strict=True)))
    size *= sqrt(sum(w * b * b for w, b in zip(weights, right, strict=True)))
    return product / size if size > 1e-12 else 0.0

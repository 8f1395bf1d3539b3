"""What segments are called: short, each once, the same for the same portrait.

Belongs here: names from portraits and definitions, in the catalogue's wording, and keeping the champion's.
Does not: segment_ids (matching.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt

from seg_assets.catalogs import Catalogue
from seg_assets.segmentation.definitions import Condition, Definition, Test
from seg_assets.segmentation.indices import IndexSet
from seg_assets.segmentation.portraits import Portrait
from seg_assets.segmentation.wording import Vocabulary, level_words, listed

DOMINATES = 0.6
NEARLY_ALL = 0.8
PAIR = 0.95
ALIKE = 0.9
PARTS = 3
MOST_PARTS = 4

Signature = tuple[tuple[str, float], ...]


def signature(portrait: Portrait, catalogue: Catalogue) -> Signature:
    """What has to stay alike for a name to stay: index means around 50, in halves of the scale, and level shares."""
    indices = [(name, round((mean - 50.0) / 50.0, 6)) for name, mean in portrait.indices.items()]
    shares = [
        (f"{feature}_{level}", round(share, 6))
        for feature in catalogue.name_features
        for level, share in portrait.levels.get(feature, {}).items()
    ]
    return tuple(sorted(indices + shares))


def alikeness(one: Signature, other: Signature) -> float:
    """The cosine of two signatures, -1 to 1; what one of them lacks counts 0."""
    left, right = dict(one), dict(other)
    product = sum(value * right.get(name, 0.0) for name, value in left.items())
    size = sqrt(sum(v * v for v in left.values()) * sum(v * v for v in right.values()))
    return product / size if size else 0.0


def names(
    portraits: Sequence[Portrait],
    definitions: Sequence[Definition],
    catalogue: Catalogue,
    indices: IndexSet,
    kept: Mapping[int, str],
) -> list[str]:
    """A name a segment, each once.

    kept: names that segments keep, by position. The others take up to three parts: the leading levels of the
    catalogue's naming features, then conditions on other features, then index words: low and high before middling
    ones, those of the segment's own conditions before others, the ones that set it apart most first. Where that is
    not unique yet, a fourth part; where even that is not, the conditions that the others do not make.
    """
    vocabulary = Vocabulary.of(catalogue, indices)
    parts = {
        segment: _parts(portraits, segment, definitions[segment], catalogue, indices, vocabulary)
        for segment in range(len(portraits))
        if segment not in kept
    }
    lengths = {segment: min(PARTS, len(words)) for segment, words in parts.items()}
    while True:
        spoken = {segment: _joined(words[: lengths[segment]]) for segment, words in parts.items()}
        taken = [*kept.values(), *spoken.values()]
        double = [s for s, name in spoken.items() if not name or taken.count(name) > 1]
        longer = [s for s in double if lengths[s] < min(MOST_PARTS, len(parts[s]))]
        if not longer:
            break
        for segment in longer:
            lengths[segment] += 1
    found = dict(kept) | spoken
    for segment in double:
        same = [other for other in found if other != segment and found[other] == spoken[segment]]
        told_apart = _told_apart(definitions[segment], [definitions[other] for other in same], vocabulary)
        found[segment] = _joined([*parts[segment][:PARTS], told_apart])
    return [found[segment] for segment in range(len(portraits))]


def _told_apart(own: Definition, others: Sequence[Definition], vocabulary: Vocabulary) -> str:
    """The conditions of `own` that not all of the others make too."""
    shared = [{c for box in other.boxes for c in box.conditions} for other in others]
    conditions = [c for box in own.boxes for c in box.conditions if not all(c in theirs for theirs in shared)]
    return " and ".join(vocabulary.condition(c) for c in conditions) or vocabulary.definition(own)


def _parts(
    portraits: Sequence[Portrait],
    segment: int,
    definition: Definition,
    catalogue: Catalogue,
    indices: IndexSet,
    vocabulary: Vocabulary,
) -> list[str]:
    portrait = portraits[segment]
    words = [
        _leading_levels(portrait.levels.get(feature, {}), feature in definition.columns)
        for feature in catalogue.name_features
    ]
    conditions = [c for box in definition.boxes for c in box.conditions]
    spoken_for = {*indices.names, *catalogue.name_features}
    words += [_condition_words(c, vocabulary) for c in conditions if c.column not in spoken_for]
    mean = {name: sum(p.indices[name] * p.share for p in portraits) for name in indices.names}
    asked = definition.columns
    order = sorted(
        indices.spoken,
        key=lambda index: (
            index.is_middling(portrait.indices[index.name]),
            index.name not in asked,
            -abs(portrait.indices[index.name] - mean[index.name]),
        ),
    )
    for index in order:
        if portrait.applicable[index.name] >= 0.5:
            words.append(index.word(portrait.indices[index.name]))
    return [word for word in dict.fromkeys(words) if word]


def _condition_words(condition: Condition, vocabulary: Vocabulary) -> str:
    """A condition on a feature as part of a name: "contact cellular", "no loan", "age at least 60 years"."""
    title = vocabulary.term(condition.column).title
    match condition.test:
        case Test.TRUE:
            return title
        case Test.NOT_TRUE:
            return f"no {title}"
        case Test.ONE_OF | Test.NONE_OF:
            return f"{title} {vocabulary.demand(condition).removeprefix('is ')}"
        case Test.AT_LEAST | Test.BELOW:
            return vocabulary.condition(condition)


def _leading_levels(shares: Mapping[str, float], asked: bool) -> str:
    """The level that dominates, or "" where none does; where the definition asks for levels, the two that it means."""
    ranked = sorted((pair for pair in shares.items() if pair[0] not in ("true", "false")), key=lambda p: (-p[1], p[0]))
    if not ranked:
        return ""
    (first, share), *others = ranked
    if asked and share < NEARLY_ALL and others and share + others[0][1] > PAIR:
        return listed((first, others[0][0]))
    return level_words(first) if share > DOMINATES else ""


def _joined(words: Sequence[str]) -> str:
    text = ", ".join(word for word in words if word)
    return text[:1].upper() + text[1:]

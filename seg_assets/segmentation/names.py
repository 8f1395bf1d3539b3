"""What segments are called: short, each once, the same for the same portrait.

Belongs here: putting a name together, keeping the champion's, giving way to a person's.
Does not: the words (name_parts.py), reading a person's names (resources/segment_names.py), segment_ids (matching.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt

from seg_assets.catalogs import Catalogue
from seg_assets.segmentation.definitions import Definition
from seg_assets.segmentation.indices import IndexSet
from seg_assets.segmentation.name_parts import NameParts, Narrator
from seg_assets.segmentation.portraits import Portrait
from seg_assets.segmentation.wording import Vocabulary

ALIKE = 0.9
PARTS = 3
# What a list, a button or a column of a table shows without cutting it.
LENGTH = 45

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


def overridden(kept: Mapping[str, str], overrides: Mapping[str, str]) -> dict[str, str]:
    """The names that are settled before any is derived, by segment_id: a person's win, the champion's follow.

    kept: names that live on from the champion; overrides: names that a person gave, of whatever ids. A kept name that
    a person has given to another segment is let go, in whatever case it is written.
    """
    given = {_plain(name) for name in overrides.values()}
    left = {segment_id: name for segment_id, name in kept.items() if _plain(name) not in given}
    return left | dict(overrides)


def names(
    portraits: Sequence[Portrait],
    definitions: Sequence[Definition],
    catalogue: Catalogue,
    indices: IndexSet,
    kept: Mapping[int, str],
) -> list[str]:
    """A name a segment, each once.

    kept: names that are settled, by position. The others take up to three parts: what the definition asks, then what
    sets the segment apart from its peers, as long as the name stays short; where what is asked is long already, it goes
    without middling words. A name that another segment has as well says the conditions that the other does not make,
    in the place of the words for them.
    """
    narrator = Narrator(portraits, definitions, catalogue, indices, Vocabulary.of(catalogue, indices))
    parts = {segment: narrator.parts(segment) for segment in range(len(portraits)) if segment not in kept}
    found = dict(kept) | {segment: _first_try(said, catalogue.name_features) for segment, said in parts.items()}
    first = dict(found)
    for segment, said in parts.items():
        same = [other for other in first if other != segment and _plain(first[other]) == _plain(first[segment])]
        if same or not first[segment]:
            own, others = definitions[segment], [definitions[other] for other in same]
            found[segment] = _told_apart(said, own, others, narrator.vocabulary)
    return [found[segment] for segment in range(len(portraits))]


def _first_try(parts: NameParts, levels_first: Sequence[str]) -> str:
    said = list(parts.asked[:PARTS])
    if len(_joined([part.text for part in said])) > LENGTH:
        said = [part for part in said if not part.middling]
    for part in parts.colours:
        if len(said) < PARTS and len(_joined([p.text for p in [*said, part]])) <= LENGTH:
            said.append(part)
    said.sort(key=lambda part: levels_first.index(part.column) if part.column in levels_first else len(levels_first))
    return _joined([part.text for part in said])


def _told_apart(parts: NameParts, own: Definition, others: Sequence[Definition], vocabulary: Vocabulary) -> str:
    """What the definition asks, with the conditions that not all of the others make word for word."""
    if len(own.boxes) > 1:
        return _joined([vocabulary.definition(own)])
    shared = [{c for box in other.boxes for c in box.conditions} for other in others]
    conditions = vocabulary.conditions(own.boxes[0])
    different = [c.column for c in own.boxes[0].conditions if not others or not all(c in theirs for theirs in shared)]
    exact = [conditions[column] for column in dict.fromkeys(different)]
    words = [part.text for part in parts.asked if part.column not in different]
    return _joined([*words, *exact]) or "Everyone"


def _joined(words: Sequence[str]) -> str:
    text = ", ".join(words)
    return text[:1].upper() + text[1:]


def _plain(name: str) -> str:
    """The name as people compare it."""
    return " ".join(name.split()).casefold()

"""What a disturbance most likely comes from: one feature, one source, one slice, or everything.

Belongs here: ranking these by how well each accounts for the features that were found, and nothing else.
Does not: finding them (checks/).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

EVERYTHING = 0.5
"""From this share of all features on, what they have in common is that they are features."""


@dataclass(frozen=True)
class SliceShare:
    """A slice's part of what was found, and of the accounts, both 0 to 1."""

    key: str
    value: str
    of_found: float
    of_accounts: float


def likely_causes(
    found: Collection[str], source_of: Mapping[str, str], slices: Collection[SliceShare] = ()
) -> tuple[str, ...]:
    """At most four causes in words, the likeliest first. found: features, none where what was found is no feature;
    source_of: every feature to its source.

    A source is as likely as its share of the found features, less where few of its own were found; a feature as its
    share of the found; a slice as its part exceeds what its accounts would explain, of what it could at most.
    """
    names = sorted(found)
    scored = [(1 / len(names), f"feature {name}") for name in names]
    for source in sorted({source_of[name] for name in names}):
        its = [name for name, owner in source_of.items() if owner == source]
        here = [name for name in names if source_of[name] == source]
        precise, complete = len(here) / len(names), len(here) / len(its)
        text = f"source {source}: {len(here)} of the {len(names)} features found, of {len(its)} that it lands"
        scored.append((precise * (1 + complete) / 2, text))
    if len(names) >= EVERYTHING * max(len(source_of), 1) and len({source_of[name] for name in names}) > 1:
        scored.append((1.0, f"everything: {len(names)} of {len(source_of)} features, of several sources"))
    scored += [_slice(one) for one in slices]
    ranked = sorted(scored, key=lambda pair: (-pair[0], pair[1]))
    return tuple(text for score, text in ranked if score > 0)[:4]


def _slice(one: SliceShare) -> tuple[float, str]:
    beyond = (one.of_found - one.of_accounts) / max(1 - one.of_accounts, 1e-9)
    return beyond, f"slice {one.key} = {one.value}: {one.of_found:.0%} of it in {one.of_accounts:.0%} of accounts"

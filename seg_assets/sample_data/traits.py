"""Who the accounts are: continuous latent traits, families, and the categorical columns that follow from them.

Belongs here: everything about an account that stays the same from week to week.
Does not: what happens to it (lives.py), what its traits look like in a week (moods.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from seg_assets.sample_data.places import COUNTRIES
from seg_assets.sample_data.randomness import Codes, Dice, Flags, Floats, Rows, day_number, exponential, logistic
from seg_assets.sample_data.vocabulary import INDUSTRIES_BY_SECTOR, LEAD_SOURCES, REGULATED_SECTORS

CLOUDS: tuple[str, ...] = ("aws", "azure", "gcp", "multi", "none")
FUNDING: tuple[str, ...] = (
    "bootstrapped", "seed", "series_a", "series_b", "series_c_plus", "public", "private_equity", "government",
)  # fmt: skip
MOTIONS: tuple[str, ...] = ("self_serve", "commercial", "enterprise")
INDUSTRIES: tuple[str, ...] = tuple(title for titles in INDUSTRIES_BY_SECTOR.values() for title in titles)
SECTORS: tuple[str, ...] = tuple(INDUSTRIES_BY_SECTOR)
_SECTOR_OF = np.array([SECTORS.index(s) for s, titles in INDUSTRIES_BY_SECTOR.items() for _ in titles], dtype=np.int16)
REGULATED = np.array([SECTORS[code] in REGULATED_SECTORS for code in _SECTOR_OF], dtype=np.bool_)

# Seven sub-populations that overlap: their centres lie about as far apart as the accounts of one are spread.
_CENTRES = {
    #            start-up  small  scale-up  mid-size  regulated  digital   public
    #                     trade             trade     large      large     sector
    "share":      (0.20,   0.25,   0.14,    0.20,     0.09,      0.05,     0.07),
    "size":       (-1.20, -1.00,   0.00,    0.20,     1.50,      1.40,     0.60),
    "fit":        (0.30,  -0.70,   0.80,   -0.30,     0.40,      0.90,    -0.40),
    "maturity":   (0.40,  -0.90,   0.80,   -0.50,     0.10,      0.90,    -0.20),
    "engagement": (0.50,  -0.40,   0.50,   -0.20,    -0.20,      0.30,     0.10),
    "spend":      (-0.40, -0.70,   0.50,   -0.10,     0.90,      1.20,    -0.50),
}  # fmt: skip
# How the sectors divide each sub-population: technology, services, commerce, industry, regulated, public.
_SECTOR_SHARES = (
    (0.46, 0.22, 0.14, 0.05, 0.12, 0.01),
    (0.05, 0.30, 0.30, 0.26, 0.08, 0.01),
    (0.36, 0.20, 0.17, 0.10, 0.16, 0.01),
    (0.06, 0.22, 0.22, 0.38, 0.11, 0.01),
    (0.05, 0.05, 0.10, 0.17, 0.60, 0.03),
    (0.38, 0.08, 0.24, 0.18, 0.12, 0.00),
    (0.02, 0.05, 0.01, 0.02, 0.20, 0.70),
)
_SECTOR_FIT = np.array([0.35, 0.0, 0.05, -0.15, 0.2, -0.2], dtype=np.float32)
FAMILY_SHARE = 0.14
ACCOUNTS_A_FAMILY = 4.7
# The day on which accounts are as large as their traits say; before and after, growth moves them.
GROWTH_FROM = day_number(date(2026, 1, 12))


@dataclass(frozen=True)
class Traits:
    """Constants of n accounts, in order of birth; float32 traits are centred near 0 with a spread near 1."""

    size: Floats
    fit: Floats
    maturity: Floats
    engagement: Floats
    spend: Floats
    usage: Floats
    automation: Floats
    growth: Floats
    family: Rows
    parent: Rows
    industry: Codes
    country: Codes
    cloud: Codes
    funding: Codes
    motion: Codes
    lead_source: Codes

    def __len__(self) -> int:
        return int(self.size.size)


def draw_traits(dice: Dice) -> Traits:
    """The traits of all accounts of `dice`.

    Each account lies between two sub-populations, nearer to its first; around that point come a common factor, a share
    that its family has in common, skew in spend and fat tails in the rest.
    """
    count = dice.accounts
    shares = np.cumsum(_CENTRES["share"], dtype=np.float64).astype(np.float32)
    first = np.searchsorted(shares[:-1], dice.uniform("type.first"), side="right").astype(np.int16)
    second = np.searchsorted(shares[:-1], dice.uniform("type.second"), side="right").astype(np.int16)
    toward = 0.6 * dice.uniform("type.toward") ** 2
    family, parent = _families(dice, count)
    common = dice.normal("traits.common")
    industry = _industries(dice, first)

    def trait(name: str, common_weight: float) -> Floats:
        centre = np.array(_CENTRES[name], dtype=np.float32)
        fat = 0.72 + 0.28 * dice.exponential(f"traits.{name}.tail")
        noise = common_weight * common + 0.75 * dice.normal(f"traits.{name}") * fat
        shared = dice.normal(f"traits.{name}.family")
        noise = np.where(family >= 0, 0.7 * noise + 0.6 * shared[family], noise)
        drawn: Floats = ((1 - toward) * centre[first] + toward * centre[second] + noise).astype(np.float32)
        return drawn

    size, maturity, spend = trait("size", 0.15), trait("maturity", 0.4), trait("spend", 0.35)
    fit = trait("fit", 0.4) + _SECTOR_FIT[_SECTOR_OF[industry]]
    rich = np.maximum(spend, np.float32(0))
    spend = spend + np.float32(0.08) * rich * rich
    own = dice.normal("traits.usage")
    found = dice.uniform("lead_source")
    usage = 0.5 * maturity + 0.45 * spend + 0.2 * size + 0.45 * own + 0.15 * (own * own - 1)
    return Traits(
        size=size,
        fit=fit,
        maturity=maturity,
        engagement=trait("engagement", 0.3),
        spend=spend,
        usage=usage,
        automation=0.7 * dice.normal("traits.automation") + 0.3 * maturity,
        growth=0.12 * dice.normal("traits.growth") + 0.03 * fit + 0.02 * maturity,
        family=family,
        parent=parent,
        industry=industry,
        country=_zipf(dice.uniform("country"), len(COUNTRIES), 1.25),
        cloud=_clouds(dice, size, maturity),
        funding=_funding(dice, size, maturity, _SECTOR_OF[industry]),
        motion=_motions(dice, size),
        lead_source=_zipf(found - 0.5 * found * (1 - found) * logistic(1.5 * fit), len(LEAD_SOURCES), 0.9),
    )


def _families(dice: Dice, count: int) -> tuple[Rows, Rows]:
    """Family of each account (-1: none) and the index of its parent, the family's first account (itself: none)."""
    families = max(1, round(count * FAMILY_SHARE / ACCOUNTS_A_FAMILY))
    member = dice.uniform("family.member") < FAMILY_SHARE
    which = (families * dice.uniform("family.which").astype(np.float64) ** 1.5).astype(np.int64)
    family = np.where(member, which, -1)
    members = np.flatnonzero(member)
    head = np.zeros(families, dtype=np.int64)
    head[family[members][::-1]] = members[::-1]
    parent = np.arange(count)
    parent[members] = head[family[members]]
    return family, parent


def _zipf(uniform: Floats, values: int, power: float) -> Codes:
    weights = np.arange(1, values + 1, dtype=np.float64) ** -power
    edges = np.cumsum(weights / weights.sum())
    return np.searchsorted(edges[:-1], uniform, side="right").astype(np.int16)


def _industries(dice: Dice, kind: Codes) -> Codes:
    uniform = dice.uniform("industry")
    industry = np.zeros(kind.size, dtype=np.int16)
    sizes = [len(titles) for titles in INDUSTRIES_BY_SECTOR.values()]
    for number, shares in enumerate(_SECTOR_SHARES):
        weights = []
        for share, size in zip(shares, sizes, strict=True):
            zipf = np.arange(1, size + 1, dtype=np.float64) ** -0.8
            weights.append(share * zipf / zipf.sum())
        edges = np.cumsum(np.concatenate(weights))[:-1]
        here = kind == number
        industry[here] = np.searchsorted(edges, uniform[here], side="right").astype(np.int16)
    return industry


def _choose(uniform: Floats, *weights: Floats) -> Codes:
    """The number of the weight that each account's uniform falls into, weights taken in proportion."""
    total = np.sum(weights, axis=0)
    code = np.zeros(uniform.size, dtype=np.int16)
    edge = np.zeros(uniform.size, dtype=np.float32)
    for weight in weights[:-1]:
        edge += weight
        code += uniform * total >= edge
    return code


def _clouds(dice: Dice, size: Floats, maturity: Floats) -> Codes:
    flat = np.ones_like(size)
    several = 0.25 * exponential(0.6 * size + 0.3 * maturity)
    absent = 0.25 * exponential(-0.9 * maturity - 0.3)
    return _choose(dice.uniform("cloud"), flat, 0.75 * flat, 0.4 * flat, several, absent)


def _funding(dice: Dice, size: Floats, maturity: Floats, sector: Codes) -> Codes:
    public_sector: Flags = sector == SECTORS.index("public")
    chosen = _choose(
        dice.uniform("funding"),
        exponential(-0.5 * size + 0.8),
        exponential(-1.2 * size + 0.7 * maturity - 1.2),
        exponential(-0.7 * size + 0.8 * maturity - 1.0),
        exponential(-0.2 * size + 0.8 * maturity - 1.4),
        exponential(0.3 * size + 0.8 * maturity - 1.6),
        exponential(1.4 * size - 1.4),
        exponential(0.7 * size - 0.8),
    )
    return np.where(public_sector, np.int16(FUNDING.index("government")), chosen)


def _motions(dice: Dice, size: Floats) -> Codes:
    seen = size + 0.35 * dice.normal("motion")
    return (seen > -0.15).astype(np.int16) + (seen > 1.35).astype(np.int16)

"""What the accounts of each segment are like: the figures behind names, plays and profiles.

Belongs here: means, shares and standings of segments and of everyone else.
Does not: the words made of them (names.py, differences.py), conversions (profiles.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from seg_assets.catalogs import Catalogue, Kind
from seg_assets.segmentation.indices import IndexSet


@dataclass(frozen=True)
class Portrait:
    """One segment, or any other set of accounts.

    share: of all accounts; indices: mean a name; applicable: the share of accounts that an index applies to;
    numbers: mean of the winsorized values in the feature's unit; standings: mean of the standardised values;
    levels: the share of each level ("true" for booleans) among accounts where the feature is known; known: how many
    accounts that is, by feature.
    """

    accounts: int
    share: float
    indices: dict[str, float]
    applicable: dict[str, float]
    numbers: dict[str, float]
    standings: dict[str, float]
    levels: dict[str, dict[str, float]]
    known: dict[str, int]


def portraits(
    frame: pl.DataFrame, code: pl.Series, segments: int, catalogue: Catalogue, indices: IndexSet
) -> tuple[Portrait, ...]:
    """A portrait of each segment 0 .. segments - 1. frame: account rows with indices; code: (n,) their segment."""
    coded = frame.with_columns(code.alias("__segment"))
    figures = _figures(coded, indices)
    levels = _levels(coded, catalogue, segments)
    return tuple(_portrait(figures, levels[segment], segment, frame.height, indices) for segment in range(segments))


def everyone_else(all_portraits: Sequence[Portrait], but: int) -> Portrait:
    """The portrait of all segments but one."""
    return together([portrait for segment, portrait in enumerate(all_portraits) if segment != but])


def together(others: Sequence[Portrait]) -> Portrait:
    """The portrait of several segments, from theirs: means weighted by known values."""
    accounts = sum(portrait.accounts for portrait in others)

    def mean(values: Sequence[tuple[float, float]]) -> float:
        weight = sum(w for _, w in values)
        return sum(v * w for v, w in values) / weight if weight else 0.0

    features = dict.fromkeys(name for portrait in others for name in portrait.levels)
    levels = {
        name: {
            level: mean([(p.levels.get(name, {}).get(level, 0.0), p.known.get(name, 0)) for p in others])
            for level in dict.fromkeys(level for p in others for level in p.levels.get(name, {}))
        }
        for name in features
    }
    names = dict.fromkeys(name for portrait in others for name in portrait.numbers)
    known = dict.fromkeys(name for portrait in others for name in portrait.known)
    indices = dict.fromkeys(name for portrait in others for name in portrait.indices)
    return Portrait(
        accounts=accounts,
        share=sum(portrait.share for portrait in others),
        indices={name: mean([(p.indices[name], p.accounts) for p in others]) for name in indices},
        applicable={name: mean([(p.applicable[name], p.accounts) for p in others]) for name in indices},
        numbers={name: mean([(p.numbers.get(name, 0.0), p.known.get(name, 0)) for p in others]) for name in names},
        standings={name: mean([(p.standings.get(name, 0.0), p.known.get(name, 0)) for p in others]) for name in names},
        levels=levels,
        known={name: sum(p.known.get(name, 0) for p in others) for name in known},
    )


def _figures(coded: pl.DataFrame, indices: IndexSet) -> dict[int, dict[str, float]]:
    expressions: list[pl.Expr] = [pl.len().alias("accounts")]
    for index, applies in indices.applies().items():
        expressions.append(pl.col(index).mean().alias(f"index:{index}"))
        expressions.append(applies.mean().alias(f"applicable:{index}"))
    for scale in indices.reference.scales:
        if scale.kind is not Kind.NUMERIC:
            continue
        value = scale.number().clip(scale.low, scale.high)
        expressions.append(value.mean().alias(f"number:{scale.feature}"))
        expressions.append(scale.standardised().mean().alias(f"standing:{scale.feature}"))
        expressions.append(value.count().alias(f"known:{scale.feature}"))
    grouped = coded.lazy().group_by("__segment").agg(expressions).collect()
    return {int(row["__segment"]): row for row in grouped.iter_rows(named=True)}


def _levels(coded: pl.DataFrame, catalogue: Catalogue, segments: int) -> list[dict[str, dict[str, int]]]:
    counts: list[dict[str, dict[str, int]]] = [{} for _ in range(segments)]
    for feature in catalogue.features:
        if feature.kind is Kind.NUMERIC or feature.name not in coded.columns:
            continue
        rows = coded.lazy().group_by("__segment", feature.name).len().drop_nulls().sort("__segment", feature.name)
        for segment, level, accounts in rows.collect().iter_rows():
            text = ("true" if level else "false") if feature.kind is Kind.BOOLEAN else str(level)
            counts[int(segment)].setdefault(feature.name, {})[text] = int(accounts)
    return counts


def _portrait(
    figures: dict[int, dict[str, float]],
    levels: dict[str, dict[str, int]],
    segment: int,
    accounts: int,
    indices: IndexSet,
) -> Portrait:
    row = figures.get(segment, {"accounts": 0})

    def part(prefix: str) -> dict[str, float]:
        return {
            name.removeprefix(prefix): float(value or 0.0) for name, value in row.items() if name.startswith(prefix)
        }

    known = {name: int(value) for name, value in part("known:").items()}
    known |= {name: sum(counts.values()) for name, counts in levels.items()}
    return Portrait(
        accounts=int(row["accounts"]),
        share=row["accounts"] / accounts if accounts else 0.0,
        indices=dict.fromkeys(indices.names, 0.0) | part("index:"),
        applicable=dict.fromkeys(indices.names, 0.0) | part("applicable:"),
        numbers=part("number:"),
        standings=part("standing:"),
        levels={
            name: {level: count / known[name] for level, count in counts.items()} for name, counts in levels.items()
        },
        known=known,
    )

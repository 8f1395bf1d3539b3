"""Accounts for tests: continuous traits, correlated counts, gaps, for whatever features a catalogue names.

Belongs here: frames as `account_snapshots` has them, and outcomes for them.
Does not: the sample data of the project, which is its own package with its own tests.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from seg_assets.catalogs import Catalogue, Feature, Kind


def population(
    catalogue: Catalogue, accounts: int, *, seed: int = 0, monday: date = date(2026, 6, 29), drift: float = 0.0
) -> pl.DataFrame:
    """A snapshot: account_id, snapshot_date, every feature, `<group>_applicable`.

    Each group has a trait of its own and all share one; `drift` moves every trait of the same accounts by that many
    standard deviations of noise, as weeks do.
    """
    steady = np.random.default_rng(seed)
    moved = np.random.default_rng([seed, int(monday.strftime("%Y%m%d"))])
    shared = steady.normal(size=accounts)
    columns: dict[str, pl.Series] = {
        "account_id": pl.Series([f"A{n:07d}" for n in range(accounts)]),
        "snapshot_date": pl.Series([monday] * accounts, dtype=pl.Date),
    }
    for group in catalogue.groups:
        trait = 0.5 * shared + steady.normal(size=accounts) + drift * moved.normal(size=accounts)
        missing = steady.random(accounts) < group.expected_missing
        for feature in catalogue.of_group(group.name):
            values = _values(feature, trait, steady)
            columns[feature.name] = pl.select(pl.when(pl.Series(~missing)).then(values)).to_series()
    frame = pl.DataFrame(columns)
    for group in catalogue.groups:
        if group.applicable_when is None:
            continue
        applicable = pl.col(group.applicable_when.column).is_in(list(group.applicable_when.values)).fill_null(False)
        frame = frame.with_columns(applicable.alias(f"{group.name}_applicable"))
        names = [feature.name for feature in catalogue.of_group(group.name)]
        frame = frame.with_columns(pl.when(f"{group.name}_applicable").then(pl.col(names)))
    return frame


def conversions(frame: pl.DataFrame, feature: str, *, seed: int = 0, rate: float = 0.04) -> pl.Series:
    """Boolean outcomes whose odds rise with the rank of the numeric `feature`; about `rate` of accounts convert."""
    rank = frame[feature].fill_null(strategy="mean").rank().to_numpy() / frame.height
    chance = rate * 2 * rank
    return pl.Series("converted", np.random.default_rng(seed).random(frame.height) < chance)


def _values(feature: Feature, trait: np.ndarray, random: np.random.Generator) -> pl.Series:
    noise = trait * (feature.direction or 1) + 0.7 * random.normal(size=len(trait))
    if feature.kind is Kind.NUMERIC:
        if feature.unit == "share":
            return pl.Series(1 / (1 + np.exp(-noise)))
        counts = np.floor(np.exp(2 + noise)) if feature.unit in ("count", "people", "days") else np.exp(5 + 2 * noise)
        return pl.Series(counts)
    if feature.kind is Kind.BOOLEAN:
        return pl.Series(noise > 0.5)
    levels = feature.levels + feature.unordered_levels or tuple(f"level {n:03d}" for n in range(120))
    rank = np.argsort(np.argsort(noise)) / len(noise)
    if len(levels) > 12:
        rank = np.clip(rank + 0.3 * random.normal(size=len(rank)), 0, 0.999) ** 2
    return pl.Series([levels[int(place * len(levels))] for place in rank], dtype=pl.String)

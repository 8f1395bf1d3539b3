"""A KPI's figure in a sentence, as people read it.

Belongs here: words, units and rounding. Does not: the figures (figures.py, limits.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seg_assets.catalogs import Catalogue
from seg_assets.catalogs.kpi import RETENTION, Kpi

SHARE = "share"


def unit_of(catalogue: Catalogue, kpi: Kpi) -> str:
    """The figure's unit: share (of accounts, or of what there was); of a mean that of its value, of an index points."""
    if kpi.value is None or kpi.kind in RETENTION:
        return SHARE
    return catalogue.feature(kpi.value).unit if kpi.value in catalogue.feature_names else "points"


def sentence(catalogue: Catalogue, kpi: Kpi, row: Mapping[str, Any], rule: str | None, no_limits: str | None) -> str:
    """What a row of segment_kpis says. rule: why it is a signal; no_limits: why it has no limits; None: neither."""
    told = f"{row['title']}, {row['segment_name']}, {row['period']}: "
    if row["value"] is None:
        return f"{told}nothing is known of the {row['unknown']:,} accounts that it is of"
    told += f"{_number(row, 'value')}{_between(row, 'low', 'high')}, {_of_what(catalogue, kpi, row)}"
    if row["unknown"]:
        told += f", {row['unknown']:,} more unknown"
    if no_limits is not None:
        return f"{told}. No limits: {no_limits}"
    found = "no signal" if rule is None else f"{row['turn']}, {rule}"
    return f"{told}. Limits {_range(row, 'lower_limit', 'upper_limit')}: {found}"


def _of_what(catalogue: Catalogue, kpi: Kpi, row: Mapping[str, Any]) -> str:
    accounts = f"of {row['accounts']:,} account{'s' if row['accounts'] != 1 else ''}"
    if kpi.value is None:
        return f"{row['numerator']:,.0f} {accounts}"
    if kpi.kind in RETENTION:
        unit = _after_a_number(catalogue.feature(kpi.value).unit)
        return f"{row['numerator']:,.0f} after {row['denominator']:,.0f}{unit} {accounts}"
    return accounts


def _between(row: Mapping[str, Any], low: str, high: str) -> str:
    return "" if row[low] is None else f" ({_range(row, low, high)})"


def _range(row: Mapping[str, Any], low: str, high: str) -> str:
    return f"{_number(row, low, bare=True)} to {_number(row, high)}"


def _number(row: Mapping[str, Any], name: str, *, bare: bool = False) -> str:
    if row["unit"] == SHARE:
        return f"{100 * row[name]:.2f}" + ("" if bare else " %")
    return f"{row[name]:,.2f}{'' if bare else _after_a_number(row['unit'])}"


def _after_a_number(unit: str) -> str:
    return "" if unit in ("", "count") else f" {unit}"

"""A small catalogue with one column of each kind, and rows that keep its contract."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from seg_assets.catalogs import Catalogue

WEEK = dt.date(2026, 6, 29)

CATALOGUE: dict[str, Any] = {
    "name": "small",
    "title": "Small",
    "objective": {"goal": "g", "outcome": "o", "owner": "team:x", "rationale": "r"},
    "sources": [
        {"name": "engagement", "owner": "team:x", "description": "d"},
        {"name": "usage", "owner": "team:x", "description": "d"},
        {"name": "extras", "owner": "team:x", "description": "d", "required": False},
    ],
    "groups": [
        {"name": "engagement", "title": "Engagement"},
        {
            "name": "usage",
            "title": "Usage",
            "applicable_when": {"column": "stage", "values": ["trial", "customer"]},
        },
        {"name": "extras", "title": "Extras"},
    ],
    "features": [
        {
            "name": "open_rate",
            "group": "engagement",
            "source": "engagement",
            "kind": "numeric",
            "description": "d",
            "expectations": {"minimum": 0, "maximum": 1},
        },
        {
            "name": "visits",
            "group": "engagement",
            "source": "engagement",
            "kind": "numeric",
            "description": "d",
            "expectations": {"minimum": 0},
        },
        {
            "name": "stage",
            "group": "engagement",
            "source": "engagement",
            "kind": "ordinal",
            "description": "d",
            "levels": ["lead", "trial", "customer"],
            "unordered_levels": ["lost"],
        },
        {"name": "country", "group": "engagement", "source": "engagement", "kind": "categorical", "description": "d"},
        {"name": "is_trial", "group": "engagement", "source": "engagement", "kind": "boolean", "description": "d"},
        {"name": "runs", "group": "usage", "source": "usage", "kind": "numeric", "description": "d"},
        {"name": "admin", "group": "usage", "source": "usage", "kind": "boolean", "description": "d"},
        {"name": "note", "group": "extras", "source": "extras", "kind": "categorical", "description": "d"},
    ],
    "rules": [
        {"name": "trial_flag", "must": "is_trial = (stage = 'trial')", "severity": "quarantine", "description": "t"},
        {"name": "no_idle_openers", "must": "open_rate = 0 OR visits > 0", "severity": "warn", "description": "v"},
    ],
}


@pytest.fixture(scope="session")
def week() -> dt.date:
    return WEEK


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return Catalogue.model_validate(CATALOGUE)


@pytest.fixture(scope="session")
def changed_catalogue() -> Callable[..., Catalogue]:
    """The small catalogue with top-level fields replaced."""
    return lambda **fields: Catalogue.model_validate(CATALOGUE | fields)


@pytest.fixture
def engagement() -> pl.DataFrame:
    """Eight sound rows of source engagement."""
    return pl.DataFrame(
        {
            "account_id": [f"00{i}" for i in range(1, 9)],
            "snapshot_date": [WEEK] * 8,
            "open_rate": [0.0, 0.25, 1.0, None, 0.5, 0.5, 0.1, 0.9],
            "visits": [0, 3, 1, 5, 2, 9, None, 4],
            "stage": ["lead", "trial", "customer", "lost", None, "lead", "lead", "customer"],
            "country": ["DE", "US", "US", None, "FR", "FR", "IN", "BR"],
            "is_trial": [False, True, False, False, None, False, False, False],
        }
    )

"""A catalogue as small as they come: one table, no indices, no value, no playbook, names nobody expects."""

from __future__ import annotations

from typing import Any

from seg_assets.catalogs import Catalogue


def small_catalogue(**changes: Any) -> Catalogue:
    """Six features in two groups; `changes` replace fields."""
    values: dict[str, Any] = {
        "name": "shop",
        "title": "Shop customers",
        "objective": {"goal": "more", "outcome": "an order", "owner": "team:shop", "rationale": "because"},
        "sources": [{"name": "everything", "owner": "team:shop", "description": "one table"}],
        "groups": [{"name": "behaviour", "title": "Behaviour"}, {"name": "person", "title": "Person"}],
        "features": [
            _feature("visits", "behaviour", "numeric", unit="count"),
            _feature("orders", "behaviour", "numeric", unit="count"),
            _feature("clicks", "behaviour", "numeric", unit="count"),
            _feature("age", "person", "numeric", unit="years"),
            _feature("city", "person", "categorical", levels=["north", "south", "east"]),
            _feature("member", "person", "boolean"),
        ],
        "name_features": ["city"],
        "limits": {"segments": 4},
    }
    return Catalogue.model_validate(values | changes)


def _feature(name: str, group: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "group": group, "source": "everything", "kind": kind, "description": name, **more}

"""Fitted values as JSON that reads back equal, byte for byte the same on every machine.

Belongs here: rounding fitted numbers, canonical JSON, and frozen dataclasses to and from it.
Does not: files and registries (resources/).
"""

from __future__ import annotations

import json
from typing import Any, TypeVar

import numpy as np
from pydantic import TypeAdapter

Value = TypeVar("Value")

# Another processor changes the last bits of sums and logarithms; nine digits are the same everywhere.
SIGNIFICANT_DIGITS = 9


def stable(value: float) -> float:
    """`value` rounded to nine significant digits; zero for the negative zero. Raises ValueError unless finite."""
    if not np.isfinite(value):
        raise ValueError(f"a fitted number is {value}; look for an overflow in the features it comes from")
    return float(f"{value:.{SIGNIFICANT_DIGITS}g}") + 0.0


def stable_all(values: Any) -> tuple[float, ...]:
    """Each of a one-dimensional array-like of numbers, rounded as `stable` does."""
    return tuple(stable(float(value)) for value in values)


def to_values(value: object) -> Any:
    """A frozen dataclass as dicts, lists and scalars that JSON can hold."""
    return TypeAdapter(type(value)).dump_python(value, mode="json")


def from_values(kind: type[Value], values: Any) -> Value:
    """The `kind` that `to_values` took apart. Raises pydantic.ValidationError (a ValueError) for another shape."""
    return TypeAdapter(kind).validate_python(values)


def canonical_json(values: object) -> str:
    """JSON with sorted keys, so that equal values are equal texts. Raises ValueError for NaN and infinities."""
    return json.dumps(values, sort_keys=True, ensure_ascii=False, allow_nan=False, indent=1)

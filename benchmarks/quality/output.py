"""Where the shared data lie, and how figures are said and stored.

Belongs here: what both programs of this package do alike. Does not: any figure.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from benchmarks.measuring import CHECKOUT


def shared_folder() -> Path:
    """SEG_SHARED, or `shared` beside the checkout."""
    return Path(os.environ.get("SEG_SHARED") or CHECKOUT.parent / "shared")


def rounded(value: Any) -> Any:
    """`value` with every float at four decimals, so that a diff of two results can be read."""
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(item) for item in value]
    return round(value, 4) if isinstance(value, float) else value


def say(text: str) -> None:
    """Progress, beside what the program prints."""
    print(text, file=sys.stderr, flush=True)

"""Where the reference data that is not part of the project lies, and skipping where it is absent."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[1]


def shared_file(name: str) -> Path:
    """A file of the shared folder (SEG_SHARED, or `shared` beside the checkout); skips the test where it is absent."""
    folder = Path(os.environ.get("SEG_SHARED") or CHECKOUT.parent / "shared")
    file = folder / name
    if not file.exists():
        pytest.skip(f"reference file {name} is absent: put it into {folder}, or set SEG_SHARED")
    return file

"""The signature of the registered model, from the columns that assigning reads.

Belongs here: Polars types as MLflow types. Does not: logging (resources/tracking.py).
"""

from __future__ import annotations

from typing import Any

import polars as pl

OUTPUTS = {
    "account_id": "string",
    "segment_id": "string",
    "segment_name": "string",
    "confidence": "double",
    "second_segment_id": "string",
    "unusual": "boolean",
    "action": "string",
}


def model_signature(accounts: pl.DataFrame) -> Any:
    """Inputs are the columns of `accounts`, all but the keys optional (null is missing); outputs are OUTPUTS."""
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, Schema

    inputs = [
        ColSpec(_mlflow_type(dtype), name, required=name in ("account_id", "snapshot_date"))
        for name, dtype in accounts.schema.items()
    ]
    return ModelSignature(
        inputs=Schema(inputs), outputs=Schema([ColSpec(kind, name, required=False) for name, kind in OUTPUTS.items()])
    )


def _mlflow_type(dtype: pl.DataType) -> str:
    if dtype == pl.Date:
        return "datetime"
    if dtype == pl.Boolean:
        return "boolean"
    return "double" if dtype.is_numeric() else "string"

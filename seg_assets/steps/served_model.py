"""The registered MLflow model, as code: accounts in, segments out.

Belongs here: loading a segmentation from the model's artifact and assigning with it.
Does not: anything that scoring in the graph needs; that reads the same segmentation from the lakehouse.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
import polars as pl

from seg_assets.segmentation import Segmentation

SERVED = ("account_id", "segment_id", "segment_name", "confidence", "second_segment_id", "unusual", "action")


class ServedSegmentation(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """Assigns accounts to the segments of one definition version."""

    def load_context(self, context: Any) -> None:
        """Read the segmentation from the artifact `segmentation`."""
        text = Path(context.artifacts["segmentation"]).read_text(encoding="utf-8")
        self._segmentation = Segmentation.from_json(text)

    def predict(self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """One row an account, in the order given; model_input has the columns of the signature."""
        frame = pl.from_pandas(model_input).with_columns(pl.col("snapshot_date").cast(pl.Date))
        scores: pl.DataFrame = self._segmentation.assign(frame.lazy()).select(*SERVED).collect()
        return scores.to_pandas()


mlflow.models.set_model(ServedSegmentation())

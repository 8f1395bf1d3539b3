"""MLflow: one run a refresh, one registered model, one alias.

Belongs here: where the store lies, logging a segmentation, moving the champion alias.
Does not: what a segmentation is (seg_assets/segmentation), which one is champion (promotions).
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MODEL_NAME = "account_segments"
EXPERIMENT = "account_segmentation"
CHAMPION = "champion"
CHALLENGER = "challenger"
SERVED_BY = Path(__file__).resolve().parents[1] / "seg_assets" / "steps" / "served_model.py"


@dataclass(frozen=True)
class Tracking:
    """The MLflow store in `folder`: SQLite and local artifacts."""

    folder: str

    @property
    def uri(self) -> str:
        """What `mlflow.set_tracking_uri` takes."""
        return f"sqlite:///{Path(self.folder).absolute() / 'mlflow.db'}"

    def log_refresh(
        self,
        *,
        definition_version: str,
        segmentation_json: str,
        definitions_text: str,
        parameters: Mapping[str, Any],
        metrics: Mapping[str, float],
        signature: Any,
        tags: Mapping[str, str],
    ) -> str:
        """Log one refresh as a run and register its model as challenger; the model version's URI."""
        mlflow, client = self._client()
        with mlflow.start_run(run_name=definition_version, tags=dict(tags)), tempfile.TemporaryDirectory() as folder:
            mlflow.log_params(dict(parameters))
            mlflow.log_metrics(dict(metrics))
            mlflow.log_text(definitions_text, "definitions.md")
            file = Path(folder) / "segmentation.json"
            file.write_text(segmentation_json, encoding="utf-8")
            logged = mlflow.pyfunc.log_model(
                name="segmentation",
                python_model=str(SERVED_BY),
                artifacts={"segmentation": str(file)},
                signature=signature,
                pip_requirements=["polars", "pandas", "pydantic"],
                registered_model_name=MODEL_NAME,
                tags={"definition_version": definition_version},
            )
        version = str(logged.registered_model_version)
        client.set_model_version_tag(MODEL_NAME, version, "definition_version", definition_version)
        client.set_registered_model_alias(MODEL_NAME, CHALLENGER, version)
        return f"models:/{MODEL_NAME}/{version}"

    def set_champion(self, model_uri: str) -> None:
        """Point the alias `champion` at the model version of `model_uri`."""
        _, client = self._client()
        client.set_registered_model_alias(MODEL_NAME, CHAMPION, model_uri.rpartition("/")[2])

    def _client(self) -> tuple[Any, Any]:
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        os.environ.setdefault("DO_NOT_TRACK", "true")
        import mlflow

        folder = Path(self.folder).absolute()
        (folder / "artifacts").mkdir(parents=True, exist_ok=True)
        mlflow.set_tracking_uri(self.uri)
        mlflow.set_registry_uri(self.uri)
        if mlflow.get_experiment_by_name(EXPERIMENT) is None:
            mlflow.create_experiment(EXPERIMENT, artifact_location=(folder / "artifacts").as_uri())
        mlflow.set_experiment(EXPERIMENT)
        return mlflow, mlflow.MlflowClient()

"""MLflow: one run a refresh, one registered model, one alias.

Belongs here: where the store lies, logging a segmentation, moving the champion alias.
Does not: what a segmentation is (seg_assets/segmentation), which one is champion (promotions).
"""

from __future__ import annotations

import logging
import os
import tempfile
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

MODEL_NAME = "account_segments"
EXPERIMENT = "account_segmentation"
CHAMPION = "champion"
CHALLENGER = "challenger"
QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}
PACKAGE = Path(__file__).resolve().parents[1] / "seg_assets"
SERVED_BY = PACKAGE / "steps" / "served_model.py"
SERVED_WITH = (
    "mlflow",
    "numpy",
    "pandas",
    "polars",
    "pyarrow",
    "pydantic",
    "pyyaml",
    "scikit-learn",
    "scipy",
    "sqlglot",
    "threadpoolctl",
)
"""What importing and running the served model needs."""


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
        texts: Mapping[str, str],
        parameters: Mapping[str, Any],
        metrics: Mapping[str, float],
        signature: Any,
        tags: Mapping[str, str],
    ) -> str:
        """Log one refresh as a run and register its model as challenger; the model version's URI.

        texts: what people read of it, by file name.
        """
        mlflow, client = self._client()
        started = mlflow.start_run(run_name=definition_version, tags=dict(tags))
        with started as run, tempfile.TemporaryDirectory() as folder:
            mlflow.log_params(dict(parameters))
            mlflow.log_metrics(dict(metrics))
            for name, text in texts.items():
                mlflow.log_text(text, name)
            file = Path(folder) / "segmentation.json"
            file.write_text(segmentation_json, encoding="utf-8")
            logged = mlflow.pyfunc.log_model(
                name="segmentation",
                python_model=str(SERVED_BY),
                artifacts={"segmentation": str(file)},
                signature=signature,
                # The package travels with the model: it loads where the project is not installed, and with the code
                # that it was fitted by.
                code_paths=[str(PACKAGE)],
                pip_requirements=[f"{name}=={version(name)}" for name in SERVED_WITH],
            )
            if not client.search_registered_models(f"name = '{MODEL_NAME}'"):
                client.create_registered_model(MODEL_NAME)
            registered = client.create_model_version(
                MODEL_NAME,
                logged.model_uri,
                run_id=run.info.run_id,
                tags={"definition_version": definition_version},
                model_id=logged.model_id,
            )
        client.set_registered_model_alias(MODEL_NAME, CHALLENGER, registered.version)
        return f"models:/{MODEL_NAME}/{registered.version}"

    def set_champion(self, model_uri: str) -> None:
        """Point the alias `champion` at the model version of `model_uri`."""
        _, client = self._client()
        client.set_registered_model_alias(MODEL_NAME, CHAMPION, model_uri.rpartition("/")[2])

    def _client(self) -> tuple[Any, Any]:
        os.environ.update(QUIET)
        import mlflow

        logging.getLogger("mlflow").setLevel(logging.WARNING)
        logging.getLogger("alembic").setLevel(logging.WARNING)
        # A signature is given; an example would put real accounts into the registry.
        warnings.filterwarnings("ignore", message=".*input example was not provided", category=UserWarning)
        folder = Path(self.folder).absolute()
        (folder / "artifacts").mkdir(parents=True, exist_ok=True)
        mlflow.set_tracking_uri(self.uri)
        mlflow.set_registry_uri(self.uri)
        if mlflow.get_experiment_by_name(EXPERIMENT) is None:
            mlflow.create_experiment(EXPERIMENT, artifact_location=(folder / "artifacts").as_uri())
        mlflow.set_experiment(EXPERIMENT)
        return mlflow, mlflow.MlflowClient()

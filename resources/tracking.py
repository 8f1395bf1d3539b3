"""MLflow: one run a refresh, one registered model, one alias.

Belongs here: which store, on this machine or of a workspace, logging a segmentation, moving the champion alias.
Does not: what a segmentation is (seg_assets/segmentation), which one is champion (promotions).
"""

from __future__ import annotations

import functools
import logging
import os
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar
from urllib.parse import urlsplit
from urllib.request import url2pathname

from resources.carried_code import carry
from resources.settings import Settings

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


class TrackingError(RuntimeError):
    """A store that does not answer; the message names it, the cause and the remedy."""


Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")


def _told(method: Callable[Concatenate[Tracking, Asked], Answer]) -> Callable[Concatenate[Tracking, Asked], Answer]:
    """`method` of Tracking, with what MLflow and its database raise as TrackingError."""

    @functools.wraps(method)
    def asked(self: Tracking, /, *values: Asked.args, **named: Asked.kwargs) -> Answer:
        # Before MLflow is imported for the first time.
        os.environ.update(QUIET)
        from mlflow.exceptions import MlflowException
        from sqlalchemy.exc import SQLAlchemyError

        try:
            return method(self, *values, **named)
        except (MlflowException, SQLAlchemyError, OSError) as error:
            cause, *_ = str(error).split("\n")
            raise TrackingError(
                f"the MLflow store {self.uri} does not answer ({cause}). If another program holds "
                "it locked, end that; if the disk is full, free some of it. Scoring goes on without it; then run the "
                "refresh again"
            ) from error

    return asked


@dataclass(frozen=True)
class Tracking:
    """One MLflow store. uri, registry: what `mlflow.set_tracking_uri` and `set_registry_uri` take; artifacts: the URI
    below which a new experiment puts its files.
    """

    uri: str
    registry: str
    experiment: str
    model: str
    artifacts: str

    @classmethod
    def below(cls, folder: Path) -> Tracking:
        """The store in `folder`: SQLite and local artifacts."""
        uri = f"sqlite:///{folder.absolute() / 'mlflow.db'}"
        return cls(uri, uri, EXPERIMENT, MODEL_NAME, (folder.absolute() / "artifacts").as_uri())

    @classmethod
    def of_workspace(cls, schema: str, experiment: str, volume: str) -> Tracking:
        """A Databricks workspace's: the model in Unity Catalog's `schema` (catalog.schema), artifacts on `volume`."""
        return cls("databricks", "databricks-uc", experiment, f"{schema}.{MODEL_NAME}", f"dbfs:{volume}/mlflow")

    @_told
    def open(self) -> None:
        """Open the store, and make it where there is none. Raises TrackingError, before there is work to be lost."""
        self._client()

    @_told
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

        texts: what people read of it, by file name. Raises TrackingError where the store does not take it.
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
                # Its code travels with the model: it loads where the project is not installed, and by the code that it
                # was fitted by. What it does not import stays: in a workspace every file is three calls.
                code_paths=[str(carry(SERVED_BY, PACKAGE, Path(folder) / "code"))],
                pip_requirements=[f"{name}=={version(name)}" for name in SERVED_WITH],
            )
            with _there_already():
                client.create_registered_model(self.model)
            registered = client.create_model_version(
                self.model,
                logged.model_uri,
                run_id=run.info.run_id,
                tags={"definition_version": definition_version},
                model_id=logged.model_id,
            )
        client.set_registered_model_alias(self.model, CHALLENGER, registered.version)
        return f"models:/{self.model}/{registered.version}"

    @_told
    def set_champion(self, model_uri: str) -> None:
        """Point the alias `champion` at the model version of `model_uri`. Raises TrackingError where it cannot."""
        _, client = self._client()
        client.set_registered_model_alias(self.model, CHAMPION, model_uri.rpartition("/")[2])

    def _client(self) -> tuple[Any, Any]:
        import mlflow

        logging.getLogger("mlflow").setLevel(logging.WARNING)
        logging.getLogger("alembic").setLevel(logging.WARNING)
        # A signature is given; an example would put real accounts into the registry.
        warnings.filterwarnings("ignore", message=".*input example was not provided", category=UserWarning)
        if self.artifacts.startswith("file:"):
            Path(url2pathname(urlsplit(self.artifacts).path)).mkdir(parents=True, exist_ok=True)
        mlflow.set_tracking_uri(self.uri)
        mlflow.set_registry_uri(self.registry)
        if mlflow.get_experiment_by_name(self.experiment) is None:
            mlflow.create_experiment(self.experiment, artifact_location=self.artifacts)
        mlflow.set_experiment(self.experiment)
        return mlflow, mlflow.MlflowClient()


def tracking_of(settings: Settings) -> Tracking:
    """What `settings` say. Raises SettingsError, with file and line, for a compute file that cannot be used."""
    if settings.compute is None:
        return Tracking.below(settings.mlflow_home)
    from resources.databricks.configuration import load_compute

    compute = load_compute(settings.compute)
    return Tracking.of_workspace(compute.models, compute.experiment, compute.volume)


@contextmanager
def _there_already() -> Iterator[None]:
    """Nothing is wrong where what should be created is there."""
    from mlflow.exceptions import MlflowException

    try:
        yield
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise

"""What tasks run on, read from the file that SEG_COMPUTE names.

Belongs here: its fields, their meaning and limits. Does not: credentials, which come from the environment or a
profile only (connection.py); the request that a task becomes (task.py).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from resources.compute import StepName
from resources.settings import SettingsError
from seg_assets.catalogs.load import CatalogueError, parse_file

Cloud = Literal["aws", "azure", "gcp"]
VOLUME = r"^/Volumes/[^/]+/[^/]+/[^/]+$"
WHEEL = r"^/Volumes/[^/]+/[^/]+/[^/]+/.+\.whl$"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class JobCluster(_Part):
    """A cluster for one task, made for it and gone after it."""

    kind: Literal["job_cluster"]
    spark_version: str
    """A Databricks runtime, 16.4.x-scala2.12 for example; 15.4 or newer for the Python that the wheel needs."""
    node_type: str | None = None
    """Of driver and workers, such as i3.xlarge; may be left out where the policy sets it."""
    workers: Annotated[int, Field(ge=0)] = 0
    """0: one machine, which is what Polars uses. More help only a step that runs on Spark."""
    spot: Cloud | None = None
    """The cloud whose spot machines are tried first; None: machines on demand."""
    evictions: Annotated[int, Field(ge=0, le=5)] = 1
    """How often a task that lost its spot machines starts again; the last time on machines on demand."""
    policy: str | None = None
    """The id of a cluster policy."""
    tags: dict[str, str] = {}
    """Custom tags of the cluster, which arrive on the cloud's bill."""

    @model_validator(mode="after")
    def _has_machines(self) -> JobCluster:
        if self.node_type is None and self.policy is None:
            raise ValueError("give node_type, or a policy that sets it")
        return self


class ExistingCluster(_Part):
    """A cluster that is there, and is started where it rests."""

    kind: Literal["existing_cluster"]
    cluster: str
    """Its id."""


class Serverless(_Part):
    """Machines of Databricks, with an environment of their own for each run."""

    kind: Literal["serverless"]
    environment_version: str = "4"
    """Says which Python and packages the environment starts from; 2 or newer for the Python that the wheel needs."""
    budget_policy: str | None = None
    """The id of a budget policy, which brings the tags of the bill."""


class Permission(_Part):
    """Who may see or control the runs; exactly one of group, user, service_principal."""

    group: str | None = None
    user: str | None = None
    service_principal: str | None = None
    level: Literal["CAN_VIEW", "CAN_MANAGE_RUN", "CAN_MANAGE"]

    @model_validator(mode="after")
    def _is_of_one(self) -> Permission:
        if sum(one is not None for one in (self.group, self.user, self.service_principal)) != 1:
            raise ValueError("give exactly one of group, user, service_principal")
        return self


Machines = Annotated[JobCluster | ExistingCluster | Serverless, Field(discriminator="kind")]


class Compute(_Part):
    """The whole file."""

    volume: Annotated[str, Field(pattern=VOLUME)]
    """/Volumes/<catalog>/<schema>/<volume>: contexts, messages, wheels and artifacts of MLflow go below it."""
    models: Annotated[str, Field(pattern=r"^[^.]+\.[^.]+$")]
    """<catalog>.<schema> that the registered model belongs to."""
    experiment: Annotated[str, Field(pattern=r"^/")] = "/Shared/account_segmentation"
    """The MLflow experiment: a path of the workspace."""
    machines: Machines
    """What steps run on."""
    steps: dict[StepName, Machines] = {}
    """What single steps run on instead."""
    timeout_minutes: Annotated[int, Field(ge=1)] = 120
    """After this long the workspace ends a task."""
    poll_seconds: Annotated[float, Field(gt=0)] = 5.0
    """How often a task is asked after."""
    patience_minutes: Annotated[int, Field(ge=1)] = 15
    """How long a workspace that does not answer is asked again, before the step fails."""
    permissions: tuple[Permission, ...] = ()
    """Who may see or control the runs, beside who starts them."""
    wheel: Annotated[str, Field(pattern=WHEEL)] | None = None
    """A wheel of this project that lies on a volume already; None: one is made and put there, once per version."""

    def machines_of(self, step: StepName) -> JobCluster | ExistingCluster | Serverless:
        """What `step` runs on."""
        return self.steps.get(step, self.machines)


def load_compute(path: Path) -> Compute:
    """Read the file at `path`. Raises SettingsError, each line `file:line: what is wrong`."""
    try:
        return parse_file(path, Compute, "set SEG_COMPUTE to a file that says what tasks run on (docs/deployment.md)")
    except CatalogueError as error:
        raise SettingsError(str(error)) from error

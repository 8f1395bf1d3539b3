"""A step as the request that starts it: one task of a one-time run.

Belongs here: what SEG_COMPUTE says, in the SDK's words. Does not: sending it (run.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from databricks.sdk.service.compute import (
    AwsAttributes,
    AwsAvailability,
    AzureAttributes,
    AzureAvailability,
    ClusterSpec,
    DataSecurityMode,
    Environment,
    GcpAttributes,
    GcpAvailability,
    Library,
)
from databricks.sdk.service.jobs import (
    JobAccessControlRequest,
    JobEnvironment,
    JobPermissionLevel,
    PythonWheelTask,
    SubmitTask,
)

from resources.compute import StepName
from resources.databricks.configuration import Cloud, Compute, ExistingCluster, JobCluster, Permission
from resources.databricks.wheel import ENTRY_POINT, PACKAGE

ENVIRONMENT = "step"
SINGLE_NODE = {"spark.databricks.cluster.profile": "singleNode", "spark.master": "local[*]"}


@dataclass(frozen=True)
class StepTask:
    """One try of a step. name: of the run; token: the same for the same try; wheel: its place on the volume;
    arguments: by which the program finds its context; on_demand: no spot machines, whatever the file says.
    """

    step: StepName
    name: str
    token: str
    wheel: str
    arguments: Sequence[str]
    on_demand: bool

    def request(self, compute: Compute) -> dict[str, Any]:
        """The arguments of `jobs.submit`."""
        machines = compute.machines_of(self.step)
        program = PythonWheelTask(PACKAGE, ENTRY_POINT, parameters=[self.step, *self.arguments])
        common: dict[str, Any] = {
            "run_name": self.name,
            "idempotency_token": self.token,
            "timeout_seconds": 60 * compute.timeout_minutes,
        }
        if compute.permissions:
            common["access_control_list"] = [_access(one) for one in compute.permissions]
        if isinstance(machines, JobCluster):
            cluster = _cluster(machines, on_demand=self.on_demand)
            wheels = [Library(whl=self.wheel)]
            task = SubmitTask(self.step, python_wheel_task=program, new_cluster=cluster, libraries=wheels)
            return {**common, "tasks": [task]}
        if isinstance(machines, ExistingCluster):
            there, wheels = machines.cluster, [Library(whl=self.wheel)]
            task = SubmitTask(self.step, python_wheel_task=program, existing_cluster_id=there, libraries=wheels)
            return {**common, "tasks": [task]}
        needs = Environment(environment_version=machines.environment_version, dependencies=[self.wheel])
        task = SubmitTask(self.step, python_wheel_task=program, environment_key=ENVIRONMENT)
        if machines.budget_policy is not None:
            common["budget_policy_id"] = machines.budget_policy
        return {**common, "tasks": [task], "environments": [JobEnvironment(ENVIRONMENT, needs)]}


def _cluster(machines: JobCluster, *, on_demand: bool) -> ClusterSpec:
    single = machines.workers == 0
    tags = {**machines.tags, **({"ResourceClass": "SingleNode"} if single else {})}
    return ClusterSpec(
        spark_version=machines.spark_version,
        node_type_id=machines.node_type,
        num_workers=machines.workers,
        spark_conf=SINGLE_NODE if single else None,
        custom_tags=tags or None,
        policy_id=machines.policy,
        # The one mode that lets a task of any Python package use volumes.
        data_security_mode=DataSecurityMode.SINGLE_USER,
        **_availability(None if on_demand else machines.spot, on_demand_first=0 if single else 1),
    )


def _availability(spot: Cloud | None, on_demand_first: int) -> Mapping[str, Any]:
    """Spot machines that fall back to ones on demand where there are none; a driver with workers is never spot."""
    if spot == "aws":
        aws = AwsAvailability.SPOT_WITH_FALLBACK
        return {"aws_attributes": AwsAttributes(availability=aws, first_on_demand=on_demand_first)}
    if spot == "azure":
        azure = AzureAvailability.SPOT_WITH_FALLBACK_AZURE
        return {"azure_attributes": AzureAttributes(availability=azure, first_on_demand=on_demand_first)}
    if spot == "gcp":
        gcp = GcpAvailability.PREEMPTIBLE_WITH_FALLBACK_GCP
        return {"gcp_attributes": GcpAttributes(availability=gcp)}
    return {}


def _access(permission: Permission) -> JobAccessControlRequest:
    return JobAccessControlRequest(
        group_name=permission.group,
        user_name=permission.user,
        service_principal_name=permission.service_principal,
        permission_level=JobPermissionLevel(permission.level),
    )

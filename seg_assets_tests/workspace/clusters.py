"""Clusters: those that were there before, and those that jobs brought.

Belongs here: /api/2.1/clusters, and what became of a cluster. Does not: what runs on it (jobs.py).
"""

from __future__ import annotations

import itertools
from typing import Any

from databricks.sdk.clock import Clock
from databricks.sdk.service.compute import (
    ClusterDetails,
    ClusterEvent,
    ClusterSource,
    ClusterSpec,
    EventDetails,
    EventType,
    State,
    TerminationReason,
)

from seg_assets_tests.workspace.calls import Call, Refused, answers

RUNNING_CLUSTER = "1122-000000-standing"
"""An all-purpose cluster that every workspace of the tests has."""


class Clusters:
    """All clusters, by id."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._numbers = itertools.count(1)
        self.known: dict[str, ClusterDetails] = {}
        self._events: dict[str, list[ClusterEvent]] = {}
        self._add(RUNNING_CLUSTER, ClusterSpec(spark_version="16.4.x-scala2.12", num_workers=1), ClusterSource.UI)
        self.known[RUNNING_CLUSTER].state = State.RUNNING

    def for_job(self, spec: ClusterSpec) -> str:
        """A new cluster by `spec`, still starting; its id. Raises Refused for a spec that no workspace takes."""
        sized = spec.num_workers is not None or spec.autoscale is not None
        if not spec.spark_version or not sized:
            raise Refused(
                400, "INVALID_PARAMETER_VALUE", "Missing required field: spark_version, or the cluster's size"
            )
        if not (spec.node_type_id or spec.instance_pool_id or spec.policy_id):
            raise Refused(400, "INVALID_PARAMETER_VALUE", "Exactly one of node_type_id, instance_pool_id is required")
        cluster_id = f"1122-{next(self._numbers):06}-jobs"
        self._add(cluster_id, spec, ClusterSource.JOB)
        return cluster_id

    def started(self, cluster_id: str) -> None:
        """It runs tasks from now on."""
        self.known[cluster_id].state = State.RUNNING
        self._event(cluster_id, EventType.RUNNING, EventDetails())

    def ended(self, cluster_id: str, reason: TerminationReason) -> None:
        """It is gone."""
        self.known[cluster_id].state = State.TERMINATED
        self.known[cluster_id].termination_reason = reason
        self._event(cluster_id, EventType.TERMINATING, EventDetails(reason=reason))

    @answers("GET", "/api/2.1/clusters/get")
    def get(self, call: Call) -> dict[str, Any]:
        return self.existing(call.query["cluster_id"]).as_dict()

    @answers("GET", "/api/2.1/clusters/list")
    def list(self, call: Call) -> dict[str, Any]:
        return {"clusters": [one.as_dict() for one in self.known.values()]}

    @answers("POST", "/api/2.1/clusters/events")
    def events(self, call: Call) -> dict[str, Any]:
        cluster_id = self.existing(call.json["cluster_id"]).cluster_id or ""
        return {"events": [one.as_dict() for one in reversed(self._events[cluster_id])]}

    def existing(self, cluster_id: str) -> ClusterDetails:
        """Raises Refused where there is none."""
        if cluster_id not in self.known:
            raise Refused(400, "INVALID_PARAMETER_VALUE", f"Cluster {cluster_id} does not exist")
        return self.known[cluster_id]

    def _add(self, cluster_id: str, spec: ClusterSpec, source: ClusterSource) -> None:
        told = ClusterDetails.from_dict({**spec.as_dict(), "cluster_id": cluster_id})
        told.state, told.cluster_source = State.PENDING, source
        self.known[cluster_id], self._events[cluster_id] = told, []
        self._event(cluster_id, EventType.CREATING, EventDetails())

    def _event(self, cluster_id: str, kind: EventType, details: EventDetails) -> None:
        now = int(self._clock.time() * 1000)
        self._events[cluster_id].append(ClusterEvent(cluster_id, details=details, timestamp=now, type=kind))

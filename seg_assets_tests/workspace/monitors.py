"""Quality monitors: one a table at most, each with the refreshes that compute its figures.

Belongs here: /api/2.1/unity-catalog/tables/{}/monitor. Does not: tables (catalog.py), computing any figure.
"""

from __future__ import annotations

import itertools
from typing import Any

from databricks.sdk.clock import Clock
from databricks.sdk.service.catalog import (
    MonitorInfo,
    MonitorInfoStatus,
    MonitorRefreshInfo,
    MonitorRefreshInfoState,
    MonitorRefreshInfoTrigger,
)

from seg_assets_tests.workspace.calls import Call, Refused, answers, missing
from seg_assets_tests.workspace.catalog import ROOT, Catalog

MONITOR = f"{ROOT}/tables/{{}}/monitor"
A_REFRESH = 60.0
"""Seconds that computing takes, by the workspace's clock."""


class Monitors:
    """What exists, by the table's full name. fail: what the next refresh says went wrong."""

    def __init__(self, clock: Clock, catalog: Catalog) -> None:
        self._clock = clock
        self._catalog = catalog
        self._ids = itertools.count(1)
        self.monitors: dict[str, MonitorInfo] = {}
        self.refreshes: dict[str, list[MonitorRefreshInfo]] = {}
        self.fail: str | None = None

    @answers("POST", MONITOR)
    def create(self, call: Call) -> dict[str, Any]:
        table = call.parts[0]
        if table not in self._catalog.tables:
            raise missing(f"Table '{table}'")
        if table in self.monitors:
            raise Refused(400, "RESOURCE_ALREADY_EXISTS", f"Data monitor on table '{table}' already exists")
        self._keep(table, call, version=1)
        # The first figures are computed without being asked for.
        self.refreshes[table] = [self._started()]
        return self._found(table).as_dict()

    @answers("PUT", MONITOR)
    def update(self, call: Call) -> dict[str, Any]:
        before = self._found(call.parts[0])
        self._keep(call.parts[0], call, version=int(before.monitor_version) + 1)
        return self._found(call.parts[0]).as_dict()

    @answers("GET", MONITOR)
    def get(self, call: Call) -> dict[str, Any]:
        return self._found(call.parts[0]).as_dict()

    @answers("POST", f"{MONITOR}/refreshes")
    def run_refresh(self, call: Call) -> dict[str, Any]:
        self._found(call.parts[0])
        self.refreshes[call.parts[0]].append(self._started())
        return self.refreshes[call.parts[0]][-1].as_dict()

    @answers("GET", f"{MONITOR}/refreshes")
    def list_refreshes(self, call: Call) -> dict[str, Any]:
        self._found(call.parts[0])
        return {"refreshes": [one.as_dict() for one in self.refreshes[call.parts[0]]]}

    def _keep(self, table: str, call: Call, version: int) -> None:
        """The monitor as the call wants it: what it leaves out is not there any more."""
        told = MonitorInfo.from_dict({**call.json, "table_name": table})
        if [told.time_series, told.snapshot, told.inference_log].count(None) != 2:
            raise Refused(
                400, "INVALID_PARAMETER_VALUE", "Exactly one of snapshot, time_series, inference_log is needed"
            )
        told.monitor_version = str(version)
        told.status = MonitorInfoStatus.MONITOR_STATUS_PENDING
        told.profile_metrics_table_name = f"{told.output_schema_name}.{table.rpartition('.')[2]}_profile_metrics"
        told.drift_metrics_table_name = f"{told.output_schema_name}.{table.rpartition('.')[2]}_drift_metrics"
        self.monitors[table] = told

    def _found(self, table: str) -> MonitorInfo:
        if table not in self.monitors:
            raise missing(f"Monitor of table '{table}'")
        monitor = self.monitors[table]
        now = int(self._clock.time() * 1000)
        for one in self.refreshes.get(table, []):
            if one.state is MonitorRefreshInfoState.PENDING and now >= one.start_time_ms + A_REFRESH * 1000:
                one.end_time_ms = now
                one.state = MonitorRefreshInfoState.FAILED if self.fail else MonitorRefreshInfoState.SUCCESS
                one.message = monitor.latest_monitor_failure_msg = self.fail
        if all(one.state is not MonitorRefreshInfoState.PENDING for one in self.refreshes.get(table, [])):
            monitor.status = MonitorInfoStatus.MONITOR_STATUS_ACTIVE
        return monitor

    def _started(self) -> MonitorRefreshInfo:
        return MonitorRefreshInfo(
            refresh_id=next(self._ids),
            state=MonitorRefreshInfoState.PENDING,
            start_time_ms=int(self._clock.time() * 1000),
            trigger=MonitorRefreshInfoTrigger.MANUAL,
        )

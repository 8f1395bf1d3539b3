"""A quality monitor of Unity Catalog: profile and drift of a table's weeks by slices, computed by Databricks.

Belongs here: making a monitor what it should be, and computing it again. Does not: which table and slices
(seg_assets/quality_monitor_command.py), our own figures of drift (seg_assets/steps/monitor.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import NotFound
from databricks.sdk.service.catalog import (
    MonitorInfo,
    MonitorInfoStatus,
    MonitorRefreshInfoState,
    MonitorTimeSeries,
)

WEEKLY = "1 week"
UNDER_WAY = (MonitorRefreshInfoState.PENDING, MonitorRefreshInfoState.RUNNING)


@dataclass(frozen=True)
class QualityMonitor:
    """What a monitor should be.

    table: <catalog>.<schema>.<table>; day: its column of weeks; slices: columns by whose values it looks at rows,
    beside all of them; folder: of the workspace, for the dashboard that Databricks makes.
    """

    table: str
    day: str
    slices: tuple[str, ...]
    folder: str

    @property
    def time_series(self) -> MonitorTimeSeries:
        """How rows fall into windows."""
        return MonitorTimeSeries(timestamp_col=self.day, granularities=[WEEKLY])

    @property
    def schema(self) -> str:
        """<catalog>.<schema> of the table, where its figures go too."""
        return self.table.rpartition(".")[0]


Change = Literal["made", "changed", "as it was"]


def set_monitor(client: WorkspaceClient, monitor: QualityMonitor) -> tuple[Change, MonitorInfo]:
    """Make the monitor, or change the one that is there; may be repeated. Raises what the SDK raises."""
    slices, weeks = list(monitor.slices), monitor.time_series
    try:
        there = client.quality_monitors.get(monitor.table)
    except NotFound:
        made = client.quality_monitors.create(
            monitor.table, monitor.folder, monitor.schema, slicing_exprs=slices, time_series=weeks
        )
        return "made", made
    if there.slicing_exprs == slices and there.time_series == weeks:
        return "as it was", there
    changed = client.quality_monitors.update(
        monitor.table,
        monitor.schema,
        slicing_exprs=slices,
        time_series=weeks,
        # What is left out of an update is taken away.
        schedule=there.schedule,
        notifications=there.notifications,
        custom_metrics=there.custom_metrics,
        baseline_table_name=there.baseline_table_name,
        data_classification_config=there.data_classification_config,
        dashboard_id=there.dashboard_id,
    )
    return "changed", changed


Figures = Literal["current", "being computed", "started"]
"""What the figures are: of what the table holds, on their way, or asked for now."""


def refresh(client: WorkspaceClient, monitor: MonitorInfo, changed_ms: int) -> Figures:
    """Have figures computed again where the table changed since they were.

    changed_ms: when it did, in milliseconds since 1970. One that is under way is waited for by the next call: a monitor
    that was just made computes by itself.
    """
    done = client.quality_monitors.list_refreshes(monitor.table_name).refreshes or []
    if monitor.status is MonitorInfoStatus.MONITOR_STATUS_PENDING or any(one.state in UNDER_WAY for one in done):
        return "being computed"
    if any(one.state is MonitorRefreshInfoState.SUCCESS and one.start_time_ms >= changed_ms for one in done):
        return "current"
    client.quality_monitors.run_refresh(monitor.table_name)
    return "started"

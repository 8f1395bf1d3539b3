"""The source product_usage: what trials, customers and former customers do in their workspaces.

Belongs here: its 16 columns on a day, of which the counts follow one another closely.
Does not: missing rows (missing.py), who is a customer (standing.py).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from seg_assets.sample_data.counts import Count, expected, whole
from seg_assets.sample_data.moods import usage_level
from seg_assets.sample_data.randomness import Days, Dice, Floats, exponential
from seg_assets.sample_data.standing import CHURNED, TRIAL, Standing
from seg_assets.sample_data.traits import Traits

_MONTH = 42
_LAPSE_DAYS = 150
_SLOPE = 0.95

COUNTS: tuple[Count, ...] = (
    Count("workspace_creations_30d", -0.9, {"usage": 0.5, "size": 0.15}, 0.3, 0.4, _MONTH),
    Count("notebook_runs_30d", 4.2, {"usage": 1.0, "automation": -0.35}, 0.5, 0.3, _MONTH),
    Count("sql_queries_30d", 6.0, {"usage": 1.15, "size": 0.2, "automation": -0.1}, 0.6, 0.25, _MONTH),
    Count("active_users_30d", 1.5, {"usage": 0.75, "size": 0.45}, 0.3, 0.12, _MONTH),
    Count("job_runs_30d", 4.4, {"usage": 1.05, "automation": 0.5}, 0.5, 0.25, _MONTH),
    Count("cluster_hours_30d", 4.6, {"usage": 1.05, "automation": 0.15}, 0.35, 0.2, _MONTH),
    Count("dbu_consumed_30d", 6.2, {"usage": 1.15, "automation": 0.15}, 0.3, 0.15, _MONTH),
    Count("ml_experiment_runs_30d", 1.4, {"usage": 1.0, "automation": 0.6, "maturity": 0.4}, 0.8, 0.5, _MONTH),
    Count("model_serving_requests_30d", 3.0, {"usage": 1.4, "automation": 1.0, "maturity": 0.4}, 1.2, 0.4, _MONTH),
    Count("dashboard_views_30d", 3.4, {"usage": 1.0, "automation": -0.5, "size": 0.2}, 0.6, 0.3, _MONTH),
    Count("tables_created_30d", 2.2, {"usage": 0.9, "automation": 0.1}, 0.5, 0.4, _MONTH),
    Count("data_ingested_gb_30d", 4.0, {"usage": 1.2, "size": 0.3, "automation": 0.3}, 0.8, 0.25, _MONTH),
    Count("api_calls_30d", 6.6, {"usage": 1.25, "automation": 0.7}, 0.6, 0.25, _MONTH),
)
_FRACTIONAL = {"cluster_hours_30d": 10.0, "dbu_consumed_30d": 10.0, "data_ingested_gb_30d": 100.0}
_ADOPTED = Count("features_adopted_count", 1.75, {"usage": 0.3, "maturity": 0.2}, 0.15, 0.06, 120)
FEATURES_THERE_ARE = 40


def usage_columns(dice: Dice, traits: Traits, standing: Standing) -> dict[str, NDArray[np.generic]]:
    """The columns of product_usage, in catalogue order; the accounts of `standing` have a workspace."""
    rows, day = standing.rows, standing.day
    level = workload(dice, traits, standing, day)
    drivers: dict[str, Floats] = {
        "usage": level,
        "automation": traits.automation[rows],
        "maturity": traits.maturity[rows],
        "size": traits.size[rows],
    }
    idle = _days_since_login(dice, traits, standing)
    columns: dict[str, NDArray[np.generic]] = {}
    for count in COUNTS:
        mean = expected(dice, count, drivers, day, rows) * (idle < 30)
        if (parts := _FRACTIONAL.get(count.name)) is not None:
            columns[count.name] = np.rint(mean.astype(np.float64) * parts) / parts
        else:
            columns[count.name] = whole(dice, count.name, mean, rows)
    users = columns["active_users_30d"]
    columns["active_users_30d"] = np.where(idle < 30, np.maximum(users.astype(np.int64), 1), 0)
    adopted = whole(dice, _ADOPTED.name, expected(dice, _ADOPTED, drivers, day, rows), rows)
    columns[_ADOPTED.name] = np.clip(adopted, 1, FEATURES_THERE_ARE) * (idle < 90)
    columns["usage_trend_90d"] = _trend(dice, traits, standing, level) * (idle < 30)
    columns["days_since_last_login"] = idle.astype(np.int64)
    return columns


def workload(dice: Dice, traits: Traits, standing: Standing, day: int) -> Floats:
    """The level that the counts follow: trials are light at first, customers grow in, and lapse before they leave."""
    level = _SLOPE * usage_level(dice, traits, day, standing.rows)
    level -= np.where(standing.stage == TRIAL, np.float32(0.9), np.float32(0))
    begun = np.minimum(standing.since, standing.trial_start)
    months = np.clip((day - begun) / np.float32(30), 0, 8)
    level -= 0.9 * exponential(-0.45 * months)
    lapse = np.clip((day - standing.churn + _LAPSE_DAYS) / np.float32(_LAPSE_DAYS), 0, 4)
    return (level - 1.3 * lapse.astype(np.float32)).astype(np.float32)


def _trend(dice: Dice, traits: Traits, standing: Standing, now: Floats) -> NDArray[np.float64]:
    """DBU of the last 30 days over the mean month of the last 90, from the levels of three months."""
    months = [exponential(workload(dice, traits, standing, standing.day - back) - now) for back in (30, 60)]
    drift = 0.12 * dice.wander("usage_trend.noise", standing.day, standing.rows, _MONTH)
    trend: NDArray[np.float64] = (3 * exponential(drift) / (1 + months[0] + months[1])).astype(np.float64)
    return trend.round(3)


def _days_since_login(dice: Dice, traits: Traits, standing: Standing) -> Days:
    rows, day = standing.rows, standing.day
    left = (standing.stage == CHURNED) & (standing.churn <= day)
    until = np.where(left, standing.churn, day).astype(np.int32)
    spacing = np.clip(np.float32(3.2) * exponential(-0.9 * traits.usage[rows]), 0.5, 60).astype(np.float32)
    since = (day - until) + dice.days_since("login", until, rows, spacing)
    begun = np.minimum(standing.since, standing.trial_start)
    bounded: Days = np.minimum(since, day - begun).astype(np.int32)
    return bounded

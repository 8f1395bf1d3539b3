"""MLflow tracking of a workspace: experiments, runs and logged models, kept in memory.

Belongs here: /api/2.0/mlflow but for the registry. Does not: artifacts, which lie on volumes (files.py).
"""

from __future__ import annotations

import time
import uuid
from typing import Any

from seg_assets_tests.workspace.calls import Call, Refused, answers, missing

ROOT = "/api/2.0/mlflow"


class Experiments:
    """Experiments, runs and logged models by id, as MLflow's messages write them."""

    def __init__(self) -> None:
        self.experiments: dict[str, dict[str, Any]] = {}
        self.runs: dict[str, dict[str, Any]] = {}
        self.logged: dict[str, dict[str, Any]] = {}

    @answers("POST", f"{ROOT}/experiments/create")
    def create(self, call: Call) -> dict[str, Any]:
        name = call.json["name"]
        if not name.startswith("/"):
            told = f"Got an invalid experiment name '{name}'. An experiment name must be an absolute path"
            raise Refused(400, "INVALID_PARAMETER_VALUE", told)
        if any(one["name"] == name for one in self.experiments.values()):
            raise Refused(400, "RESOURCE_ALREADY_EXISTS", f"Experiment '{name}' already exists.")
        number = str(len(self.experiments) + 101)
        place = call.json.get("artifact_location") or f"dbfs:/databricks/mlflow-tracking/{number}"
        told = {"experiment_id": number, "name": name, "artifact_location": place, "lifecycle_stage": "active"}
        self.experiments[number] = told | {"creation_time": _now(), "last_update_time": _now()}
        return {"experiment_id": number}

    @answers("GET", f"{ROOT}/experiments/get-by-name")
    def by_name(self, call: Call) -> dict[str, Any]:
        for experiment in self.experiments.values():
            if experiment["name"] == call.json["experiment_name"]:
                return {"experiment": experiment}
        raise missing(f"Experiment '{call.json['experiment_name']}'")

    @answers("GET", f"{ROOT}/experiments/get")
    def get(self, call: Call) -> dict[str, Any]:
        return {"experiment": self._experiment(call.json["experiment_id"])}

    @answers("POST", f"{ROOT}/runs/create")
    def create_run(self, call: Call) -> dict[str, Any]:
        experiment = self._experiment(call.json["experiment_id"])
        run_id = uuid.uuid4().hex
        info = {
            "run_id": run_id,
            "run_uuid": run_id,
            "run_name": call.json.get("run_name", ""),
            "experiment_id": experiment["experiment_id"],
            "status": "RUNNING",
            "start_time": call.json.get("start_time", _now()),
            "lifecycle_stage": "active",
            "artifact_uri": f"{experiment['artifact_location']}/{run_id}/artifacts",
        }
        self.runs[run_id] = {"info": info, "data": {"tags": call.json.get("tags", []), "params": [], "metrics": []}}
        return {"run": self.runs[run_id]}

    @answers("GET", f"{ROOT}/runs/get")
    def get_run(self, call: Call) -> dict[str, Any]:
        return {"run": self._run(call.json["run_id"])}

    @answers("POST", f"{ROOT}/runs/update")
    def update_run(self, call: Call) -> dict[str, Any]:
        info = self._run(call.json["run_id"])["info"]
        info.update({name: call.json[name] for name in ("status", "end_time", "run_name") if name in call.json})
        return {"run_info": info}

    @answers("POST", f"{ROOT}/runs/log-batch")
    def log_batch(self, call: Call) -> dict[str, Any]:
        data = self._run(call.json["run_id"])["data"]
        for kind in ("metrics", "params", "tags"):
            data[kind] += call.json.get(kind, [])
        return {}

    @answers("GET", f"{ROOT}/metrics/get-history")
    def metric_history(self, call: Call) -> dict[str, Any]:
        metrics = self._run(call.json["run_id"])["data"]["metrics"]
        return {"metrics": [one for one in metrics if one["key"] == call.json["metric_key"]]}

    @answers("POST", f"{ROOT}/runs/set-tag")
    def set_tag(self, call: Call) -> dict[str, Any]:
        tag = {"key": call.json["key"], "value": call.json["value"]}
        self._run(call.json["run_id"])["data"]["tags"].append(tag)
        return {}

    @answers("POST", f"{ROOT}/runs/outputs")
    def log_outputs(self, call: Call) -> dict[str, Any]:
        self._run(call.json["run_id"])["outputs"] = {"model_outputs": call.json.get("models", [])}
        return {}

    @answers("POST", f"{ROOT}/logged-models")
    def create_logged(self, call: Call) -> dict[str, Any]:
        experiment = self._experiment(call.json["experiment_id"])
        model_id = f"m-{uuid.uuid4().hex}"
        info = {
            "model_id": model_id,
            "experiment_id": experiment["experiment_id"],
            "name": call.json.get("name", ""),
            "model_type": call.json.get("model_type", ""),
            "source_run_id": call.json.get("source_run_id", ""),
            "artifact_uri": f"{experiment['artifact_location']}/models/{model_id}/artifacts",
            "status": "LOGGED_MODEL_PENDING",
            "creation_timestamp_ms": _now(),
            "last_updated_timestamp_ms": _now(),
            "tags": call.json.get("tags", []),
        }
        self.logged[model_id] = {"info": info, "data": {"params": call.json.get("params", []), "metrics": []}}
        return {"model": self.logged[model_id]}

    @answers("GET", f"{ROOT}/logged-models/{{}}")
    def get_logged(self, call: Call) -> dict[str, Any]:
        return {"model": self._logged(call.parts[0])}

    @answers("PATCH", f"{ROOT}/logged-models/{{}}")
    def finalize_logged(self, call: Call) -> dict[str, Any]:
        model = self._logged(call.parts[0])
        model["info"]["status"] = call.json["status"]
        return {"model": model}

    @answers("PATCH", f"{ROOT}/logged-models/{{}}/tags")
    def tag_logged(self, call: Call) -> dict[str, Any]:
        model = self._logged(call.parts[0])
        model["info"]["tags"] += call.json["tags"]
        return {"model": model}

    def _experiment(self, number: str) -> dict[str, Any]:
        if number not in self.experiments:
            raise missing(f"Experiment {number}")
        return self.experiments[number]

    def _run(self, run_id: str) -> dict[str, Any]:
        if run_id not in self.runs:
            raise missing(f"Run '{run_id}'")
        return self.runs[run_id]

    def _logged(self, model_id: str) -> dict[str, Any]:
        if model_id not in self.logged:
            raise missing(f"Logged model '{model_id}'")
        return self.logged[model_id]


def _now() -> int:
    return int(time.time() * 1000)

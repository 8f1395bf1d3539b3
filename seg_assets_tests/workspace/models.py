"""The model registry of Unity Catalog, as MLflow's client asks it, and as the SDK lists it.

Belongs here: registered models, their versions, tags and aliases. Does not: files of versions (files.py), runs and
logged models (experiments.py).
"""

from __future__ import annotations

import itertools
import time
from typing import Any

from seg_assets_tests.workspace.calls import Call, Refused, answers, missing

ROOT = "/api/2.0/mlflow/unity-catalog"
MODELS, VERSIONS, CATALOG = f"{ROOT}/registered-models", f"{ROOT}/model-versions", "/api/2.1/unity-catalog/models"


class Models:
    """Registered models by three-level name; versions by name and number; aliases by name."""

    def __init__(self) -> None:
        self.models: dict[str, dict[str, Any]] = {}
        self.versions: dict[str, dict[int, dict[str, Any]]] = {}
        self.aliases: dict[str, dict[str, int]] = {}

    @answers("GET", f"{MODELS}:is-databricks-sdk-models-artifact-repository-enabled")
    def by_files_api(self, call: Call) -> dict[str, Any]:
        return {"is_databricks_sdk_models_artifact_repository_enabled": True}

    @answers("POST", f"{MODELS}/create")
    def create(self, call: Call) -> dict[str, Any]:
        name = call.json["name"]
        if name.count(".") != 2:
            raise Refused(400, "INVALID_PARAMETER_VALUE", f"{name} is not catalog.schema.model")
        if name in self.models:
            raise Refused(400, "RESOURCE_ALREADY_EXISTS", f"Registered Model '{name}' already exists.")
        self.models[name] = {"name": name, "tags": call.json.get("tags", []), "creation_timestamp": _now()}
        self.versions[name], self.aliases[name] = {}, {}
        return {"registered_model": self._model(name)}

    @answers("GET", f"{MODELS}/get")
    def get(self, call: Call) -> dict[str, Any]:
        return {"registered_model": self._model(call.json["name"])}

    @answers("GET", f"{MODELS}/search")
    def search(self, call: Call) -> dict[str, Any]:
        return {"registered_models": [self._model(name) for name in self.models]}

    @answers("POST", f"{VERSIONS}/create")
    def create_version(self, call: Call) -> dict[str, Any]:
        name = call.json["name"]
        self._model(name)
        number = next(one for one in itertools.count(1) if one not in self.versions[name])
        kept = {
            key: call.json[key] for key in ("source", "run_id", "tags", "description", "model_id") if key in call.json
        }
        location = f"dbfs:/Models/{name.replace('.', '/')}/{number}"
        self.versions[name][number] = {
            "name": name,
            "version": str(number),
            "status": "PENDING_REGISTRATION",
            "storage_location": location,
            "creation_timestamp": _now(),
            **kept,
        }
        return {"model_version": self._version(name, number)}

    @answers("POST", f"{VERSIONS}/finalize")
    def finalize(self, call: Call) -> dict[str, Any]:
        version = self._existing(call.json["name"], call.json["version"])
        version["status"] = "READY"
        return {"model_version": self._version(call.json["name"], int(call.json["version"]))}

    @answers("GET", f"{VERSIONS}/get")
    def get_version(self, call: Call) -> dict[str, Any]:
        return {"model_version": self._version(call.json["name"], int(call.json["version"]))}

    @answers("GET", f"{VERSIONS}/get-download-uri")
    def download_uri(self, call: Call) -> dict[str, Any]:
        return {"artifact_uri": self._existing(call.json["name"], call.json["version"])["storage_location"]}

    @answers("POST", f"{VERSIONS}/emit-lineage")
    def emit_lineage(self, call: Call) -> dict[str, Any]:
        return {}

    @answers("POST", f"{VERSIONS}/set-tag")
    def tag_version(self, call: Call) -> dict[str, Any]:
        version = self._existing(call.json["name"], call.json["version"])
        version.setdefault("tags", []).append({"key": call.json["key"], "value": call.json["value"]})
        return {}

    @answers("POST", f"{MODELS}/alias")
    def set_alias(self, call: Call) -> dict[str, Any]:
        self._existing(call.json["name"], call.json["version"])
        self.aliases[call.json["name"]][call.json["alias"]] = int(call.json["version"])
        return {}

    @answers("GET", f"{MODELS}/alias")
    def by_alias(self, call: Call) -> dict[str, Any]:
        name, alias = call.json["name"], call.json["alias"]
        if alias not in self.aliases.get(name, {}):
            raise missing(f"Alias '{alias}' of '{name}'")
        return {"model_version": self._version(name, self.aliases[name][alias])}

    @answers("GET", f"{CATALOG}/{{}}")
    def info(self, call: Call) -> dict[str, Any]:
        return self._info(call.parts[0])

    @answers("GET", f"{CATALOG}/{{}}/versions")
    def infos_of_versions(self, call: Call) -> dict[str, Any]:
        self._model(call.parts[0])
        return {"model_versions": [self._info_of_version(call.parts[0], one) for one in self.versions[call.parts[0]]]}

    @answers("GET", f"{CATALOG}/{{}}/aliases/{{}}")
    def info_by_alias(self, call: Call) -> dict[str, Any]:
        name, alias = call.parts
        if alias not in self.aliases.get(name, {}):
            raise missing(f"Alias '{alias}' of '{name}'")
        return self._info_of_version(name, self.aliases[name][alias])

    def _info(self, name: str) -> dict[str, Any]:
        catalog, schema, model = self._model(name)["name"].split(".")
        aliases = [{"alias_name": alias, "version_num": one} for alias, one in self.aliases[name].items()]
        return {"full_name": name, "catalog_name": catalog, "schema_name": schema, "name": model, "aliases": aliases}

    def _info_of_version(self, name: str, number: int) -> dict[str, Any]:
        version = self._existing(name, str(number))
        catalog, schema, model = name.split(".")
        place = {"catalog_name": catalog, "schema_name": schema, "model_name": model}
        return {
            **place,
            "version": number,
            "status": version["status"],
            "storage_location": version["storage_location"],
        }

    def _model(self, name: str) -> dict[str, Any]:
        if name not in self.models:
            raise missing(f"Registered Model '{name}'")
        aliases = [{"alias": alias, "version": str(one)} for alias, one in self.aliases[name].items()]
        return {**self.models[name], "aliases": aliases}

    def _version(self, name: str, number: int) -> dict[str, Any]:
        aliases = [{"alias": alias} for alias, one in self.aliases.get(name, {}).items() if one == number]
        return {**self._existing(name, str(number)), "aliases": aliases}

    def _existing(self, name: str, number: str) -> dict[str, Any]:
        version = self.versions.get(name, {}).get(int(number))
        if version is None:
            raise missing(f"Version {number} of '{name}'")
        return version


def _now() -> int:
    return int(time.time() * 1000)

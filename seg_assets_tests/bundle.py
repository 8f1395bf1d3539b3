"""databricks.yml as a target makes it, and what is wrong with it.

Belongs here: merging a target, resolving references, holding the result to the schema of asset bundles.
Does not: what this project's bundle has to hold (test_bundle.py).

Resources are held to the classes of databricks-bundles, which Databricks makes from that schema; it has none for what
stands beside the resources, whose fields are therefore listed here (schema of the command line, May 2026).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml
from databricks.bundles.cluster_policies import ClusterPolicy
from databricks.bundles.dashboards import Dashboard
from databricks.bundles.jobs import Job
from databricks.bundles.schemas import Schema
from databricks.bundles.volumes import Volume

from seg_assets_tests.shared import CHECKOUT

TEXT = (CHECKOUT / "databricks.yml").read_text(encoding="utf-8")
KINDS = {"cluster_policies": ClusterPolicy, "dashboards": Dashboard, "jobs": Job, "schemas": Schema, "volumes": Volume}
GIVEN = {
    "nfs_share": "fs-0123.efs.eu-west-1.amazonaws.com:/",
    "warehouse": "0123456789abcdef",
    "service_principal": "5e9c0000-0000-4000-8000-000000000000",
}
"""The variables that have no default: what an administrator gives."""
REFERENCE = re.compile(r"\$\{([^}]+)\}")

ROOT = {
    "artifacts",
    "bundle",
    "include",
    "permissions",
    "presets",
    "resources",
    "run_as",
    "sync",
    "targets",
    "variables",
}
ROOT |= {"experimental", "python", "scripts", "workspace"}
BUNDLE = {"cluster_id", "databricks_cli_version", "deployment", "git", "name", "uuid"}
ARTIFACT = {"build", "dynamic_version", "executable", "files", "path", "type"}
SYNC = {"exclude", "include", "paths"}
TARGET = {
    "artifacts",
    "bundle",
    "cluster_id",
    "default",
    "git",
    "mode",
    "permissions",
    "presets",
    "resources",
    "run_as",
}
TARGET |= {"sync", "variables", "workspace"}
VARIABLE = {"default", "description", "lookup", "type"}
WORKSPACE = {"artifact_path", "auth_type", "client_id", "file_path", "host", "profile", "resource_path", "root_path"}
WORKSPACE |= {"state_path", "workspace_id"}
PERMISSION = {"group_name", "level", "service_principal_name", "user_name"}
MODES = {"development", "production"}


def of_target(target: str, text: str = TEXT) -> dict[str, Any]:
    """The bundle as `target` makes it, all references resolved. Raises KeyError for one that names nothing."""
    told = yaml.safe_load(text)
    changes = told["targets"][target] or {}
    variables = {name: one["default"] for name, one in told["variables"].items() if "default" in one}
    known = {
        "bundle": {**told["bundle"], "target": target},
        "resources": told["resources"],
        "var": {**variables, **GIVEN, **changes.get("variables", {})},
        "workspace": {"current_user": {"userName": "jane@example.com"}},
    }
    merged = {name: value for name, value in told.items() if name not in ("targets", "variables")}
    merged |= {name: value for name, value in changes.items() if name != "variables"}
    return _resolved(merged, known)


def problems(text: str = TEXT) -> list[str]:
    """What the schema does not have, in every target; empty where all is well."""
    told = yaml.safe_load(text)
    found = list(_unknown_keys(told))
    if found:
        return found
    return [problem for target in told["targets"] for problem in _wrong_resources(target, text)]


def _wrong_resources(target: str, text: str) -> Iterator[str]:
    for kind, resources in of_target(target, text)["resources"].items():
        if kind not in KINDS:
            yield f"{target}: no resource is called {kind}"
            continue
        for name, fields in resources.items():
            try:
                KINDS[kind].from_dict(fields)
            except (TypeError, ValueError) as error:
                yield f"{target}: {kind}.{name}: {error}"


def _unknown_keys(told: Mapping[str, Any]) -> Iterator[str]:
    parts = [("", told, ROOT), ("bundle", told["bundle"], BUNDLE), ("sync", told.get("sync", {}), SYNC)]
    parts += [(f"artifacts.{name}", one, ARTIFACT) for name, one in told["artifacts"].items()]
    parts += [(f"variables.{name}", one, VARIABLE) for name, one in told["variables"].items()]
    for name, target in told["targets"].items():
        parts += [(f"targets.{name}", target, TARGET), (f"{name}.workspace", target.get("workspace", {}), WORKSPACE)]
        parts += [(f"{name}.permissions", one, PERMISSION) for one in target.get("permissions", [])]
        parts += [(f"{name}.variables", target.get("variables", {}), set(told["variables"]))]
        if target.get("mode") not in MODES:
            yield f"targets.{name}: no mode is called {target.get('mode')}"
    for where, part, allowed in parts:
        yield from (f"{where}: unknown field {field}" for field in sorted(set(part) - allowed))


def _resolved(value: Any, known: Mapping[str, Any]) -> Any:
    if isinstance(value, Mapping):
        return {name: _resolved(one, known) for name, one in value.items()}
    if isinstance(value, list):
        return [_resolved(one, known) for one in value]
    if not isinstance(value, str):
        return value
    return REFERENCE.sub(lambda found: str(_resolved(_named(found[1], known), known)), value)


def _named(reference: str, known: Mapping[str, Any]) -> Any:
    value: Any = known
    for part in reference.split("."):
        # Of a resource that is made, the workspace knows the id.
        value = f"id-of-{reference.split('.')[-2]}" if part == "id" and isinstance(value, Mapping) else value[part]
    return value

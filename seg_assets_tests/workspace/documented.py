"""What the Databricks SDK and MLflow's protocol say of a call: its path, its parameters, the shape of its body.

Belongs here: reading the SDK's own source and dataclasses, and MLflow's messages, and holding a call to them.
Does not: answering a call (the other modules of this package).
"""

from __future__ import annotations

import ast
import dataclasses
import functools
import importlib
import inspect
import json
import re
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from types import ModuleType
from typing import Any

MODULES = {
    "/api/2.2/jobs": "databricks.sdk.service.jobs",
    "/api/2.1/clusters": "databricks.sdk.service.compute",
    "/api/2.0/fs": "databricks.sdk.service.files",
    "/api/2.1/unity-catalog": "databricks.sdk.service.catalog",
    "/api/2.0/preview/scim": "databricks.sdk.service.iam",
}
MLFLOW = "/api/2.0/mlflow/"
OAUTH = ("/oidc/.well-known/oauth-authorization-server", "/oidc/v1/token")


@dataclass(frozen=True)
class Method:
    """One documented call. path: matches whole paths; shapes: the type of each key of body and query."""

    verb: str
    path: re.Pattern[str]
    body: Mapping[str, Any]
    query: frozenset[str]
    takes_content: bool


def undocumented(verb: str, path: str, query: Mapping[str, str], body: bytes) -> list[str]:
    """What of the call the SDK does not document, in words; empty where it documents all of it."""
    if path.startswith(MLFLOW):
        return _undocumented_by_mlflow(verb, path.removeprefix("/api/2.0"), query, body)
    if path in OAUTH:
        return []
    service = next((module for prefix, module in MODULES.items() if path.startswith(prefix)), None)
    found = [one for one in _methods(service) if one.verb == verb and one.path.fullmatch(path)] if service else []
    if not found:
        return [f"{verb} {path}: no such call"]
    problems = [_problems(one, query, body) for one in found]
    return [f"{verb} {path}: {problem}" for problem in min(problems, key=len)]


def _problems(method: Method, query: Mapping[str, str], body: bytes) -> list[str]:
    problems = [f"query parameter {name}" for name in sorted(set(query) - method.query)]
    if not body or method.takes_content:
        return problems
    for name, value in json.loads(body).items():
        if name not in method.body:
            problems.append(f"field {name}")
        elif not _fits(value, method.body[name]):
            problems.append(f"field {name} has what {method.body[name]} does not: {json.dumps(value)[:300]}")
    return problems


def _fits(value: Any, shape: Any) -> bool:
    """Whether `value` survives the way through the SDK's type."""
    origin, parts = typing.get_origin(shape), typing.get_args(shape)
    if origin is typing.Union:
        return any(_fits(value, part) for part in parts if part is not type(None))
    if origin in (list, typing.List):  # noqa: UP006
        return isinstance(value, list) and all(_fits(one, parts[0]) for one in value)
    if origin in (dict, typing.Dict) or shape is dict:  # noqa: UP006
        return isinstance(value, dict)
    if dataclasses.is_dataclass(shape):
        fields = typing.get_type_hints(shape)
        return isinstance(value, dict) and all(name in fields and _fits(v, fields[name]) for name, v in value.items())
    if isinstance(shape, type) and issubclass(shape, Enum):
        return value in {member.value for member in shape}
    if shape is float:
        return isinstance(value, int | float)
    return shape is Any or (isinstance(shape, type) and isinstance(value, shape))


@functools.cache
def _methods(module_name: str) -> tuple[Method, ...]:
    module = importlib.import_module(module_name)
    tree = ast.parse(inspect.getsource(module))
    return tuple(
        method
        for node in tree.body
        if isinstance(node, ast.ClassDef) and node.name.endswith("API")
        for function in node.body
        if isinstance(function, ast.FunctionDef)
        for method in _calls(module, getattr(module, node.name), function)
    )


def _calls(module: ModuleType, api: type, function: ast.FunctionDef) -> Iterator[Method]:
    keys = {"body": set(), "query": set()}
    calls = []
    for node in ast.walk(function):
        target = node.targets[0] if isinstance(node, ast.Assign) else None
        if isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name) and target.value.id in keys:
            assert isinstance(target.slice, ast.Constant)
            keys[target.value.id].add(target.slice.value)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "self._api.do":
            calls.append(node)
    if not calls:
        return
    hints = typing.get_type_hints(getattr(api, function.name), vars(module))
    shapes = {name: hints.get(name, Any) for name in keys["body"]}
    for call in calls:
        takes_content = any(keyword.arg == "data" for keyword in call.keywords)
        verb = ast.literal_eval(call.args[0])
        yield Method(verb, _pattern(call.args[1]), shapes, frozenset(keys["query"]), takes_content)


def _pattern(node: ast.expr) -> re.Pattern[str]:
    """Of a path or an f-string of one: a placeholder is one segment, or any number where the SDK escapes several."""
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    texts = [
        re.escape(part.value)
        if isinstance(part, ast.Constant)
        else (".*" if "multi_segment" in ast.unparse(part) else "[^/]+")
        for part in parts
    ]
    return re.compile("".join(texts))


def _undocumented_by_mlflow(verb: str, path: str, query: Mapping[str, str], body: bytes) -> list[str]:
    from google.protobuf.json_format import ParseDict, ParseError

    for known, pattern, message in _mlflow_messages():
        if known != verb or not pattern.fullmatch(path):
            continue
        names = {field.name for field in message.DESCRIPTOR.fields}
        problems = [f"query parameter {name}" for name in query if name.split(".")[0] not in names]
        try:
            ParseDict(json.loads(body) if body else {}, message())
        except ParseError as error:
            problems.append(str(error))
        return [f"{verb} /api/2.0{path}: {problem}" for problem in problems]
    return [f"{verb} /api/2.0{path}: no such call"]


@functools.cache
def _mlflow_messages() -> tuple[tuple[str, re.Pattern[str], Any], ...]:
    from mlflow.protos import databricks_pb2, databricks_uc_registry_service_pb2, service_pb2
    from mlflow.protos import databricks_uc_registry_messages_pb2 as registry

    found = []
    tracking = service_pb2.DESCRIPTOR.services_by_name["MlflowService"]
    models = databricks_uc_registry_service_pb2.DESCRIPTOR.services_by_name["UcModelRegistryService"]
    for service, module in ((tracking, service_pb2), (models, registry)):
        for method in service.methods:
            message = getattr(module, method.input_type.name, None)
            for endpoint in method.GetOptions().Extensions[databricks_pb2.rpc].endpoints:
                pattern = re.compile(re.sub(r"\\?\{[^}]+\}", "[^/]+", endpoint.path))
                if message is not None:
                    found.append((endpoint.method, pattern, message))
    return tuple(found)

"""A Docker engine on this machine, for tests: the real client talks to it, and containers are processes.

Belongs here: the calls of the engine's API that starting, looking at and stopping a container takes, and refusing all
others. Does not: which containers (Dagster's run launcher asks for them), images (a container has this Python).
"""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from seg_assets_tests.workspace.calls import Answer, Call, Refused, answers, missing, routes_of
from seg_assets_tests.workspace.server import Server

API = "/v1.45"


@dataclass
class Container:
    """A container as it was asked for, and its process once it was started."""

    name: str
    asked: dict[str, Any]
    log: Path
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def state(self) -> dict[str, Any]:
        """As the engine tells it."""
        code = None if self.process is None else self.process.poll()
        status = "created" if self.process is None else "running" if code is None else "exited"
        return {"Status": status, "Running": status == "running", "ExitCode": code or 0}


class Engine:
    """Answers at `host`. environment: what the image sets; entrypoint: what it starts every command with."""

    def __init__(self, folder: Path, environment: Mapping[str, str], entrypoint: Path) -> None:
        self._folder = folder
        self._environment = dict(environment)
        self._entrypoint = entrypoint
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._routes = list(routes_of(self))
        self.containers: dict[str, Container] = {}
        self.calls: list[Call] = []
        self.problems: list[str] = []
        self._server = Server(self._respond)
        self.host = self._server.host.replace("http://", "tcp://")

    def kill(self, name: str) -> None:
        """As a machine without memory does: all of a container's processes, at once."""
        process = self.containers[name].process
        assert process is not None
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def close(self) -> None:
        """Kill what runs, and stop answering."""
        for name, container in self.containers.items():
            if container.state["Running"]:
                self.kill(name)
        self._server.close()

    @answers("GET", "/version")
    def version(self, call: Call) -> dict[str, Any]:
        return {"ApiVersion": API.removeprefix("/v"), "MinAPIVersion": "1.24", "Version": "27.0.0"}

    @answers("POST", f"{API}/containers/create")
    def create(self, call: Call) -> Answer:
        name = f"container{next(self._numbers)}"
        self.containers[name] = Container(name, call.json, self._folder / f"{name}.log")
        return Answer({"Id": name, "Warnings": []}, 201)

    @answers("GET", f"{API}/containers/{{}}/json")
    def inspect(self, call: Call) -> dict[str, Any]:
        one = self._found(call)
        config = {key: one.asked[key] for key in ("Image", "Cmd", "Env", "Labels")}
        return {"Id": one.name, "Name": f"/{one.name}", "State": one.state, "Config": config, "Image": "sha256:0"}

    @answers("POST", f"{API}/containers/{{}}/start")
    def start(self, call: Call) -> Answer:
        one = self._found(call)
        given = dict(entry.split("=", 1) for entry in one.asked["Env"])
        with one.log.open("wb") as output:
            one.process = subprocess.Popen(
                [self._entrypoint, *one.asked["Cmd"]],
                env={**self._environment, **given},
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return Answer(status=204)

    @answers("POST", f"{API}/containers/{{}}/stop")
    def stop(self, call: Call) -> Answer:
        process = self._found(call).process
        assert process is not None
        # To the first process of a container, which `init` hands it on from; and to all of them when its time is over.
        process.terminate()
        try:
            process.wait(float(call.query["t"]))
        except subprocess.TimeoutExpired:
            self.kill(call.parts[0])
        return Answer(status=204)

    def _found(self, call: Call) -> Container:
        if call.parts[0] not in self.containers:
            raise missing(f"No such container: {call.parts[0]}")
        return self.containers[call.parts[0]]

    def _respond(self, call: Call, _: Mapping[str, str]) -> Answer:
        with self._lock:
            self.calls.append(call)
        for verb, pattern, function in self._routes:
            found = pattern.fullmatch(call.path) if verb == call.verb else None
            if found:
                try:
                    answer = function(Call(call.verb, call.path, call.query, call.body, found.groups()))
                except Refused as refused:
                    return refused.answer
                return answer if isinstance(answer, Answer) else Answer(answer)
        self.problems.append(f"{call.verb} {call.path}: this engine of the tests lacks it")
        return Answer({"message": "page not found"}, 404)

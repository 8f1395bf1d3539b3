"""The workspace: its services behind one address, who may ask, what it was asked, what it does wrong.

Belongs here: putting a call to the service that answers it, and holding it to what is documented.
Does not: what any service does.
"""

from __future__ import annotations

import base64
import itertools
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from databricks.sdk.clock import Clock

from seg_assets_tests.workspace.calls import Answer, Call, Refused, routes_of
from seg_assets_tests.workspace.catalog import Catalog
from seg_assets_tests.workspace.clusters import Clusters
from seg_assets_tests.workspace.documented import undocumented
from seg_assets_tests.workspace.experiments import Experiments
from seg_assets_tests.workspace.faults import Faults
from seg_assets_tests.workspace.files import Files
from seg_assets_tests.workspace.jobs import Jobs
from seg_assets_tests.workspace.models import Models
from seg_assets_tests.workspace.monitors import Monitors
from seg_assets_tests.workspace.processes import Processes
from seg_assets_tests.workspace.server import Server

SECRET = "planted-hunter2-secret"
CLIENT_ID, CLIENT_SECRET = "5e9c0000-0000-4000-8000-000000000000", f"dose-{SECRET}"
TOKEN, TASK_TOKEN = f"dapi-{SECRET}", f"dapi-task-{SECRET}"
"""A personal access token, the credentials of a service principal, and what a task has. All hold SECRET."""


@dataclass(frozen=True)
class Told:
    """One call as the workspace kept it, without its headers."""

    call: Call
    status: int


class Workspace:
    """See the package's docstring for what tests use of it."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self.clock = clock
        self.faults = Faults(clock)
        self.files = Files(folder / "files")
        self.catalog = Catalog(self.files)
        self.monitors = Monitors(clock, self.catalog)
        self.clusters = Clusters(clock)
        self._processes = Processes(self.files, folder / "tasks")
        self.jobs = Jobs(clock, self.clusters, self._processes, self.faults)
        self.models = Models()
        self.experiments = Experiments()
        self.calls: list[Told] = []
        self.problems: list[str] = []
        self.tokens = {TOKEN, TASK_TOKEN}
        self._issued = itertools.count(1)
        self._lock = threading.Lock()
        services = (self.files, self.catalog, self.monitors, self.clusters, self.jobs, self.models, self.experiments)
        self._routes = [route for service in services for route in routes_of(service)]
        self._server = Server(self._respond)
        self.host = self.jobs.host = self._server.host
        self._processes.environment |= {"DATABRICKS_HOST": self.host, "DATABRICKS_TOKEN": TASK_TOKEN}

    @property
    def environment(self) -> dict[str, str]:
        """What a laptop sets to reach this workspace by its token."""
        return {"DATABRICKS_HOST": self.host, "DATABRICKS_TOKEN": TOKEN}

    @property
    def machine_environment(self) -> dict[str, str]:
        """The same for a service principal (OAuth, machine to machine)."""
        return {
            "DATABRICKS_HOST": self.host,
            "DATABRICKS_CLIENT_ID": CLIENT_ID,
            "DATABRICKS_CLIENT_SECRET": CLIENT_SECRET,
        }

    def expire_tokens(self) -> None:
        """Refuse every token that was given out so far, but those of tasks."""
        self.tokens = {TASK_TOKEN}

    def asked(self, path: str) -> list[Call]:
        """The calls of `path` that came in, in order."""
        return [told.call for told in self.calls if told.call.path.startswith(path)]

    def close(self) -> None:
        """End what runs, and stop answering."""
        self.jobs.close()
        self._server.close()

    def _respond(self, call: Call, headers: Mapping[str, str]) -> Answer | None:
        if self.faults.network_is_cut():
            return None
        answer = self._answer(call, headers)
        with self._lock:
            self.calls.append(Told(call, answer.status))
        return answer

    def _answer(self, call: Call, headers: Mapping[str, str]) -> Answer:
        with self._lock:
            problems = undocumented(call.verb, call.path, call.query, call.body)
            self.problems += problems
            planted = self.faults.of_call(call, after=False)
            lost = self.faults.of_call(call, after=True)
        if problems:
            return Answer({"error_code": "ENDPOINT_NOT_FOUND", "message": "; ".join(problems)}, 404)
        if planted is not None:
            return planted
        try:
            self._admit(call, headers)
            answer = self._served(call, headers)
        except Refused as refused:
            answer = refused.answer
        return lost or answer

    def _served(self, call: Call, headers: Mapping[str, str]) -> Answer:
        if call.path.startswith("/oidc/"):
            return self._oauth(call, headers)
        for verb, pattern, function in self._routes:
            found = pattern.fullmatch(call.path) if verb == call.verb else None
            if found:
                answer = function(Call(call.verb, call.path, call.query, call.body, found.groups()))
                return answer if isinstance(answer, Answer) else Answer(answer)
        with self._lock:
            self.problems.append(f"{call.verb} {call.path}: documented, but this workspace of the tests lacks it")
        raise Refused(501, "NOT_IMPLEMENTED", "This workspace of the tests lacks it")

    def _admit(self, call: Call, headers: Mapping[str, str]) -> None:
        if call.path.startswith("/oidc/"):
            return
        given = headers.get("Authorization", "").removeprefix("Bearer ")
        if given not in self.tokens:
            raise Refused(401, "UNAUTHENTICATED", "Credential was not sent or was of an unsupported type for this API.")

    def _oauth(self, call: Call, headers: Mapping[str, str]) -> Answer:
        if not call.path.endswith("/token"):
            host = self.host
            return Answer(
                {"authorization_endpoint": f"{host}/oidc/v1/authorize", "token_endpoint": f"{host}/oidc/v1/token"}
            )
        expected = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if headers.get("Authorization") != f"Basic {expected}":
            raise Refused(401, "invalid_client", "Client authentication failed")
        token = f"issued-{next(self._issued)}-{SECRET}"
        self.tokens.add(token)
        return Answer({"access_token": token, "token_type": "Bearer", "expires_in": 3600})

"""The services of examples/containers/compose.yaml as processes of this machine, by their own commands and files.

Belongs here: what stands for a container's places (folders, names, ports), starting, killing and asking after services.
Does not: what must hold (test_containers.py).
"""

from __future__ import annotations

import functools
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from seg_assets_tests.containers.engine import Engine
from seg_assets_tests.containers.postgres import Postgres
from seg_assets_tests.ports import free_port
from seg_assets_tests.shared import CHECKOUT

FOLDER = CHECKOUT / "examples" / "containers"
COMPOSE: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text(encoding="utf-8"))
IMAGE = "account-segments:of-the-tests"
ENTRYPOINT = FOLDER / "entrypoint.sh"


class Services:
    """What compose starts, beside PostgreSQL. `folder` holds what lies in a container's /etc, /opt and /var/lib."""

    def __init__(self, folder: Path, postgres: Postgres, settings: Mapping[str, str]) -> None:
        self.postgres = postgres
        self._folder = folder
        self._code_port, self._web_port = free_port(), free_port()
        self._places = {
            "/etc/segments": str(folder / "etc"),
            "/opt/segments/entrypoint.sh": str(ENTRYPOINT),
            "/opt/segments": str(folder / "opt"),
            "/var/lib/segments": str(folder / "home"),
            "0.0.0.0": "127.0.0.1",
            "HOST=postgres": "HOST=127.0.0.1",
            "${SEG_IMAGE:-account-segments:latest}": IMAGE,
            "host: code\n      port: 4000": f"host: 127.0.0.1\n      port: {self._code_port}",
            "--port=4000": f"--port={self._code_port}",
            "--port=3000": f"--port={self._web_port}",
            ":3000/": f":{self._web_port}/",
            "port: 5432": f"port: {postgres.port}",
            "poll_interval_seconds: 30": "poll_interval_seconds: 1",
        }
        for name in ("etc/secrets", "opt/dagster_home", "home", "logs"):
            (folder / name).mkdir(parents=True)
        (folder / "opt" / "dagster_home" / "dagster.yaml").write_text(self._of_example("dagster.yaml"))
        (folder / "opt" / "workspace.yaml").write_text(self._of_example("workspace.yaml"))
        further = "".join(f"{name}={value}\n" for name, value in settings.items())
        (folder / "etc" / "settings.env").write_text(self._of_example("settings.env") + further)
        (folder / "etc" / "secrets" / "DAGSTER_POSTGRES_PASSWORD").write_text(postgres.password + "\n")
        image = {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(CHECKOUT),
            "HOME": str(folder),
            "DAGSTER_HOME": str(folder / "opt" / "dagster_home"),
            "SEG_ETC": str(folder / "etc"),
            "OMP_NUM_THREADS": "1",
        }
        self.engine = Engine(folder / "logs", image, ENTRYPOINT)
        self._environment = {**image, "DOCKER_HOST": self.engine.host, "PGPORT": str(postgres.port)}
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def address(self) -> str:
        """Of the Dagster UI."""
        return f"http://127.0.0.1:{self._web_port}"

    def start(self, *names: str) -> None:
        """Start services, and wait until they are healthy, as `up --wait` does."""
        for name in names:
            with (self._folder / "logs" / f"{name}.log").open("ab") as output:
                self._running[name] = subprocess.Popen(
                    [ENTRYPOINT, *self._here(COMPOSE["services"][name]["command"])],
                    env=self._environment,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
        for name in names:
            # Most health checks import Dagster, which takes as much of a core as what is waited for.
            self.wait_for(functools.partial(self._is_up, name), f"{name} to be healthy", pause=2)

    def kill(self, *names: str) -> None:
        """End services with all their processes, as a lost machine would."""
        for name in names:
            os.killpg(self._running[name].pid, signal.SIGKILL)
            self._running.pop(name).wait()

    def is_healthy(self, name: str) -> bool:
        """What the service's own health check says."""
        kind, *check = COMPOSE["services"][name]["healthcheck"]["test"]
        assert kind == "CMD"
        return self._call(check).returncode == 0

    def execute(self, *command: str) -> str:
        """What a command prints that is called in a container, through the entrypoint."""
        done = self._call([str(ENTRYPOINT), *command])
        assert done.returncode == 0, done.stdout
        return done.stdout

    def wait_for(self, holds: Callable[[], bool], what: str, seconds: float = 180, pause: float = 0.3) -> None:
        """Until it holds; fails with what the services logged last where it does not in that time."""
        until = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > until:
                raise AssertionError(f"waited {seconds:.0f} seconds for {what}\n{self._logs()}")
            time.sleep(pause)

    def close(self) -> None:
        """End everything."""
        self.kill(*list(self._running))
        self.engine.close()

    def _is_up(self, name: str) -> bool:
        if self._running[name].poll() is not None:
            raise AssertionError(f"{name} ended\n{self._logs()}")
        return self.is_healthy(name)

    def _logs(self) -> str:
        """The end of what every service and container printed."""
        files = sorted((self._folder / "logs").glob("*.log"))
        return "\n".join(f"{one.name}: {one.read_text()[-2000:]}" for one in files)

    def _call(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self._here(command),
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def _here(self, command: list[str]) -> list[str]:
        return [self._placed(part) for part in command]

    def _of_example(self, name: str) -> str:
        text = (FOLDER / name).read_text(encoding="utf-8")
        return self._placed(text)

    def _placed(self, text: str) -> str:
        # At once, since a place may be written like another's name.
        names = "|".join(re.escape(name) for name in sorted(self._places, key=len, reverse=True))
        return re.sub(names, lambda found: self._places[found[0]], text)

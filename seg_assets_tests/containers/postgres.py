"""PostgreSQL from Debian's packages: a server of a test's own, in a folder of its own, on a free port.

Belongs here: starting and stopping it. Does not: what lies in it.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from seg_assets_tests.ports import free_port

USER = "dagster"


def binaries() -> Path | None:
    """Where PostgreSQL's programs lie; None where it is not installed."""
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).resolve().parent
    return max(Path("/usr/lib/postgresql").glob("*/bin"), default=None)


@dataclass(frozen=True)
class Postgres:
    """A running server with a database `dagster`, whose owner logs in with `password`."""

    port: int
    password: str
    folder: Path

    def query(self, text: str) -> list[str]:
        """The rows of a query, as psql prints them."""
        asked = ["psql", "--host", "127.0.0.1", "--port", str(self.port), "--username", USER, "--tuples-only"]
        found = subprocess.run(
            [*asked, "--no-align", "--command", text, USER],
            env={**os.environ, "PGPASSWORD": self.password},
            capture_output=True,
            text=True,
            check=True,
        )
        return found.stdout.split()


@contextmanager
def postgres(password: str) -> Iterator[Postgres]:
    """A server until the context ends. It refuses to run as root, so there it runs as the package's own user."""
    programs = binaries()
    assert programs is not None
    account = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
    # Not in pytest's folder, which is closed to other users.
    folder = Path(tempfile.mkdtemp(prefix="seg-postgres-"))
    given = folder / "password"
    given.write_text(password)
    if account is not None:
        for one in (folder, given):
            os.chown(one, account.pw_uid, account.pw_gid)

    def run(program: str, *arguments: object) -> None:
        subprocess.run(
            [programs / program, *map(str, arguments)],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=folder,
            user=None if account is None else account.pw_uid,
            group=None if account is None else account.pw_gid,
            extra_groups=None if account is None else [],
        )

    data, port = folder / "data", free_port()
    try:
        run("initdb", "--pgdata", data, "--username", USER, "--pwfile", given, "--auth", "scram-sha-256", "--no-sync")
        given.unlink()
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
        run("pg_ctl", "start", "--pgdata", data, "--wait", "--log", folder / "log", "--options", options)
        try:
            server = Postgres(port, password, folder)
            asked = ["createdb", "--host", "127.0.0.1", "--port", str(port), "--username", USER, USER]
            subprocess.run(asked, env={**os.environ, "PGPASSWORD": password}, check=True)
            yield server
        finally:
            run("pg_ctl", "stop", "--pgdata", data, "--mode", "immediate")
    finally:
        shutil.rmtree(folder)

"""Looks whether a workspace has what a compute file names, and puts the init script of its clusters on the volume.

    python examples/databricks/prepare.py compute.yaml

With the credentials of the environment or of a profile, those that Dagster will use. Exits with 1 where something is
missing, and says what.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from databricks.sdk.clock import Clock, RealClock
from databricks.sdk.errors import NotFound

from resources.databricks.configuration import load_compute
from resources.databricks.connection import Connection, WorkspaceError
from resources.settings import SettingsError

SCRIPT = Path(__file__).with_name("mount_share.sh")
PATIENCE = 60.0
"""Seconds; someone looks on."""


def prepare(file: Path, clock: Clock) -> list[str]:
    """What is missing in the workspace, in words; nothing where all is there, and the script then lies on the volume.

    Raises SettingsError for a file that cannot be used, WorkspaceError where the workspace refuses or does not answer.
    """
    compute = load_compute(file)
    connection = Connection(clock, PATIENCE)
    volume = compute.volume.removeprefix("/Volumes/").replace("/", ".")
    missing = []
    try:
        connection.ask(f"looking for schema {compute.models}", lambda client: client.schemas.get(compute.models))
    except NotFound:
        missing.append(f"schema {compute.models}, which the file calls `models`")
    try:
        connection.ask(f"looking for volume {volume}", lambda client: client.volumes.read(volume))
    except NotFound:
        missing.append(f"volume {volume}, which the file calls `volume`")
    if not missing:
        script = SCRIPT.read_bytes()
        target = f"{compute.volume}/{SCRIPT.name}"
        connection.ask(
            f"uploading {target}", lambda client: client.files.upload(target, io.BytesIO(script), overwrite=True)
        )
    return missing


def main() -> None:
    """The program. Exits with 1 where something is missing, with 2 where it cannot look."""
    try:
        missing = prepare(Path(sys.argv[1]), RealClock())
    except (SettingsError, WorkspaceError) as error:
        print(error, file=sys.stderr)
        raise SystemExit(2) from error
    for one in missing:
        print(f"missing: {one}. `databricks bundle deploy` makes it (docs/deployment.md)")
    if missing:
        raise SystemExit(1)
    print(f"schema and volume are there; {SCRIPT.name} lies on the volume")


if __name__ == "__main__":
    main()

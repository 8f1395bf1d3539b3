"""The project as a wheel on the volume: made from the code that runs here, once per version of it.

Belongs here: the archive, its name, putting it there. The version ends with a hash of the content, so that another
code is another wheel, also for a cluster that has installed one before. It asks for what steps need, in the versions
of this machine, and not for Dagster or PySpark, which a cluster has its own of.
Does not: which task uses it (task.py).
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import NotFound

from resources.databricks.connection import Connection

PACKAGE = "seg_assets"
ENTRY_POINT = "seg-step"
NEEDED_BY_STEPS = (
    "dagster-pipes",
    "databricks-sdk",
    "deltalake",
    "duckdb",
    "mlflow",
    "numpy",
    "pandas",
    "polars",
    "pydantic",
    "pyyaml",
    "scikit-learn",
    "scipy",
    "sqlglot",
    "threadpoolctl",
)
ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("resources", PACKAGE)
THE_SAME_DATE = (2020, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Wheel:
    """name: the file's name; content: the archive."""

    name: str
    content: bytes


def build_wheel() -> Wheel:
    """The wheel of the code that runs here: the same content gives the same bytes on every machine."""
    files = {
        path.relative_to(ROOT).as_posix(): path.read_bytes()
        for folder in FOLDERS
        for path in sorted((ROOT / folder).rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }
    needs = [f"Requires-Dist: {name}=={version(name)}" for name in NEEDED_BY_STEPS]
    digest = hashlib.sha256("\n".join(needs).encode())
    for name, content in files.items():
        digest.update(f"{name} {len(content)}\n".encode() + content)
    number = f"{version('seg-assets')}+{digest.hexdigest()[:12]}"
    info = f"{PACKAGE}-{number}.dist-info"
    metadata = ["Metadata-Version: 2.1", f"Name: {PACKAGE}", f"Version: {number}", "Requires-Python: >=3.11", *needs]
    files |= {
        f"{info}/METADATA": _lines(metadata),
        f"{info}/WHEEL": _lines(["Wheel-Version: 1.0", "Generator: seg", "Root-Is-Purelib: true", "Tag: py3-none-any"]),
        f"{info}/entry_points.txt": _lines(["[console_scripts]", f"{ENTRY_POINT} = seg_assets.steps.task:main"]),
    }
    record = [f"{name},," for name in (*files, f"{info}/RECORD")]
    files[f"{info}/RECORD"] = _lines(record)
    return Wheel(f"{PACKAGE}-{number}-py3-none-any.whl", _archive(files))


def put_wheel(connection: Connection, volume: str) -> str:
    """Where the wheel lies below `volume`; it is put there where it is not yet. Raises WorkspaceError."""
    wheel = build_wheel()
    path = f"{volume}/wheels/{wheel.name}"
    try:
        connection.ask(f"looking for {path}", lambda client: client.files.get_metadata(path))
    except NotFound:

        def upload(client: WorkspaceClient) -> None:
            client.files.upload(path, io.BytesIO(wheel.content), overwrite=True)

        connection.ask(f"uploading {path}", upload)
    return path


def _lines(lines: list[str]) -> bytes:
    return ("\n".join(lines) + "\n").encode()


def _archive(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, THE_SAME_DATE)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, content)
    return buffer.getvalue()

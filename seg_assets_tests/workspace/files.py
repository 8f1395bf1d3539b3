"""Files of volumes and of model versions: /api/2.0/fs over local folders.

Belongs here: the Files API. Does not: who may have a volume (catalog.py).
"""

from __future__ import annotations

import email.utils
import uuid
from pathlib import Path

from seg_assets_tests.workspace.calls import Answer, Call, Refused, answers

DIRECTORIES, FILES = "/api/2.0/fs/directories/{path}", "/api/2.0/fs/files/{path}"


class Files:
    """`root` stands for the root of the workspace's file system: root/Volumes/main/seg/files is a volume."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def local(self, path: str) -> Path:
        """The local file of /Volumes/... or /Models/... . Raises Refused where there is no such volume."""
        parts = path.strip("/").split("/")
        if parts[0] not in ("Volumes", "Models") or ".." in parts:
            raise Refused(400, "INVALID_PARAMETER_VALUE", f"Invalid path: {path}")
        if len(parts) < 4 or not self.root.joinpath(*parts[:4]).is_dir():
            if parts[0] == "Volumes":
                raise Refused(404, "NOT_FOUND", f"Volume '{'.'.join(parts[1:4])}' does not exist.")
            self.root.joinpath(*parts[:4]).mkdir(parents=True, exist_ok=True)
        return self.root.joinpath(*parts)

    @answers("PUT", DIRECTORIES)
    def create_directory(self, call: Call) -> Answer:
        self.local(call.parts[0]).mkdir(parents=True, exist_ok=True)
        return Answer(status=204)

    @answers("HEAD", DIRECTORIES)
    def directory_metadata(self, call: Call) -> Answer:
        if not self.local(call.parts[0]).is_dir():
            raise _not_found(call)
        return Answer()

    @answers("GET", DIRECTORIES)
    def list_directory(self, call: Call) -> dict[str, object]:
        folder = self.local(call.parts[0])
        if not folder.is_dir():
            raise _not_found(call)
        return {"contents": [_entry(call.parts[0].strip("/"), one) for one in sorted(folder.iterdir())]}

    @answers("DELETE", DIRECTORIES)
    def delete_directory(self, call: Call) -> Answer:
        folder = self.local(call.parts[0])
        if not folder.is_dir():
            raise _not_found(call)
        if any(folder.iterdir()):
            raise Refused(400, "DIRECTORY_NOT_EMPTY", f"The directory is not empty: /{call.parts[0]}")
        folder.rmdir()
        return Answer(status=204)

    @answers("PUT", FILES)
    def upload(self, call: Call) -> Answer:
        file = self.local(call.parts[0])
        if file.exists() and call.query.get("overwrite") != "true":
            raise Refused(409, "ALREADY_EXISTS", f"The file already exists: /{call.parts[0]}")
        file.parent.mkdir(parents=True, exist_ok=True)
        fresh = file.with_name(f".{uuid.uuid4()}")
        fresh.write_bytes(call.body)
        fresh.replace(file)
        return Answer(status=204)

    @answers("GET", FILES)
    def download(self, call: Call) -> Answer:
        return Answer(self._existing(call).read_bytes(), headers=_headers(self._existing(call)))

    @answers("HEAD", FILES)
    def metadata(self, call: Call) -> Answer:
        file = self._existing(call)
        return Answer(b"", headers={**_headers(file), "Content-Length": str(file.stat().st_size)})

    @answers("DELETE", FILES)
    def delete(self, call: Call) -> Answer:
        self._existing(call).unlink()
        return Answer(status=204)

    def _existing(self, call: Call) -> Path:
        file = self.local(call.parts[0])
        if not file.is_file():
            raise _not_found(call)
        return file


def _not_found(call: Call) -> Refused:
    return Refused(404, "NOT_FOUND", f"The file or directory does not exist: /{call.parts[0]}")


def _headers(file: Path) -> dict[str, str]:
    return {"Last-Modified": email.utils.formatdate(file.stat().st_mtime, usegmt=True)}


def _entry(parent: str, file: Path) -> dict[str, object]:
    found = file.stat()
    told: dict[str, object] = {"path": f"/{parent}/{file.name}", "name": file.name, "is_directory": file.is_dir()}
    return told | {"file_size": found.st_size, "last_modified": int(found.st_mtime * 1000)}

"""Context and messages of one task, over a folder of a Unity Catalog volume.

Belongs here: putting the context there, reading messages when asked to, clearing up. Nothing runs in the background:
whoever follows the task says when to read, so no message is missed for a thread that ended early.
Does not: writing messages (message_files.py), following the task (run.py).
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import dagster as dg
from dagster_pipes import PipesContextData, PipesParams
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import NotFound

from resources.databricks.connection import Connection
from resources.databricks.message_files import FOLDER, message_file


class VolumeContext(dg.PipesContextInjector):
    """Puts a task's context into `folder`."""

    def __init__(self, connection: Connection, folder: str) -> None:
        self._connection, self._path = connection, f"{folder}/context.json"

    @contextmanager
    def inject_context(self, context: PipesContextData) -> Iterator[PipesParams]:
        """Write it; the parameters by which Pipes' default loader opens it."""
        content = json.dumps(context).encode()

        def upload(client: WorkspaceClient) -> None:
            client.files.upload(self._path, io.BytesIO(content), overwrite=True)

        self._connection.ask(f"writing {self._path}", upload)
        yield {"path": self._path}

    def no_messages_debug_text(self) -> str:
        """Where the context lies."""
        return f"The context is in {self._path}."


class VolumeMessages(dg.PipesMessageReader):
    """Reads what one task writes into `folder`; a second task needs a reader of its own."""

    def __init__(self, connection: Connection, folder: str) -> None:
        self._connection, self._folder = connection, f"{folder}/messages"
        self._handler: dg.PipesMessageHandler | None = None
        self._heard = 0

    @contextmanager
    def read_messages(self, handler: dg.PipesMessageHandler) -> Iterator[PipesParams]:
        """The parameters for the task. Raises RuntimeError the second time: it would hear nothing."""
        if self._handler is not None:
            raise RuntimeError("a message reader is for one task; make another one")
        self._handler = handler
        self._connection.ask(f"making {self._folder}", lambda client: client.files.create_directory(self._folder))
        yield {FOLDER: self._folder}

    def read_new(self) -> None:
        """Hand on every whole message that has come since. Raises WorkspaceError where the volume cannot be read."""
        assert self._handler is not None
        while (message := self._next()) is not None:
            self._heard += 1
            self._handler.handle_message(message)

    def no_messages_debug_text(self) -> str:
        """Where messages should lie."""
        return f"The task writes messages to {self._folder}."

    def _next(self) -> Any:
        path = message_file(self._folder, self._heard + 1)

        def download(client: WorkspaceClient) -> bytes:
            contents = client.files.download(path).contents
            assert contents is not None
            with contents:
                return contents.read()

        try:
            text = self._connection.ask(f"reading {path}", download)
        except NotFound:
            return None
        return json.loads(text) if text.endswith(b"\n") else None


def clear(connection: Connection, folder: str) -> None:
    """Remove a task's folder, once all of it was read."""

    def remove(client: WorkspaceClient) -> None:
        for inner in (f"{folder}/messages", folder):
            for entry in list(client.files.list_directory_contents(inner)):
                if entry.path is not None and not entry.is_directory:
                    client.files.delete(entry.path)
            client.files.delete_directory(inner)

    with suppress(NotFound):
        connection.ask(f"clearing {folder}", remove)

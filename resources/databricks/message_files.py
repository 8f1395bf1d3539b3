"""What a task reports, as numbered files in a folder of a volume.

Belongs here: the files' names, and writing them on the task's side. A volume takes no appends, so each message is a
file; it is whole once it ends with a line break, and what was reported before a task died is there.
Does not: reading them (volume_messages.py). Imports nothing that a task lacks.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import Any

from dagster_pipes import PipesDefaultMessageWriter, PipesMessage, PipesMessageWriterChannel

FOLDER = "message_folder"
"""The parameter that names the folder."""


def message_file(folder: str, number: int) -> str:
    """Where message `number` lies, counted from 1."""
    return str(PurePosixPath(folder) / f"{number:06}.json")


class NumberedFiles(PipesMessageWriterChannel):
    """Writes each message to the next file of `folder`."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._written = 0
        self._lock = threading.Lock()

    def write_message(self, message: PipesMessage) -> None:
        """Write it now."""
        with self._lock:
            self._written += 1
            # open() and not Path: it is what a volume's mount supports for certain.
            with open(message_file(self._folder, self._written), "w", encoding="utf-8") as file:  # noqa: PTH123
                file.write(json.dumps(message) + "\n")


class StepMessages(PipesDefaultMessageWriter):
    """Writes where the parameters say: to numbered files, or as Pipes does by default."""

    @contextmanager
    def open(self, params: Mapping[str, Any]) -> Iterator[PipesMessageWriterChannel]:
        """The channel that `params` name."""
        if FOLDER in params:
            yield NumberedFiles(params[FOLDER])
        else:
            with super().open(params) as channel:
                yield channel

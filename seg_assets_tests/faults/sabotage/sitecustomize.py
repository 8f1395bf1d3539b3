"""Stops the process that writes a named table, or the one that started it, at a named moment: where tests say so.

Belongs here: the moments of a write, and what befalls the process there. Does not: who is told of it (faulty_home.py).

Python imports a module of this name by itself, so that the programs of the steps, which a run starts, have it too.
FAULT is `table:moment:what`. Moments: "started", "written" (the file is there, the commit is not), "committed". What:
"kill" (with -9), "kill_run" (the process that started this one), "wait" (until it is interrupted), "stop" (SIGSTOP).
The file FAULT_REACHED, which is made there and then, makes it happen once.
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any


def arm(fault: str, reached: Path) -> None:
    """Let `fault` happen in this process, the first time that any process comes to it."""
    from resources import lakehouse

    table, moment, what = fault.split(":")
    whole, added = lakehouse.Lakehouse._commit, lakehouse._added

    def commit(self: Any, written: Any, *rest: Any) -> int:
        if (written.name, moment) == (table, "started"):
            strike(what, reached)
        rows = whole(self, written, *rest)
        if (written.name, moment) == (table, "committed"):
            strike(what, reached)
        return rows

    def add(file: Path, relative: Path, *rest: Any) -> Any:
        if moment == "written" and file.parts[: -len(relative.parts)][-len(Path(table).parts) :] == Path(table).parts:
            strike(what, reached)
        return added(file, relative, *rest)

    setattr(lakehouse.Lakehouse, "_commit", commit)  # noqa: B010
    setattr(lakehouse, "_added", add)  # noqa: B010


def strike(what: str, reached: Path) -> None:
    """Do it, unless it was done before."""
    if reached.exists():
        return
    reached.write_text(str(os.getpid()))
    if what == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif what == "stop":
        os.kill(os.getpid(), signal.SIGSTOP)
    elif what == "kill_run":
        os.kill(os.getppid(), signal.SIGKILL)
        # What is left behind must end with its run; where it does not, it goes on, and the test sees what it does.
        time.sleep(2)
    else:
        time.sleep(600)


if "FAULT" in os.environ:
    arm(os.environ["FAULT"], Path(os.environ["FAULT_REACHED"]))

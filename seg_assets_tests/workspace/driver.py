"""A cluster's driver: mounts /Volumes, runs a task's entry point, and writes down how it ended.

Belongs here: what a task's process meets on a cluster. Runs alone, by path: it may import nothing of the project.
Does not: when a task runs (jobs.py).
"""

import builtins
import errno
import importlib.metadata
import io
import json
import os
import sys
import traceback
from pathlib import Path

VOLUMES = "/Volumes"


def mount(root: str) -> None:
    """Let open() of /Volumes/... reach the folder that stands for it, with the mount's limits: nothing is appended."""
    real = io.open

    def opened(file, mode="r", *arguments, **options):
        if isinstance(file, str | os.PathLike) and os.fspath(file).startswith(VOLUMES + "/"):
            if any(letter in mode for letter in "a+"):
                raise OSError(errno.EOPNOTSUPP, "volumes take no appends and no random writes", os.fspath(file))
            file = root + os.fspath(file)
        return real(file, mode, *arguments, **options)

    builtins.open = io.open = opened


def run(task: dict) -> None:
    """The task's program in this process."""
    wheel, script = task.get("python_wheel_task", {}), task.get("spark_python_task", {})
    sys.argv = [wheel.get("entry_point") or script["python_file"], *(wheel or script).get("parameters", [])]
    if program := task.get("program"):
        exec(compile(program, "/databricks/planted.py", "exec"), {"__name__": "__main__"})
    elif wheel:
        points = importlib.metadata.distribution(wheel["package_name"]).entry_points
        (point,) = (one for one in points if one.name == wheel["entry_point"])
        point.load()()
    else:
        text = Path(script["python_file"]).read_text(encoding="utf-8")
        exec(compile(text, script["python_file"], "exec"), {"__name__": "__main__"})


def main() -> None:
    """The arguments: the file that describes the task, and the file for how it ended."""
    task, ended = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")), Path(sys.argv[2]).absolute()
    mount(task["root"])
    told = {"error": None, "error_trace": None}
    try:
        run(task)
    except SystemExit as stop:
        if stop.code not in (None, 0):
            told = {"error": f"SystemExit: {stop.code}", "error_trace": traceback.format_exc()}
    except BaseException as error:
        told = {"error": f"{type(error).__name__}: {error}", "error_trace": traceback.format_exc()}
    ended.write_text(json.dumps(told), encoding="utf-8")
    raise SystemExit(1 if told["error"] else 0)


if __name__ == "__main__":
    main()

"""A step's process on this machine: it ends where the run that started it is gone.

Belongs here: running a module as the program that it is, and looking after the run. Does not: starting it (compute.py).

A run that is killed with -9 cannot take its step with it. Left alone, that would go on, and refresh or score beside the
next run, which nobody would see.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading
import time

LOOK_EVERY = 0.25
"""Seconds."""


def main() -> None:
    """The program: `python -m resources.step_process RUN_PROCESS MODULE`."""
    run, module = int(sys.argv[1]), sys.argv[2]
    threading.Thread(target=_end_with, args=(run,), daemon=True).start()
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _end_with(run: int) -> None:
    """End this process, as hard as the run ended, once it is no longer the run's child."""
    while os.getppid() == run:
        time.sleep(LOOK_EVERY)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()

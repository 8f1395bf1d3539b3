"""What is measured: one module a stage, run by stage_process.py in a process of its own.

Belongs here: `repeats(prepared)`, an iterator of calls. A call is what is timed and returns the rows that it worked
on; what lies before the first yield is set-up, what lies between two is cleaning up, and neither is timed. A stage
imports what it needs and no more, since imports count in its peak memory. Does not: clocks (stage_process.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

Repeats = Iterator[Callable[[], int]]

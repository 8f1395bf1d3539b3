"""A Spark Connect server of pysail in the measured process, so that its memory counts.

Belongs here: starting it. Does not: being a stage; what is run on it (the stages on Spark).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pysail.spark import SparkConnectServer

from resources.spark import REMOTE, SparkTables, open_session


@contextmanager
def sail_tables() -> Iterator[SparkTables]:
    """Tables by a session on such a server."""
    server = SparkConnectServer("127.0.0.1", 0)
    server.start(background=True)
    try:
        yield SparkTables(open_session({REMOTE: f"sc://127.0.0.1:{server.listening_address[1]}"}))
    finally:
        server.stop()

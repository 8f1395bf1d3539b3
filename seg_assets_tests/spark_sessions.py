"""Spark sessions for tests: pysail's, which stands for a cluster, and one of the JVM.

Belongs here: starting and ending them so that the other kind can be started in the same process afterwards.
Does not: what is run on them (the tests).
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

NEEDS_JAVA = pytest.mark.skipif(shutil.which("java") is None, reason="JVM Spark needs Java")


@contextmanager
def sail_remote() -> Iterator[str]:
    """The SPARK_REMOTE of a Spark Connect server of pysail in this process."""
    server = pytest.importorskip("pysail.spark").SparkConnectServer("127.0.0.1", 0)
    server.start(background=True)
    try:
        yield f"sc://127.0.0.1:{server.listening_address[1]}"
    finally:
        server.stop()


@contextmanager
def sail_session() -> Iterator[Any]:
    """A Spark Connect session on such a server. Ends with the environment that it found, which pyspark changes."""
    before = dict(os.environ)
    with sail_remote() as remote:
        session = pytest.importorskip("pyspark.sql").SparkSession.builder.remote(remote).getOrCreate()
        try:
            yield session
        finally:
            session.stop()
            for name in os.environ.keys() - before.keys():
                del os.environ[name]


@contextmanager
def jvm_session(folder: Path) -> Iterator[Any]:
    """A session of the JVM on one core; folder: where it may write."""
    sql = pytest.importorskip("pyspark.sql")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        settings = {
            "spark.ui.enabled": "false",
            "spark.sql.shuffle.partitions": "1",
            "spark.sql.warehouse.dir": str(folder),
        }
        session = sql.SparkSession.builder.master("local[1]").config(map=settings).getOrCreate()
        try:
            yield session
        finally:
            session.stop()

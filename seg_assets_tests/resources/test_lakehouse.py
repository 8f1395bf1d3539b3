"""Writes replace one partition and nothing else, whatever happens beside or during them."""

from __future__ import annotations

import datetime as dt
import multiprocessing
import os
import resource
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import duckdb
import polars as pl
import pytest
from deltalake import DeltaTable
from polars.testing import assert_frame_equal

from resources.lakehouse import Lakehouse, TableError
from seg_assets.schemas import Column, Table

WEEKS = [dt.date(2026, 6, 29) + dt.timedelta(weeks=i) for i in range(4)]
TABLE = Table(
    "scores",
    {
        "account_id": Column(pl.String, "key"),
        "snapshot_date": Column(pl.Date, "Monday"),
        "value": Column(pl.Float64, "a number"),
        "reasons": Column(pl.List(pl.String), "texts"),
    },
    partition_column="snapshot_date",
)
LOG = Table("log", {"what": Column(pl.String, "anything")})


def rows(count: int, value: float = 1.0) -> pl.DataFrame:
    return pl.DataFrame(
        {"account_id": [f"A{i}" for i in range(count)], "value": value, "reasons": [["a", "b"]] * count},
        schema={"account_id": pl.String, "value": pl.Float64, "reasons": pl.List(pl.String)},
    )


@pytest.fixture
def lakehouse(tmp_path: Path) -> Lakehouse:
    return Lakehouse(str(tmp_path))


def stored(lakehouse: Lakehouse) -> dict[dt.date, tuple[int, float]]:
    grouped = lakehouse.scan("scores").group_by("snapshot_date").agg(pl.len(), pl.col("value").max()).collect()
    return {day: (count, value) for day, count, value in grouped.iter_rows()}


def test_rerun_replaces_only_its_week(lakehouse):
    lakehouse.replace(TABLE, rows(3, 1.0), WEEKS[0])
    lakehouse.replace(TABLE, rows(2, 2.0), WEEKS[1])
    lakehouse.replace(TABLE, rows(5, 9.0), WEEKS[0])
    assert stored(lakehouse) == {WEEKS[0]: (5, 9.0), WEEKS[1]: (2, 2.0)}


def test_three_weeks_written_three_weeks_left(lakehouse):
    """The stock Delta IO manager kept one of three (dagster issue 34064)."""
    for week in WEEKS[:3]:
        lakehouse.replace(TABLE, rows(2), week)
    assert sorted(lakehouse.partitions("scores")) == WEEKS[:3]
    assert lakehouse.scan("scores").select(pl.len()).collect().item() == 6


def test_reading_several_weeks_gives_all_of_them(lakehouse):
    for index, week in enumerate(WEEKS):
        lakehouse.replace(TABLE, rows(1, float(index)), week)
    found = lakehouse.scan("scores", [WEEKS[1], WEEKS[3]]).sort("value").collect()
    assert found["snapshot_date"].to_list() == [WEEKS[1], WEEKS[3]]


def test_a_week_that_was_never_written_is_an_error_not_an_empty_frame(lakehouse):
    with pytest.raises(TableError, match="table scores does not exist"):
        lakehouse.scan("scores")
    lakehouse.replace(TABLE, rows(1), WEEKS[0])
    with pytest.raises(TableError, match="table scores has no partition 2026-07-06"):
        lakehouse.scan("scores", WEEKS[:2])


def test_an_empty_week_can_replace_a_full_one(lakehouse):
    lakehouse.replace(TABLE, rows(3), WEEKS[0])
    assert lakehouse.replace(TABLE, rows(0), WEEKS[0]) == 0
    assert lakehouse.scan("scores", [WEEKS[0]]).collect().is_empty()


def test_other_programs_read_the_same_rows(lakehouse):
    lakehouse.replace(TABLE, rows(3), WEEKS[0])
    lakehouse.replace(TABLE, rows(2), WEEKS[1])
    uri = lakehouse.uri("scores")
    delta = pl.from_arrow(DeltaTable(uri).to_pyarrow_table())
    assert isinstance(delta, pl.DataFrame)
    order = ["snapshot_date", "account_id"]
    names = list(TABLE.schema)
    assert_frame_equal(delta.select(names).sort(order), lakehouse.scan("scores").select(names).sort(order).collect())
    files = [str(file) for file in Path(uri).rglob("*.parquet")]
    assert duckdb.read_parquet(files, hive_partitioning=True).aggregate("count(*)").limit(1).fetchall() == [(5,)]


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (rows(1).drop("value"), r"missing columns \['value'\]"),
        (rows(1).with_columns(extra=pl.lit(1)), r"unknown columns \['extra'\]"),
        (rows(1).with_columns(pl.col("value").cast(pl.String)), "value is String, not Float64"),
    ],
)
def test_a_frame_of_another_shape_is_refused_and_nothing_is_lost(lakehouse, frame, message):
    lakehouse.replace(TABLE, rows(3), WEEKS[0])
    with pytest.raises(TableError, match=message):
        lakehouse.replace(TABLE, frame, WEEKS[0])
    assert stored(lakehouse) == {WEEKS[0]: (3, 1.0)}


@pytest.mark.parametrize("partition", ["2026-06-29", dt.datetime(2026, 6, 29)])
def test_only_a_date_is_a_partition(lakehouse, partition):
    with pytest.raises(TableError, match="is not a date"):
        lakehouse.replace(TABLE, rows(1), partition)


def test_a_new_column_joins_and_earlier_weeks_hold_null(lakehouse):
    lakehouse.replace(TABLE, rows(1), WEEKS[0])
    wider = Table("scores", {**TABLE.columns, "note": Column(pl.String, "new")}, "snapshot_date")
    lakehouse.replace(wider, rows(1).with_columns(note=pl.lit("seen")), WEEKS[1])
    assert lakehouse.scan("scores").sort("snapshot_date").collect()["note"].to_list() == [None, "seen"]


def test_a_column_cannot_change_its_type_in_place(lakehouse):
    lakehouse.replace(TABLE, rows(1), WEEKS[0])
    other = Table("scores", {**TABLE.columns, "value": Column(pl.String, "changed")}, "snapshot_date")
    with pytest.raises(TableError, match="column value is stored as"):
        lakehouse.replace(other, rows(1).with_columns(pl.col("value").cast(pl.String)), WEEKS[1])


def test_append_adds_rows(lakehouse):
    lakehouse.append(LOG, pl.DataFrame({"what": ["a"]}))
    lakehouse.append(LOG, pl.DataFrame({"what": ["b"]}))
    assert sorted(lakehouse.scan("log").collect()["what"]) == ["a", "b"]


def test_appending_to_partitions_and_replacing_without_is_refused(lakehouse):
    with pytest.raises(TableError, match="is partitioned"):
        lakehouse.append(TABLE, rows(1))
    with pytest.raises(TableError, match="has no partitions"):
        lakehouse.replace(LOG, pl.DataFrame({"what": ["a"]}), WEEKS[0])


def test_a_commit_cut_short_is_an_error_that_names_the_remedy(lakehouse):
    lakehouse.replace(TABLE, rows(1), WEEKS[0])
    lakehouse.replace(TABLE, rows(2), WEEKS[1])
    newest = max((Path(lakehouse.uri("scores")) / "_delta_log").glob("*.json"))
    newest.write_text(newest.read_text()[:40])
    with pytest.raises(TableError, match=f"scores/_delta_log/{newest.name} is damaged: remove that file"):
        lakehouse.scan("scores").collect()
    newest.unlink()
    assert stored(lakehouse) == {WEEKS[0]: (1, 1.0)}


def _write(root: str, week: dt.date, count: int, gate: multiprocessing.synchronize.Barrier) -> None:
    frame = rows(count)
    gate.wait()
    Lakehouse(root).replace(TABLE, frame, week)


def _write_at_once(root: str, weeks: list[dt.date]) -> None:
    context = multiprocessing.get_context("spawn")
    gate = context.Barrier(len(weeks))
    writers = [context.Process(target=_write, args=(root, week, 100 + i, gate)) for i, week in enumerate(weeks)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert [writer.exitcode for writer in writers] == [0] * len(weeks)


def test_weeks_written_at_the_same_time_to_a_fresh_table_all_survive(tmp_path):
    _write_at_once(str(tmp_path), WEEKS)
    assert {day: count for day, (count, _) in stored(Lakehouse(str(tmp_path))).items()} == {
        week: 100 + index for index, week in enumerate(WEEKS)
    }


def test_one_week_written_twice_at_the_same_time_is_there_once(tmp_path):
    """delta-rs lets two first writers of a partition both commit: every account would be there twice."""
    _write_at_once(str(tmp_path), [WEEKS[0]] * 3)
    (count, _) = stored(Lakehouse(str(tmp_path)))[WEEKS[0]]
    assert count in (100, 101, 102)


KILLED_WRITER = """
    import datetime as dt, sys
    import polars as pl
    from resources.lakehouse import Lakehouse
    from seg_assets_tests.resources.test_lakehouse import TABLE, WEEKS, rows
    print("writing", flush=True)
    while True:
        Lakehouse(sys.argv[1]).replace(TABLE, rows(200_000, 2.0), WEEKS[0])
        print("written", flush=True)
"""


def test_a_writer_killed_half_way_leaves_a_whole_table(tmp_path, lakehouse):
    lakehouse.replace(TABLE, rows(3, 1.0), WEEKS[0])
    for pause in (0.01, 0.05, 0.15):
        writer = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(KILLED_WRITER), str(tmp_path)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        assert writer.stdout is not None
        assert writer.stdout.readline() == "writing\n"
        time.sleep(pause)
        os.kill(writer.pid, signal.SIGKILL)
        writer.wait()
        assert stored(lakehouse)[WEEKS[0]] in ((3, 1.0), (200_000, 2.0))
    lakehouse.replace(TABLE, rows(4, 3.0), WEEKS[0])
    assert stored(lakehouse)[WEEKS[0]] == (4, 3.0)


def test_a_full_disk_is_an_error_and_leaves_the_table_as_it_was(tmp_path, lakehouse):
    lakehouse.replace(TABLE, rows(3, 1.0), WEEKS[0])
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        with pytest.raises(TableError, match=r"(?s)nothing of it was stored.*File too large"):
            lakehouse.replace(TABLE, rows(200_000, 2.0), WEEKS[0])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, ignored)
    assert stored(lakehouse) == {WEEKS[0]: (3, 1.0)}
    assert len(list(Path(lakehouse.uri("scores")).rglob("*.parquet"))) == 1

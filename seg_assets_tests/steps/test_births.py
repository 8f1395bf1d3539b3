"""A refresh knows the births behind the champion's segments, whoever was promoted in between."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest

from resources.lakehouse import Lakehouse
from seg_assets.schemas import SEGMENT_MODEL, account_snapshots
from seg_assets.segmentation import Segmentation
from seg_assets.segmentation.confidence import Confidence
from seg_assets.segmentation.definitions import Box, Definition
from seg_assets.segmentation.indices import IndexSet
from seg_assets.segmentation.model import Segment
from seg_assets.segmentation.reference import Reference
from seg_assets.segmentation.stability.births import ABSENT, KNOWN, NEW
from seg_assets.segmentation.wording import Vocabulary
from seg_assets.steps.births import read_births
from seg_assets_tests.segmentation.small_catalogue import small_catalogue

CATALOGUE = small_catalogue()
MONTH_ENDS = {month: dt.date.fromisoformat(f"2026-{month}-25") for month in ("05", "06", "07", "08")}


def named(*ids: str) -> Segmentation:
    nothing = Reference((), (), ())
    everyone = Definition((Box(()),))
    return Segmentation(
        catalogue=CATALOGUE.name,
        reference=nothing,
        intent=None,
        intent_weight=None,
        segments=tuple(Segment(name, name, everyone, None, None, ()) for name in ids),
        splits=(),
        confidence=Confidence(()),
        vocabulary=Vocabulary.of(CATALOGUE, IndexSet(nothing)),
        tombstones=(),
        highest_id=9,
        metrics={},
    )


class Refreshed:
    """A lakehouse with a version a month. Each month one account more has landed: A5, then A5 and A6, ..."""

    def __init__(self, lakehouse: Lakehouse) -> None:
        self.lakehouse = lakehouse
        for month, monday in MONTH_ENDS.items():
            ids = [f"A{number}" for number in range(5, int(month) + 1)]
            table = account_snapshots(CATALOGUE)
            nulls = {name: pl.Series(name, [None] * len(ids), dtype) for name, dtype in table.schema.items()}
            lakehouse.replace(table, pl.DataFrame(nulls | {"account_id": ids}), monday)

    def version(self, month: str, ids: Sequence[str], before: str | None, born: int = 0) -> Segmentation:
        """The segmentation trained on the last snapshot of `month`, and so named."""
        segmentation = named(*ids)
        row = {
            "definition_version": month,
            "trained_on": MONTH_ENDS[month],
            "champion_before": before,
            "metrics": json.dumps({"born": born} if born else {"churn": 0.1}),
            "segmentation": segmentation.to_json(),
        }
        nulls = {name: pl.Series(name, [None], dtype) for name, dtype in SEGMENT_MODEL.schema.items()}
        frame = pl.DataFrame(nulls | {name: [value] for name, value in row.items()})
        self.lakehouse.replace(SEGMENT_MODEL, frame, dt.date.fromisoformat(f"2026-{month}-01"))
        return segmentation


@pytest.fixture
def refreshed(tmp_path: Path) -> Refreshed:
    return Refreshed(Lakehouse(str(tmp_path)))


def test_a_birth_is_known_months_later_with_who_was_there(refreshed: Refreshed) -> None:
    refreshed.version("05", ["SEG-01", "SEG-02"], None)
    refreshed.version("06", ["SEG-01", "SEG-02", "SEG-03"], "05", born=1)
    champion = refreshed.version("07", ["SEG-01", "SEG-02", "SEG-03"], "06")
    (birth,) = read_births(refreshed.lakehouse, "07", champion)
    assert birth.segments == 2
    assert birth.presence(pl.Series(["A5", "A6", "A7"])).tolist() == [KNOWN, NEW, ABSENT]


def test_several_births_come_in_their_order(refreshed: Refreshed) -> None:
    refreshed.version("05", ["SEG-01", "SEG-02"], None)
    refreshed.version("06", ["SEG-01", "SEG-02", "SEG-03"], "05", born=1)
    champion = refreshed.version("07", ["SEG-01", "SEG-02", "SEG-03", "SEG-04"], "06", born=1)
    assert [birth.segments for birth in read_births(refreshed.lakehouse, "07", champion)] == [2, 3]


def test_a_birth_that_was_never_promoted_or_whose_segment_has_ended_is_none(refreshed: Refreshed) -> None:
    refreshed.version("05", ["SEG-01", "SEG-02"], None)
    refreshed.version("06", ["SEG-01", "SEG-02", "SEG-03"], "05", born=1)
    beside = refreshed.version("07", ["SEG-01", "SEG-02", "SEG-04"], "05")
    assert read_births(refreshed.lakehouse, "07", beside) == ()
    ended = refreshed.version("08", ["SEG-01", "SEG-02"], "06")
    assert read_births(refreshed.lakehouse, "08", ended) == ()


def test_a_first_model_and_no_model_have_no_births(refreshed: Refreshed) -> None:
    assert read_births(refreshed.lakehouse, None, None) == ()
    first = refreshed.version("05", ["SEG-01", "SEG-02"], None)
    assert read_births(refreshed.lakehouse, "05", first) == ()


def test_a_birth_whose_snapshots_are_gone_is_left_out(refreshed: Refreshed) -> None:
    """Retention may have ended them; the segment is then judged without knowing who came when."""
    refreshed.version("05", ["SEG-01", "SEG-02"], None)
    champion = refreshed.version("06", ["SEG-01", "SEG-02", "SEG-03"], "05", born=1)
    (_, *kept) = MONTH_ENDS.values()
    alone = Lakehouse(str(refreshed.lakehouse.root) + "_kept")
    for monday in kept:
        rows = refreshed.lakehouse.scan("account_snapshots", [monday]).collect()
        alone.replace(account_snapshots(CATALOGUE), rows, monday)
    for month in refreshed.lakehouse.partitions(SEGMENT_MODEL.name):
        alone.replace(SEGMENT_MODEL, refreshed.lakehouse.scan(SEGMENT_MODEL.name, [month]).collect(), month)
    assert read_births(alone, "06", champion) == ()

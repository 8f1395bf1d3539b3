"""The report of a month in which a new kind of account has come."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from seg_assets.segmentation import fit
from seg_assets.segmentation.count.measure import Measured
from seg_assets.segmentation.count.report import CountReport, count_report
from seg_assets.segmentation.stability.assessment import Effort
from seg_assets.segmentation.stability.verdict import Gate
from seg_assets_tests.segmentation.arrivals import CATALOGUE, SEGMENTS, arrival

FEW = Effort(splits=4, bootstraps=6, nulls=2, null_splits=1, null_bootstraps=1)


@pytest.fixture(scope="module")
def report() -> CountReport:
    found = arrival()
    return count_report(
        found.frame,
        CATALOGUE,
        found.champion,
        found.outcomes,
        found.outcomes.frame,
        preprocessor=found.preprocessor,
        counts=[SEGMENTS],
        seed=0,
        effort=FEW,
        before=found.before,
    )


def test_one_segment_more_is_judged_and_the_newborn_comes_back(report: CountReport) -> None:
    """It was the worst of all segments, at 0.44. Some others of so few accounts do not come back, and never did."""
    assert [one.partition.count for one in report.measured] == [SEGMENTS, SEGMENTS + 1]
    fewer, more = (dict(gates(one)) for one in report.measured)
    parted = more.keys() - fewer.keys()
    assert len(parted) == 2
    assert {more[sql] for sql in parted} == {Gate.PASS}


def gates(one: Measured) -> Iterator[tuple[str, Gate]]:
    """The gate that each definition meets by its Jaccard alone."""
    definitions = (definition.sql() for definition in one.partition.definitions)
    return zip(definitions, (segment.gate for segment in one.stability.segments), strict=True)


def test_the_sentence_says_that_refits_knew_who_came(report: CountReport) -> None:
    said = "A new kind of account has come since the refresh before; refits look for it knowing who came when"
    assert said in report.choice.sentence


def test_the_refresh_makes_the_segment_that_was_judged_and_all_others_live_on(report: CountReport) -> None:
    found = arrival()
    segmentation = fit(
        found.frame,
        CATALOGUE,
        found.champion,
        found.outcomes,
        preprocessor=found.preprocessor,
        learned=report.learned,
        weight=report.weight,
        count=SEGMENTS + 1,
        before=found.before,
    )
    judged = {definition.sql() for definition in report.measured[1].partition.definitions}
    assert {segment.definition.sql() for segment in segmentation.segments} == judged
    ids = {segment.segment_id for segment in found.champion.segments}
    assert {segment.segment_id for segment in segmentation.segments} == ids | {f"SEG-{SEGMENTS + 1:02d}"}
    assert segmentation.metrics["born"] == 1

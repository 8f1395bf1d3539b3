"""A week's scores by SQL on pysail: every column of every account is what Polars gives it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from seg_assets.calendar import remembered_mondays
from seg_assets.segmentation import Segmentation
from seg_assets.segmentation.confidence import Confidence, Noise
from seg_assets.segmentation.definitions import Box, Definition
from seg_assets.segmentation.labels import NO_LABELS, Labels
from seg_assets.segmentation.sql.codes import codes_sql
from seg_assets.segmentation.sql.held_codes import remembered_names, remembered_sql
from seg_assets_tests.segmentation.conftest import Fitted
from seg_assets_tests.segmentation.label_examples import label
from seg_assets_tests.segmentation.sql.held_weeks import MONDAYS, Weeks
from seg_assets_tests.segmentation.sql.models import NUMBERS, Case, cases
from seg_assets_tests.spark_sessions import sail_session

NEGATIVE_NAN = np.array([0xFFF8000000000000], dtype=np.uint64).view(np.float64)[0]


@pytest.fixture(scope="module")
def sail() -> Iterator[Any]:
    with sail_session() as session:
        yield session


def run(
    sail: Any,
    segmentation: Segmentation,
    labels: Labels,
    accounts: pl.DataFrame,
    earlier: Mapping[Any, pl.DataFrame],
    hold_weeks: int,
    folder: Path,
) -> pl.DataFrame:
    """What the step does, on frames."""
    accounts.write_parquet(folder / "accounts.parquet")
    frame = sail.read.parquet(str(folder / "accounts.parquet"))
    types = dict(accounts.schema) | dict.fromkeys(remembered_names(hold_weeks), pl.Int32())
    if hold_weeks:
        week = accounts["snapshot_date"][0]
        pl.concat(earlier.values()).write_parquet(folder / "earlier.parquet")
        sail.read.parquet(str(folder / "earlier.parquet")).createOrReplaceTempView("earlier")
        text = remembered_sql(segmentation, "earlier", types, remembered_mondays(week, hold_weeks))
        frame = frame.join(sail.sql(text), "account_id", "left")
    frame.createOrReplaceTempView("accounts")
    found = pl.DataFrame(sail.sql(codes_sql(segmentation, labels, "accounts", types, hold_weeks)).toArrow())
    return segmentation.told(found.lazy(), hold_weeks, labels).collect().sort("account_id")


@pytest.mark.parametrize("hold_weeks", [0, 1, 2])
def test_every_column_of_every_account_is_the_same(
    sail: Any, fitted: Fitted, weeks: Weeks, tmp_path: Path, hold_weeks: int
) -> None:
    labels = Labels.of(fitted.catalogue.labels)
    week = MONDAYS[3]
    tier = pl.when(pl.int_range(pl.len()) % 3 == 0).then(pl.lit("A"))
    accounts = weeks[week].with_columns(tier.alias("tier"))
    mondays = remembered_mondays(week, hold_weeks)
    found = run(sail, fitted.segmentation, labels, accounts, {m: weeks[m] for m in mondays}, hold_weeks, tmp_path)
    earlier = [weeks[monday].lazy() for monday in mondays]
    wanted = fitted.segmentation.assign(accounts, earlier, hold_weeks, labels).collect().sort("account_id")
    assert_frame_equal(found, wanted, check_exact=True)
    assert wanted["held"].sum() == 0 if hold_weeks == 0 else wanted["held"].sum() > 5
    assert wanted["confidence"].n_unique() > 3
    assert wanted["labels"].list.len().sum() > 100


ON_EDGES = Confidence((), (0.5, 1.0, 1 / 0.7, 10.0), (0.1, 0.30005, 0.5, 0.77775, 1.0))
LABELS = Labels.of(
    (
        label("apart", 3, "growth - order > 0"),
        label("ratio", 2, "visits / growth >= 0.5 OR -order < 0.5"),
        label("both", 1, "apart AND NOT ratio AND segment_id <> 'SEG-01' OR depth / 2 >= 25.5 OR intent > 2"),
    )
)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(cases(), st.randoms(use_true_random=False), st.integers(0, 2))
def test_random_segmentations_give_every_account_the_same(
    sail: Any,
    fitted: Fitted,
    tmp_path_factory: pytest.TempPathFactory,
    case: Case,
    random: np.random.Generator,
    hold_weeks: int,
) -> None:
    """Values on every border there is, NaN with either sign; distances that are exactly an edge of the table.

    pysail takes a NaN with a sign to be below all numbers, and compares a double with 0.5 as decimals.
    """
    everyone = replace(case, definitions=(*case.definitions, Definition((Box(()),))))
    noise = tuple(Noise(name, 0.7) for name in (*NUMBERS, "depth", "fit", "intent"))
    segmentation = replace(everyone.segmentation(fitted.segmentation), confidence=replace(ON_EDGES, noise=noise))
    weeks = {}
    for monday in MONDAYS[:4]:
        places = [random.randrange(case.accounts.height) for _ in range(40)]
        ids = pl.Series(f"A{number}" for number in range(40))
        weeks[monday] = case.accounts[places].with_columns(ids.alias("account_id"), snapshot_date=pl.lit(monday))
    signed = pl.when(pl.int_range(pl.len()) % 2 == 0).then(NEGATIVE_NAN).otherwise(float("nan"))
    numbers = [pl.when(pl.col(name).is_nan()).then(signed).otherwise(name).alias(name) for name in NUMBERS]
    week = MONDAYS[3]
    accounts = weeks[week].with_columns(numbers)
    mondays = remembered_mondays(week, hold_weeks)
    earlier = {monday: weeks[monday].with_columns(numbers) for monday in mondays}
    labels = LABELS if hold_weeks else NO_LABELS
    folder = tmp_path_factory.mktemp("case")
    found = run(sail, segmentation, labels, accounts, earlier, hold_weeks, folder)
    past = [earlier[monday].lazy() for monday in mondays]
    wanted = segmentation.assign(accounts, past, hold_weeks, labels).collect().sort("account_id")
    assert_frame_equal(found, wanted, check_exact=True)

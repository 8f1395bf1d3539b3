from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from seg_assets.segmentation import Outcomes
from seg_assets.segmentation.intent import rows as module
from seg_assets.segmentation.intent.rows import training_rows
from seg_assets_tests.segmentation.leads import leads


@pytest.fixture
def months() -> pl.DataFrame:
    frame = leads(4_000)
    days = [date(2026, 3, 30), date(2026, 4, 27)]
    return pl.concat([frame.with_columns(snapshot_date=pl.lit(day)) for day in days])


def test_what_fits_is_taken_whole(months: pl.DataFrame) -> None:
    rows = training_rows(Outcomes(months.lazy()))
    assert rows is not None
    assert rows.frame.height == months.height
    assert rows.offset == 0.0
    assert rows.accounts_converted == months.filter("converted")["account_id"].n_unique()


def test_rows_are_drawn_with_known_shares_by_who_they_are_alone(
    months: pl.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FEWEST_OTHERS", 500)
    rows = training_rows(Outcomes(months.lazy()), most_converted=300)
    again = training_rows(Outcomes(months.reverse().lazy()), most_converted=300)
    assert rows is not None
    assert again is not None
    assert rows.frame.equals(again.frame)
    converted = months["converted"].sum()
    assert rows.share_converted == pytest.approx(300 / converted)
    assert rows.share_others == pytest.approx(900 / (months.height - converted))
    assert rows.converted.sum() == pytest.approx(300, abs=60)
    assert rows.weights.sum() == pytest.approx(months.height, rel=0.1)
    assert rows.odds == converted / (months.height - converted)
    by_day = rows.frame["snapshot_date"].value_counts()["count"]
    assert by_day.min() == pytest.approx(by_day.max(), rel=0.2)  # type: ignore[arg-type]


def test_the_first_rows_are_a_sample_of_all(months: pl.DataFrame) -> None:
    rows = training_rows(Outcomes(months.sort("visits").lazy()))
    assert rows is not None
    first, mean = rows.frame.head(1_000)["visits"].mean(), months["visits"].mean()
    assert first == pytest.approx(mean, rel=0.1)


def test_one_outcome_alone_is_nothing_to_learn_from(months: pl.DataFrame) -> None:
    assert training_rows(Outcomes(months.filter("converted").lazy())) is None
    assert training_rows(Outcomes(months.clear().lazy())) is None

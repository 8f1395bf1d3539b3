from __future__ import annotations

import polars as pl
import pytest

from seg_assets.segmentation.reach import reach

ACCOUNTS = pl.DataFrame({"account_id": ["A1", "A2", "A3", "A4", "A5"]})
CODE = pl.Series([0, 0, 0, 0, 1], dtype=pl.UInt32)


def master(**columns: list[bool | None]) -> pl.DataFrame:
    frame = pl.DataFrame({"account_id": ["A4", "A3", "A2", "A1"]})
    return frame.with_columns(pl.Series(name, values, dtype=pl.Boolean) for name, values in columns.items())


def test_a_consent_that_is_not_known_is_none() -> None:
    found = reach(
        ACCOUNTS,
        CODE,
        master(email_consent=[True, None, False, True], sales_contactable=[True, False, False, False]),
        2,
    )
    assert found[0] is not None and found[1] is not None
    assert dict(found[0].by_channel) == {"e-mail": 0.5, "sales": 0.25}
    assert found[0].anyhow == pytest.approx(0.5)
    assert found[1].anyhow == 0.0


def test_a_channel_that_never_landed_is_left_out() -> None:
    found = reach(ACCOUNTS, CODE, master(ads_consent=[True] * 4, email_consent=[None] * 4), 2)[0]
    assert found is not None and [name for name, _ in found.by_channel] == ["ads"]


def test_without_consents_reach_is_not_known() -> None:
    assert reach(ACCOUNTS, CODE, None, 2) == [None, None]
    assert reach(ACCOUNTS, CODE, master(email_consent=[None] * 4), 2) == [None, None]
    assert reach(ACCOUNTS, CODE, master(), 2) == [None, None]


def test_a_segment_without_accounts_has_no_reach() -> None:
    assert reach(ACCOUNTS, CODE, master(email_consent=[True] * 4), 3)[2] is None

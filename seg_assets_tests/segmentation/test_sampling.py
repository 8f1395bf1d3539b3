from __future__ import annotations

import polars as pl

from seg_assets.segmentation.sampling import hash_sample, hash_sample_of

ACCOUNTS = pl.DataFrame({"account_id": [f"A{n}" for n in range(1000)], "value": range(1000)})


def test_the_sample_does_not_depend_on_the_order_of_rows() -> None:
    assert hash_sample(ACCOUNTS, 50).equals(hash_sample(ACCOUNTS.reverse(), 50))


def test_a_smaller_sample_is_the_beginning_of_a_larger_one() -> None:
    assert hash_sample(ACCOUNTS, 50).equals(hash_sample(ACCOUNTS, 200).head(50))


def test_the_sample_keeps_its_accounts_while_the_population_changes() -> None:
    sampled = set(hash_sample(ACCOUNTS, 500)["account_id"])
    after_a_loss = set(hash_sample(ACCOUNTS.tail(900), 500)["account_id"])
    assert len(sampled & after_a_loss) > 0.85 * len(sampled)


def test_the_order_is_a_published_checksum() -> None:
    """Polars' own hash changes between versions: with it, an upgrade would move every definition."""
    assert hash_sample(ACCOUNTS, 3)["account_id"].to_list() == ["A877", "A222", "A626"]


def test_a_sample_of_accounts_that_are_read_as_needed_is_the_same() -> None:
    assert hash_sample_of(ACCOUNTS.reverse().lazy()).equals(hash_sample(ACCOUNTS))

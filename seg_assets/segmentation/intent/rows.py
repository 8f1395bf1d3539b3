"""The accounts that the intent index learns from: few enough to be quick, the same on every machine.

Belongs here: drawing rows of matured outcomes with known shares, and which accounts are learned from together.
Does not: what is learned (additive_fit.py, cross_fit.py).
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from seg_assets.segmentation.outcomes import CONVERTED, Outcomes

FAMILY = "parent_account_id"
FOLDS = 5
MOST_CONVERTED = 20_000
OTHERS_EACH = 3
FEWEST_OTHERS = 60_000

_DRAW = "__draw"
_RANGE = 2**32
# An odd multiplier spreads neighbouring numbers over the whole range (Knuth, The Art of Computer Programming 6.4).
_SPREAD = 2_654_435_761


@dataclass(frozen=True)
class TrainingRows:
    """Drawn rows in an order that is chance, so that the first of them are a sample too.

    frame: account rows with `converted`; share_converted, share_others: the shares of all rows that were drawn;
    accounts_converted: how many different accounts converted, drawn or not; odds: of converting, over all rows.
    """

    frame: pl.DataFrame
    share_converted: float
    share_others: float
    accounts_converted: int
    odds: float

    @property
    def converted(self) -> npt.NDArray[np.bool_]:
        """(n,) whether each row converted."""
        return self.frame[CONVERTED].to_numpy()

    @property
    def weights(self) -> npt.NDArray[np.float64]:
        """(n,) how many of all rows each drawn one stands for."""
        return np.where(self.converted, 1 / self.share_converted, 1 / self.share_others)

    @property
    def offset(self) -> float:
        """What the draw adds to the log odds of every row."""
        return float(np.log(self.share_converted / self.share_others))


def training_rows(outcomes: Outcomes, most_converted: int = MOST_CONVERTED) -> TrainingRows | None:
    """All converted rows up to `most_converted` and three others for each, but 60,000 at least.

    None where all rows had the same outcome. A row's luck depends on its account_id and snapshot_date alone. Source of
    drawing by outcome and correcting the intercept: Prentice, Pyke 1979.
    """
    keys = outcomes.frame.select("account_id", "snapshot_date", CONVERTED).collect()
    converted = int(keys[CONVERTED].sum())
    others = keys.height - converted
    if not converted or not others:
        return None
    share_converted = min(1.0, most_converted / converted)
    share_others = min(1.0, max(OTHERS_EACH * share_converted * converted, FEWEST_OTHERS) / others)
    limit = pl.when(CONVERTED).then(share_converted * _RANGE).otherwise(share_others * _RANGE)
    drawn = _with_draw(keys).filter(pl.col(_DRAW) < limit).drop(CONVERTED)
    accounts = keys.filter(CONVERTED)["account_id"].n_unique()
    frame = _rows(outcomes.frame, drawn).sort(_DRAW, "account_id", "snapshot_date").drop(_DRAW)
    return TrainingRows(frame, share_converted, share_others, accounts, converted / others)


def folds_of(frame: pl.DataFrame) -> npt.NDArray[np.intp]:
    """(n,) the fold 0 .. 4 of each account; accounts under one parent are in one fold where the frame names parents."""
    family = pl.coalesce(FAMILY, "account_id") if FAMILY in frame.columns else pl.col("account_id")
    keys = frame.select(family.alias("key"))["key"]
    codes = _checksums(keys.unique().cast(pl.String).to_list(), "fold:").rename({"account_id": "key"})
    code = keys.to_frame().join(codes, on="key", how="left", maintain_order="left")[_DRAW]
    return (code.to_numpy() % FOLDS).astype(np.intp)


def family_codes(frame: pl.DataFrame) -> npt.NDArray[np.intp]:
    """(n,) a number for each account's family: accounts under one parent, each its own where that is not known."""
    family = pl.coalesce(FAMILY, "account_id") if FAMILY in frame.columns else pl.col("account_id")
    return frame.select(family.rank("dense")).to_series().to_numpy().astype(np.intp)


def _rows(frame: pl.LazyFrame, drawn: pl.DataFrame) -> pl.DataFrame:
    """The rows of `frame` at the keys of `drawn`, beside its other columns.

    Date by date and by ids alone, which files are filtered by while they are read: a join would hold all rows first.
    """
    parts = []
    for part in drawn.partition_by("snapshot_date"):
        same = pl.col("snapshot_date") == part["snapshot_date"].first()
        chosen = frame.filter(same, pl.col("account_id").is_in(part["account_id"].implode()))
        parts.append(chosen.collect(engine="streaming").join(part, on=["account_id", "snapshot_date"]))
    return pl.concat(parts)


def _with_draw(keys: pl.DataFrame) -> pl.DataFrame:
    """`keys` with a number below 2**32 a row, from checksums of account and date."""
    days = keys["snapshot_date"].unique()
    salts = pl.Series([zlib.crc32(str(day).encode()) for day in days], dtype=pl.UInt64)
    salt = pl.col("snapshot_date").replace_strict(days, salts, return_dtype=pl.UInt64)
    draw = (pl.col(_DRAW) ^ salt) * pl.lit(_SPREAD, dtype=pl.UInt64) % _RANGE
    accounts = keys["account_id"].unique().to_list()
    return keys.join(_checksums(accounts, ""), on="account_id").with_columns(draw.alias(_DRAW))


def _checksums(accounts: Sequence[str], salt: str) -> pl.DataFrame:
    codes = [zlib.crc32((salt + account).encode()) for account in accounts]
    return pl.DataFrame({"account_id": accounts, _DRAW: codes}, schema={"account_id": pl.String, _DRAW: pl.UInt64})

"""The floor: classes of the same sizes as the segments, by lot.

Belongs here: a lot for each account that is the same on every machine and in every month. Does not: the control that
deals many times (controls.py of the package above).
"""

from __future__ import annotations

import zlib

import numpy as np
import polars as pl

from seg_assets.segmentation.conversion.candidates.candidate import Accounts, Candidate, Ground, as_they_are
from seg_assets.segmentation.lift import Codes, Vector

NAME, TITLE = "random", "Random classes of the segments' sizes"


def by_lot(ground: Ground, segments: Candidate) -> Candidate:
    """An account keeps its class from month to month; sizes are those of the newest training month."""
    codes = segments.cells(ground.newest)
    shares = np.cumsum(np.bincount(codes, minlength=len(segments.labels))) / max(len(codes), 1)

    def cells(accounts: Accounts) -> Codes:
        places = np.searchsorted(shares, lots(accounts.frame["account_id"], ground.seed), side="right")
        return np.minimum(places, len(segments.labels) - 1)

    labels = tuple(f"lot {number}" for number in range(1, len(segments.labels) + 1))
    return Candidate(NAME, TITLE, labels, cells, as_they_are)


def lots(account_ids: pl.Series, seed: int) -> Vector:
    """(n,) a number from 0 to 1 for each account.

    A CRC-32 alone would be the order by which samples are drawn elsewhere; its bits are mixed first.
    Source: splitmix64, Steele, Lea and Flood 2014.
    """
    codes = np.array([zlib.crc32(account.encode()) for account in account_ids], dtype=np.uint64)
    state = codes + np.uint64(seed % 2**32) * np.uint64(2**32)
    with np.errstate(over="ignore"):
        state += np.uint64(0x9E3779B97F4A7C15)
        state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        state ^= state >> np.uint64(31)
    found: Vector = state.astype(np.float64) / 2.0**64
    return found

"""Refreshes that gave a new kind of account a segment, for refits to carry out again.

Belongs here: which accounts were there at such a refresh, and which of them had just come.
Does not: finding the new kind (new_kinds.py), refits (tree_family.py), which refreshes these were (steps/births.py).

Why refits carry them out: a segment that was found because its accounts came together is not one that explains most of
all accounts. Refits that did not know who came when never found it (Jaccard 0.5 where a tenth of 8,800 accounts were of
a planted kind), and the number of segments that holds it was stopped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

ABSENT, KNOWN, NEW = 0, 1, 2

Presence = npt.NDArray[np.int8]


@dataclass(frozen=True, eq=False)
class Birth:
    """One refresh. segments: how many there were before it; known: account_ids that those were fitted on; present:
    account_ids at the refresh itself, None where it is the one that is judged.
    """

    segments: int
    known: pl.Series
    present: pl.Series | None = None

    def presence(self, accounts: pl.Series) -> Presence:
        """(n,) ABSENT, KNOWN or NEW at the refresh. accounts: n account_ids."""
        known = accounts.is_in(self.known.implode()).to_numpy()
        here = np.ones(len(accounts), dtype=np.bool_)
        if self.present is not None:
            here = accounts.is_in(self.present.implode()).to_numpy()
        return np.where(known, KNOWN, np.where(here, NEW, ABSENT)).astype(np.int8)


def presences(births: Sequence[Birth], accounts: pl.Series) -> Presence:
    """(n, births)."""
    columns = [birth.presence(accounts) for birth in births]
    return np.column_stack(columns) if columns else np.zeros((len(accounts), 0), dtype=np.int8)

"""Rules that a marketer wrote by hand: as they are, and re-tuned.

Belongs here: ordered conditions as classes, and all combinations of them merged by what training months say.
Does not: the rules themselves, which are the catalogue's.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import numpy as np
import polars as pl

from seg_assets.segmentation.conversion.candidates.candidate import (
    Accounts,
    Candidate,
    Ground,
    LeftOut,
    as_they_are,
    codes_of,
)
from seg_assets.segmentation.conversion.candidates.merging import merging
from seg_assets.segmentation.lift import Codes

AS_THEY_ARE, RETUNED = "hand_rules", "hand_rules_retuned"
TITLES = {AS_THEY_ARE: "Hand rules as they are", RETUNED: "Hand rules, re-tuned"}


def first_that_holds(conditions: Sequence[str | None]) -> pl.Expr:
    """The position of the first SQL condition that holds, as Int32, never null; the last takes everyone else.

    A missing value makes no condition hold.
    """
    asked = [text for text in conditions[:-1] if text is not None]
    return reduce(
        lambda rest, pair: pl.when(pl.sql_expr(pair[1]).fill_null(False)).then(pair[0]).otherwise(rest),
        reversed(list(enumerate(asked))),
        pl.lit(len(conditions) - 1, dtype=pl.Int32),
    ).cast(pl.Int32)


def hand_rules(ground: Ground) -> list[Candidate | LeftOut]:
    """As they are, and re-tuned: the combinations of conditions that hold, merged into as many classes as segments.

    Re-tuning keeps the conditions that the marketer chose, and lets training months say which of their combinations
    belong together; a combination that the newest training month does not have is one with those of no condition.
    """
    design = ground.catalogue.lift_report
    if not design.hand_rules:
        reason = "the catalogue has no lift_report.hand_rules"
        return [LeftOut(name, title, reason) for name, title in TITLES.items()]
    conditions = [rule.when for rule in design.hand_rules]
    titles = tuple(rule.title for rule in design.hand_rules)
    code = first_that_holds(conditions)

    def cells(accounts: Accounts) -> Codes:
        return codes_of(accounts.frame, code)

    return [
        Candidate(AS_THEY_ARE, TITLES[AS_THEY_ARE], titles, cells, as_they_are),
        _retuned(ground, [text for text in conditions if text is not None], titles),
    ]


def _retuned(ground: Ground, conditions: Sequence[str], titles: Sequence[str]) -> Candidate:
    holding = pl.sum_horizontal(
        pl.sql_expr(text).fill_null(False).cast(pl.Int64) * 2**place for place, text in enumerate(conditions)
    )
    seen = np.unique(np.append(codes_of(ground.newest.frame, holding), 0))

    def cells(accounts: Accounts) -> Codes:
        masks = codes_of(accounts.frame, holding)
        places = np.minimum(np.searchsorted(seen, masks), len(seen) - 1)
        return np.where(seen[places] == masks, places, 0)

    labels = tuple(
        " + ".join(title for place, title in enumerate(titles[:-1]) if mask >> place & 1) or titles[-1]
        for mask in seen.tolist()
    )
    fewer = merging(ground.count, ground.catalogue.lift_report.shrinkage)
    return Candidate(RETUNED, TITLES[RETUNED], labels, cells, fewer)

"""What marketing does with a segment: the first play of the catalogue that fits its portrait.

Belongs here: a portrait as the row that a play's condition reads.
Does not: the playbook (the catalogue's).
"""

from __future__ import annotations

import polars as pl

from seg_assets.catalogs import Catalogue
from seg_assets.catalogs.model import Play
from seg_assets.segmentation.portraits import Portrait


def fitting_play(catalogue: Catalogue, portrait: Portrait, conversion_rate: float | None) -> Play | None:
    """The first play whose `when` holds; None where none does.

    Readable names: indices and numeric features (means), `<feature>_<level>` and `<boolean>_true` (shares, 0 where
    nobody has the level), account_share, conversion_rate, intent. What is not known is null, and null does not hold:
    without labels there is neither a rate nor intent.
    """
    values: dict[str, float | None] = {
        f"{feature.name}_{level}": portrait.levels.get(feature.name, {}).get(level, 0.0)
        for feature in catalogue.features
        for level in ("true", *feature.levels, *feature.unordered_levels)
    }
    values |= {f"{name}_{level}": share for name, shares in portrait.levels.items() for level, share in shares.items()}
    values |= portrait.numbers | portrait.indices
    values |= {"account_share": portrait.share, "conversion_rate": conversion_rate}
    for play in catalogue.playbook:
        condition = pl.sql_expr(play.when)
        asked = {name: [values.get(name)] for name in condition.meta.root_names()}
        row = pl.DataFrame(
            {"account_share": [portrait.share]} | asked, schema_overrides=dict.fromkeys(asked, pl.Float64)
        )
        if row.select(condition.fill_null(False).first()).item():
            return play
    return None

"""The example of docs/catalogue.md can be copied out and used."""

from __future__ import annotations

import re
from pathlib import Path

from seg_assets.catalogs import Catalogue
from seg_assets.catalogs.consistency import FIXED_TABLES, TABLE_COLUMNS
from seg_assets.catalogs.load import parse_catalogue

PAGE = Path(__file__).parents[2] / "docs" / "catalogue.md"
TEXT = PAGE.read_text(encoding="utf-8")


def example() -> Catalogue:
    blocks = re.findall(r"^```yaml\n(.*?)^```$", TEXT, flags=re.MULTILINE | re.DOTALL)
    assert len(blocks) == 1
    return parse_catalogue(blocks[0], PAGE.name)


def test_the_example_loads_and_shows_every_part():
    catalogue = example()
    shown = catalogue.model_fields_set
    assert set(Catalogue.model_fields) - shown == {
        "labels",
        "kpis",
        "outcome_lag_days",
        "outcome_column",
        "order_column",
    }
    assert {str(feature.kind) for feature in catalogue.features} == {"numeric", "ordinal"}


def test_the_page_names_every_name_that_is_taken():
    for name in (*TABLE_COLUMNS, *FIXED_TABLES):
        assert f"`{name}`" in TEXT

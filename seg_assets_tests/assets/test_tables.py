"""Every table is known by name, and says what it holds, column by column, and what of it is sensitive."""

from __future__ import annotations

import pkgutil
from pathlib import Path

import pytest

import seg_assets
from seg_assets.assets.tables import DECLARED_BY, tables_of
from seg_assets.catalogs import catalogue_at
from seg_assets.unity_catalog import full_name
from seg_assets_tests.shared import CHECKOUT

CATALOGUES = [None, *sorted((CHECKOUT / "examples").glob("*/catalogue.yaml"))]


@pytest.fixture(scope="module", params=CATALOGUES, ids=lambda path: path.parent.name if path else "default")
def tables(request):
    path: Path | None = request.param
    return tables_of(catalogue_at(path))


def test_every_table_has_a_name_of_its_own_in_unity_catalog(tables):
    assert len({full_name(name, "main.segments") for name in tables}) == len(tables)


def test_every_table_and_column_says_what_it_holds(tables):
    assert [name for name, table in tables.items() if not table.description] == []
    silent = [(name, column) for name, table in tables.items() for column, one in table.columns.items()]
    assert [(name, column) for name, column in silent if not tables[name].columns[column].description] == []


def test_account_ids_are_sensitive_wherever_they_are(tables):
    kept = [name for name, table in tables.items() if "account_id" in table.columns]
    assert len(kept) > 10
    assert all(tables[name].columns["account_id"].sensitive for name in kept)


def test_what_names_people_and_may_be_done_with_them_is_sensitive():
    tables = tables_of(catalogue_at(None))

    def sensitive(name: str) -> list[str]:
        return [column for column, declared in tables[name].columns.items() if declared.sensitive]

    master = ["account_id", "account_name", "parent_account_id", "email_consent", "ads_consent", "sales_contactable"]
    assert sensitive("raw/account_master") == [*master, "owner"]
    assert sensitive("raw/revenue_events") == ["account_id", "customer_name", "cs_representative"]
    assert sensitive("quarantine/account_value") == ["account_id", "value", "row"]


def test_what_the_catalogue_calls_sensitive_is_so_in_every_table_of_features():
    catalogue = catalogue_at(None)
    tables, named = tables_of(catalogue), [one for one in catalogue.features if one.sensitive]
    assert named
    for feature in named:
        for table in (f"raw/{feature.source}", "account_snapshots"):
            assert tables[table].columns[feature.name].sensitive


def test_a_word_on_sensitivity_recomputes_nothing():
    catalogue = catalogue_at(None)
    quiet = catalogue.model_copy(
        update={"features": tuple(one.model_copy(update={"sensitive": False}) for one in catalogue.features)}
    )
    assert quiet.fingerprint("features") == catalogue.fingerprint("features")
    assert quiet.fingerprint() == catalogue.fingerprint()


def test_no_module_of_schemas_is_forgotten():
    modules = {one.name for one in pkgutil.iter_modules(seg_assets.__path__) if one.name.endswith("schemas")}
    # What was copied to Unity Catalog is written by a command, and not copied itself.
    modules.remove("publication_schemas")
    assert modules == {one.__name__.split(".")[-1] for one in DECLARED_BY}

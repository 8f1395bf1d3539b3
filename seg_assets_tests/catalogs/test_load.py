"""A catalogue is data: the default one is complete, and a broken one says which line to mend."""

from __future__ import annotations

import csv
from collections import Counter

import pytest

from seg_assets.catalogs import Catalogue, CatalogueError, Kind, default_catalogue, load_catalogue
from seg_assets.catalogs.load import DEFAULT_PATH, parse_catalogue
from seg_assets_tests.shared import shared_file

TEXT = DEFAULT_PATH.read_text(encoding="utf-8")


def changed_line(before: str, after: str) -> int:
    lines = zip(before.splitlines(), after.splitlines(), strict=True)
    return next(number for number, (old, new) in enumerate(lines, 1) if old != new)


def test_the_default_catalogue_is_the_clients_list_of_features():
    with shared_file("features.csv").open() as file:
        expected = {
            row["feature"]: (row["group"], row["source"], row["kind"], row["unit"]) for row in csv.DictReader(file)
        }
    found = {f.name: (f.group, f.source, str(f.kind), f.unit) for f in default_catalogue().features}
    assert found == expected


def test_the_default_catalogue_covers_five_sources_and_every_group():
    catalogue = default_catalogue()
    assert Counter(f.group for f in catalogue.features).keys() == {g.name for g in catalogue.groups}
    assert len(catalogue.required_sources) == 5
    assert all(f.levels for f in catalogue.features if f.kind is Kind.ORDINAL)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("direction: -1", "directoin: -1", "unknown field, did you mean 'direction'?"),
        ("kind: boolean", "kind: bool", "Input should be 'numeric', 'ordinal', 'categorical' or 'boolean'"),
        ("[estimated_arr, contract_value]", "[estimated_arr, contract_valu]", "unknown feature 'contract_valu'"),
        ("must: is_trial = (lif", "must: is_tral = (lif", "uses unknown column 'is_tral'"),
        ("must: contract_value = 0 OR", "must: contract_value = = 0 OR", "is not a SQL expression"),
        ("when: firm_size >= 60", "when: firm_sise >= 60", "uses unknown column 'firm_sise'"),
        ("name_features: [lifecycle_stage,", "name_features: [lifecycle,", "unknown feature 'lifecycle'"),
        ("applicable_when: {column: lifecycle_stage,", "applicable_when: {column: stage,", "unknown feature 'stage'"),
        ("name: payment_delay_days", "name: discount_rate", "'discount_rate' is named twice in features"),
        ("first_month: 2025-01-01", "first_month: 2025-01-15", "not the first day of a month"),
    ],
)
def test_an_error_names_file_and_line(old, new, message):
    broken = TEXT.replace(old, new, 1)
    assert broken != TEXT
    with pytest.raises(CatalogueError) as caught:
        parse_catalogue(broken, "mine.yaml")
    assert message in str(caught.value)
    assert str(caught.value).startswith(f"mine.yaml:{changed_line(TEXT, broken)}:")


def test_every_mistake_is_told_at_once():
    broken = TEXT.replace("direction: -1", "directoin: -1", 1).replace("kind: boolean", "kind: bool", 1)
    with pytest.raises(CatalogueError) as caught:
        parse_catalogue(broken, "mine.yaml")
    assert len(str(caught.value).splitlines()) == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name: [", r"mine.yaml:1: not YAML"),
        ("", r"mine.yaml:1: a catalogue is a mapping"),
        ("- a\n", r"mine.yaml:1: a catalogue is a mapping"),
    ],
)
def test_what_is_no_catalogue_is_refused(text, message):
    with pytest.raises(CatalogueError, match=message):
        parse_catalogue(text, "mine.yaml")


def test_a_missing_file_names_the_setting(tmp_path):
    with pytest.raises(CatalogueError, match="set SEG_CATALOG or --catalog"):
        load_catalogue(tmp_path / "absent.yaml")


def test_a_fingerprint_follows_the_parts_it_is_of():
    catalogue = default_catalogue()
    other = parse_catalogue(TEXT.replace("segments: 8", "segments: 9"), "mine.yaml")
    assert catalogue.fingerprint("features") == other.fingerprint("features")
    assert catalogue.fingerprint() != other.fingerprint()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("description: Who the company is; ", "description: Who they are; "),
        ("description: An account is flagged", "description: The account is flagged"),
        ('name: firmographics, owner: "team:revenue-operations"', 'name: firmographics, owner: "rev@example.com"'),
        ("goal: Named,", "goal: Well named,"),
        ("rationale: Marketing picks", "rationale: Marketing chooses"),
        ('description: "Employees; right-skewed"', 'description: "Employees"'),
    ],
)
def test_a_fingerprint_ignores_words_that_nothing_computes_with(old, new):
    other = changed(old, new)
    assert other != default_catalogue()
    assert other.fingerprint() == default_catalogue().fingerprint()
    for part in ("sources", "features", "rules", "objective"):
        assert other.fingerprint(part) == default_catalogue().fingerprint(part)


def test_a_fingerprint_ignores_what_only_scoring_computes_with():
    """To turn the hold off would have fitted every month again."""
    assert changed("hold_weeks: 2", "hold_weeks: 0").fingerprint() == default_catalogue().fingerprint()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("title: firm size", "title: company size"),
        ("low: small firm", "low: little firm"),
        ("must: contract_value = 0 OR", "must: contract_value <= 0 OR"),
        ("action: Guide the trial", "action: Lead the trial"),
        ("horizon_days: 60", "horizon_days: 61"),
    ],
)
def test_a_fingerprint_follows_what_is_computed_or_said_of_segments(old, new):
    assert changed(old, new).fingerprint() != default_catalogue().fingerprint()


def changed(old: str, new: str) -> Catalogue:
    assert old in TEXT
    return parse_catalogue(TEXT.replace(old, new, 1), "mine.yaml")

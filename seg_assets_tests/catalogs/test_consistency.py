"""What would break a run later, far from its cause, is refused when the catalogue is read, with line and remedy."""

from __future__ import annotations

import pytest

from seg_assets.catalogs import CatalogueError
from seg_assets.catalogs.load import parse_catalogue
from seg_assets_tests.catalogs.small import TEXT


def refused(old: str, new: str) -> str:
    """What the error says about line `new`, which has taken the place of `old`."""
    assert TEXT.count(old) == 1
    text = TEXT.replace(old, new)
    line = TEXT[: TEXT.index(old)].count("\n") + 1 + new.count("\n")
    with pytest.raises(CatalogueError) as caught:
        parse_catalogue(text, "mine.yaml")
    told = str(caught.value).splitlines()
    assert len(told) == 1, told
    assert told[0].startswith(f"mine.yaml:{line}: ")
    return told[0].removeprefix(f"mine.yaml:{line}: ")


def test_the_catalogue_that_is_broken_here_is_sound():
    assert parse_catalogue(TEXT, "mine.yaml").name == "mine"


@pytest.mark.parametrize("owner", ["Sales", "sales team", '"team:"', '"team: "', "ada@example", '""'])
def test_an_owner_is_an_address_or_a_team(owner):
    assert 'write such as "team:marketing"' in refused("owner: ada@example.com", f"owner: {owner}")
    assert "neither an e-mail address nor team:<name>" in refused('owner: "team:shop"', f"owner: {owner}")


@pytest.mark.parametrize("owner", ["ada.b+c@mail.example.com", '"team:revenue operations"'])
def test_owners_as_dagster_takes_them_are_accepted(owner):
    assert parse_catalogue(TEXT.replace("ada@example.com", owner), "mine.yaml").sources[0].owner == owner.strip('"')


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [("name: some_visit", "name: no_debt", "rules"), ("name: write", "name: call", "playbook")],
)
def test_rules_and_plays_have_names_of_their_own(old, new, field):
    assert f"is named twice in {field}; rename one" in refused(old, new)


@pytest.mark.parametrize(("field", "was"), [("outcome_column", "ordered"), ("order_column", "position")])
def test_outcome_and_order_are_never_features_nor_indices(field, was):
    with pytest.raises(CatalogueError) as caught:
        parse_catalogue(TEXT.replace(f"{field}: {was}", f"{field}: visits"), "mine.yaml")
    assert str(caught.value) == (
        f"mine.yaml:20: 'visits' is the {field}, and that is never a feature; take it out of features"
    )
    with pytest.raises(CatalogueError) as caught:
        parse_catalogue(TEXT.replace(f"{field}: {was}", f"{field}: activity"), "mine.yaml")
    assert str(caught.value) == f"mine.yaml:22: index 'activity' has the name of the {field}; rename the index"


TAKEN = [
    "account_id",
    "snapshot_date",
    "data_month",
    "service_month",
    "converted",
    "quarantine_reason",
    "intent",
    "unusual",
    "use_applicable",
    "x_visits",
]


@pytest.mark.parametrize("name", TAKEN)
def test_features_and_indices_leave_the_tables_their_columns(name):
    assert f"feature {name!r} has the name of a column that the tables need; rename it" in refused(
        "name: member", f"name: {name}"
    )
    text = TEXT.replace("name: activity", f"name: {name}").replace("activity > 50 AND ", "")
    with pytest.raises(CatalogueError, match=f"mine.yaml:22: index '{name}' has the name of a column that the tables"):
        parse_catalogue(text, "mine.yaml")


def test_a_name_with_two_underscores_in_front_is_no_name():
    assert "String should match pattern" in refused("name: member", "name: __member")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("order_column: position", "order_column: ordered", "'ordered' is the outcome_column too"),
        ("order_column: position", "order_column: snapshot_date", "has the name of a column that the tables need"),
        ("outcome_column: ordered", "outcome_column: account_id", "has the name of a column that the tables need"),
        ("order_column: position", "order_column: converted", "has the name of a column that the tables need"),
    ],
)
def test_outcome_and_order_have_columns_of_their_own(old, new, message):
    assert message in refused(old, new)


def test_the_outcome_may_be_called_converted():
    assert parse_catalogue(TEXT.replace("column: ordered", "column: converted"), "mine.yaml")


@pytest.mark.parametrize("name", ["account_master", "pipeline_conversions", "revenue_events", "account_snapshots"])
def test_sources_leave_the_fixed_tables_their_names(name):
    text = TEXT.replace("name: crm", f"name: {name}").replace("source: crm", f"source: {name}")
    with pytest.raises(CatalogueError, match=rf"^mine.yaml:10: source '{name}' .*; (take it out|rename it)$"):
        parse_catalogue(text, "mine.yaml")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("must: spend >= 0", "must: spend", "'spend' is Float64, not true or false; compare it"),
        ("must: spend >= 0", "must: stage", "'stage' is String, not true or false"),
        ("must: spend >= 0", "must: spend = 'much'", "cannot be asked: cannot compare string with numeric"),
        ("must: spend >= 0", "must: stage > 3", "cannot be asked: cannot compare string with numeric"),
        ("must: spend >= 0", "must: activity > 3", "uses unknown column 'activity'"),
        ("must: spend >= 0", "must: visit > 3", "uses unknown column 'visit', did you mean 'visits'?"),
        ("open_opportunity: stage = 'open'", "open_opportunity: visits + 1", "is Float64, not true or false"),
        ("when: activity > 50 AND stage_open > 0.5", "when: activity", "is Float64, not true or false"),
        ("when: activity > 50 AND stage_open > 0.5", "when: stage_open = 'yes'", "cannot be asked"),
        (
            "when: activity > 50 AND stage_open > 0.5",
            "when: stage = 'open'",
            "uses unknown column 'stage', did you mean 'stage_",
        ),
    ],
)
def test_a_condition_answers_true_or_false(old, new, message):
    assert message in refused(old, new)


@pytest.mark.parametrize("must", ["member", "NOT member", "member = (stage = 'open')", "stage IN ('open')"])
def test_conditions_over_booleans_and_levels_are_asked(must):
    assert parse_catalogue(TEXT.replace("must: spend >= 0", f"must: {must}"), "mine.yaml").rules[0].must == must


def test_a_play_may_ask_an_index_that_was_made_of_a_group():
    indices = TEXT[TEXT.index("indices:") : TEXT.index("rules:")]
    text = TEXT.replace(indices, "").replace("activity > 50", "use > 50 AND spend > 3 AND member_true > 0.5")
    assert parse_catalogue(text, "mine.yaml").indices == ()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("value_feature: spend", "value_feature: stage", "'stage' is categorical, and only a numeric feature sums"),
        ("value_feature: spend", "value_feature: member", "'member' is boolean, and only a numeric feature sums"),
        ("column: stage, values", "column: visits, values", "'visits' is numeric, and values are levels"),
        ("features: [visits]", "features: [stage]", "each is categorical or has direction 0"),
    ],
)
def test_a_feature_is_of_a_kind_that_can_do_what_it_is_named_for(old, new, message):
    assert message in refused(old, new)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("title: Mine", "title: Mine\ntitle: Mine too", "title: given twice, first in line 2; keep one of the two"),
        ("description: Visits}", "description: Visits, unit: a, unit: b}", "unit: given twice, first in line 20"),
        ("    title: Use", "    title: Use\n    name: use", "name: given twice, first in line 13"),
    ],
)
def test_a_key_is_given_once(old, new, message):
    """PyYAML keeps the last of two silently: half of a catalogue merged from two was lost that way."""
    assert message in refused(old, new)

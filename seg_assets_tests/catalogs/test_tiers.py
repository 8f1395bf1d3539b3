"""The tier rules as a person writes them: the team's by default, and a wrong number is refused with its line."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from seg_assets.catalogs import CatalogueError, default_catalogue
from seg_assets.catalogs.load import parse_catalogue
from seg_assets.catalogs.tiers import Otherwise, TierRules
from seg_assets_tests.catalogs.small import TEXT

FLAGS = """\
tiers:
  flags:
    - {when: inactive, days: 30, name: Quiet, action: Call}
    - {when: otherwise, name: Fine, action: Nothing}
"""


def refused(more: str) -> str:
    """What the error says, without the file, about the small catalogue with `more` behind it."""
    with pytest.raises(CatalogueError) as caught:
        parse_catalogue(TEXT + more, "mine.yaml")
    (told,) = str(caught.value).splitlines()
    assert told.startswith("mine.yaml:")
    return told.removeprefix("mine.yaml:")


def line(number: int) -> str:
    """The line `number` of what was put behind the small catalogue, 1 its first."""
    return f"{TEXT.count(chr(10)) + number}: "


def test_the_default_rules_are_the_teams():
    rules = default_catalogue().tiers
    assert rules == TierRules()
    assert (rules.window_months, rules.profitability_at_least, rules.adherence_at_least) == (12, 70, 70)
    assert list(rules.profitability.model_dump().values()) == [0.55, 0.45]
    assert list(rules.adherence.model_dump().values()) == [0.30, 0.25, 0.20, 0.10, 0.15]
    assert [flag.when for flag in rules.flags] == [
        *("inactive", "inactive", "few_products", "few_accounts", "new", "otherwise")
    ]
    assert all(len(flag.action) > 10 for flag in rules.flags)


def test_flags_of_ones_own_take_the_place_of_the_teams():
    rules = parse_catalogue(TEXT + FLAGS, "mine.yaml").tiers
    assert [flag.name for flag in rules.flags] == ["Quiet", "Fine"]
    assert rules.fingerprint() != TierRules().fingerprint()


@pytest.mark.parametrize(
    ("more", "place", "message"),
    [
        ("tiers:\n  profitability: {gross_margin: 0.5}\n", 2, "the weights sum to 0.95, not to 1"),
        ("tiers:\n  adherence:\n    events: 1.3\n", 3, "less than or equal to 1"),
        ("tiers:\n  adherence_at_least: 101\n", 2, "less than or equal to 100"),
        ("tiers:\n  profitability_at_least: -1\n", 2, "greater than or equal to 0"),
        ("tiers:\n  window_months: 0\n", 2, "greater than or equal to 1"),
        ("tiers:\n  window: 6\n", 2, "unknown field"),
        (FLAGS.replace("when: inactive", "when: asleep"), 3, "'asleep'"),
        (FLAGS.replace("days: 30, ", ""), 3, "Field required"),
        (FLAGS.replace("days: 30", "days: -3"), 3, "greater than or equal to 0"),
        (FLAGS.replace("Quiet", "Fine"), 2, "two flags have the same name: Fine, Fine"),
        (FLAGS.replace("when: otherwise", "when: new, months: 3"), 2, "flags end with one `when: otherwise`"),
        ("tiers:\n  tiers: {A: {title: best, name: TIER D - BASIC/ATTENTION}}\n", 2, "two tiers have the same name"),
        ("active_when: stage\n", 1, "is String, not true or false"),
        ("active_when: staged = 'open'\n", 1, "unknown column 'staged', did you mean 'stage'?"),
    ],
)
def test_a_mistake_is_told_with_its_line(more, place, message):
    told = refused(more)
    assert told.startswith(line(place)), told
    assert message in told


def test_an_unknown_flag_is_told_with_those_there_are():
    assert "'inactive', 'few_products', 'few_accounts', 'new', 'otherwise'" in refused(
        FLAGS.replace("when: inactive", "when: asleep")
    )


def test_otherwise_comes_last_and_once():
    fine = Otherwise(name="Fine", action="Nothing")
    with pytest.raises(ValidationError, match="end with one"):
        TierRules(flags=(fine, fine.model_copy(update={"name": "Also fine"})))


def test_rules_of_tiers_are_no_reason_to_fit_a_model_again():
    assert parse_catalogue(TEXT + FLAGS, "mine.yaml").fingerprint() == parse_catalogue(TEXT, "mine.yaml").fingerprint()

"""The lift report's section of a catalogue: refused with file and line where it cannot be used."""

from __future__ import annotations

import pytest

from seg_assets.catalogs import CatalogueError, default_catalogue
from seg_assets.catalogs.load import parse_catalogue
from seg_assets_tests.catalogs.small import TEXT

SECTION = """\
lift_report:
  headline: {title: open to order, when: stage = 'open'}
  split_by: stage
  motion: stage
  engagement: activity
  hand_rules:
    - {title: Big spender, when: spend > 100}
    - {title: Everyone else}
"""
FIRST = TEXT.count("\n") + 1


def told(old: str, new: str) -> str:
    assert SECTION.count(old) == 1
    with pytest.raises(CatalogueError) as caught:
        parse_catalogue(TEXT + SECTION.replace(old, new), "mine.yaml")
    return str(caught.value)


def test_the_section_is_read():
    design = parse_catalogue(TEXT + SECTION, "mine.yaml").lift_report
    assert design.headline is not None and design.headline.when == "stage = 'open'"
    assert (design.capacity, design.shrinkage, design.alpha) == (2_000, 30, 0.05)


def test_without_a_section_everything_is_left_out():
    design = parse_catalogue(TEXT, "mine.yaml").lift_report
    assert design.headline is None and design.split_by is None and design.hand_rules == ()


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("when: stage = 'open'", "when: stages = 'open'", 1, "uses unknown column 'stages', did you mean 'stage'?"),
        ("when: stage = 'open'", "when: spend", 1, "is Float64, not true or false"),
        ("when: spend > 100", "when: spend = 'much'", 6, "cannot be asked"),
        ("split_by: stage", "split_by: stages", 2, "unknown feature 'stages'"),
        ("split_by: stage", "split_by: spend", 2, "'spend' is numeric; name a categorical or an ordinal feature"),
        ("motion: stage", "motion: visits", 3, "'visits' is numeric; name a categorical or an ordinal feature"),
        ("engagement: activity", "engagement: visits", 4, "unknown index 'visits'; name one of activity"),
        ("  motion: stage\n", "", 3, "is cut in three beside the motion; name that too"),
        ("- {title: Everyone else}", "- {title: All, when: spend > 1}", 5, "the last one alone goes without `when`"),
        ("  split_by", "  shrinkage: 5\n  split_by", 2, "greater than or equal to 20"),
    ],
)
def test_what_cannot_be_used_is_named_with_its_line(old, new, line, message):
    found = told(old, new)
    assert message in found
    if "last one alone" not in message:
        assert found.startswith(f"mine.yaml:{FIRST + line}: ")


def test_another_design_makes_no_model_again_but_another_report():
    one = parse_catalogue(TEXT + SECTION, "mine.yaml")
    other = parse_catalogue(TEXT + SECTION.replace("> 100", "> 200"), "mine.yaml")
    assert one.fingerprint() == other.fingerprint()
    assert one.lift_report.fingerprint() != other.lift_report.fingerprint()


def test_the_default_catalogue_asks_what_marketing_asks():
    design = default_catalogue().lift_report
    assert design.headline is not None and design.headline.title == "marketing-qualified lead to pipeline"
    assert len(design.hand_rules) == 8

"""Charts take the page's colours, say what they show, and are the same bytes for the same values."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seg_assets.reports.charts import VARIABLES, Curve, Point, Role, Words, bars, curves, points

WORDS = Words("lift", "Lift <of> segments", "Segments & tiers")
ROWS = [
    Point("Segments $a_b$ <b>", 0.7, 0.68, 0.72, "0.700", Role.OURS),
    Point("Tiers", 0.5, None, None, "0.500", Role.INCUMBENT),
]


def drawn() -> list[str]:
    """One of each kind."""
    line = Curve("Segments", [(0.0, 0.0), (0.1, 0.3), (0.2, 0.5)], Role.OURS)
    return [
        points(WORDS, ROWS, "AUC", 0.5, percent=False),
        bars(WORDS, ROWS, "accounts"),
        curves(WORDS, [line], "contacted, %", "reached, %"),
    ]


def test_a_chart_is_one_element_that_names_itself():
    for svg in drawn():
        root = ElementTree.fromstring(svg)
        assert root.tag == "svg" and root.attrib["role"] == "img"
        assert [child.text for child in root[:2]] == [WORDS.title, WORDS.description]
        assert root.attrib["aria-describedby"] == root[1].attrib["id"]
        assert "width" not in root.attrib and "viewBox" in root.attrib


def test_colours_are_the_pages_own():
    for svg in drawn():
        assert "var(--ours)" in svg
        assert not re.findall(r"#[0-9a-f]{6}", svg)
        assert not [stand_in for stand_in in VARIABLES if stand_in in svg]


def test_a_chart_holds_no_style_no_address_and_no_date():
    for svg in drawn():
        assert "<style" not in svg and "<metadata" not in svg and "://" not in svg


def test_names_are_text_and_never_formulas():
    svg = drawn()[0]
    assert "Segments $a_b$ &lt;b&gt;" in svg


def test_the_same_values_give_the_same_bytes():
    assert drawn() == drawn()


def test_ids_of_two_charts_differ():
    one, two = (points(Words(name, "t", "d"), ROWS, "AUC", percent=False) for name in ("one", "two"))
    ids = [set(re.findall(r'id="([^"]+)"', svg)) for svg in (one, two)]
    assert not ids[0] & ids[1]
    assert set(re.findall(r"url\(#([^)]+)\)", one)) <= ids[0]


def test_a_chart_without_rows_is_refused():
    for draw in (lambda: points(WORDS, [], "AUC", percent=False), lambda: bars(WORDS, [], "n")):
        with pytest.raises(ValueError, match="leave it out"):
            draw()


@settings(max_examples=15, deadline=None)
@given(st.text(max_size=60))
def test_any_name_makes_a_chart_that_can_be_read(name):
    svg = points(WORDS, [Point(name, 0.5, 0.4, 0.6, "0.500")], "AUC", percent=False)
    assert ElementTree.fromstring(svg).tag.endswith("svg")

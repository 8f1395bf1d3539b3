"""On-call finds an entry for everything that an alert can name, and each says what to do and when it is green."""

from __future__ import annotations

import re

import pytest

from resources.settings import Settings
from seg_assets.catalogs import default_catalogue
from seg_assets.definitions import build_definitions
from seg_assets_tests.shared import CHECKOUT

RUNBOOK = (CHECKOUT / "docs" / "runbook.md").read_text(encoding="utf-8")
ENTRIES = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", RUNBOOK, flags=re.MULTILINE | re.DOTALL))


def anchor(heading: str) -> str:
    """As a page shown on a forge makes it."""
    return heading.lower().replace(" ", "-")


def test_every_check_of_the_graph_has_an_entry(tmp_path):
    settings = Settings.from_environment({"SEG_HOME": str(tmp_path)})
    graph = build_definitions(settings, default_catalogue()).resolve_asset_graph()
    assert {key.name for key in graph.asset_check_keys} <= set(ENTRIES)


def test_every_entry_that_code_or_the_page_names_is_there():
    code = "".join(file.read_text(encoding="utf-8") for file in (CHECKOUT / "seg_assets").rglob("*.py"))
    named = set(re.findall(r"(?:RUNBOOK\}|runbook\.md)#([\w-]+)", code)) | set(re.findall(r"\(#([\w-]+)\)", RUNBOOK))
    assert {"a-run-failed", "late-source"} <= named
    assert named <= {anchor(heading) for heading in ENTRIES}


@pytest.mark.parametrize("heading", [heading for heading in ENTRIES if heading != "Alerts themselves"])
def test_every_entry_says_when_it_is_green(heading):
    assert "Green again:" in ENTRIES[heading]

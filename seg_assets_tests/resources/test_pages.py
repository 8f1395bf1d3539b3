"""A page is replaced whole or left as it was."""

from __future__ import annotations

import stat

import pytest

from resources.pages import Pages


def test_a_page_is_written_and_replaced(tmp_path):
    pages = Pages(str(tmp_path / "reports"))
    path = pages.write("conversion_lift/2026-04", "<p>one\u00a0%</p>")
    assert path == tmp_path / "reports" / "conversion_lift" / "2026-04.html"
    assert pages.write("conversion_lift/2026-04", "two") == path
    assert path.read_text(encoding="utf-8") == "two"
    assert [one.name for one in path.parent.iterdir()] == ["2026-04.html"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_a_write_that_fails_leaves_the_page_as_it_was(tmp_path):
    pages = Pages(str(tmp_path))
    path = pages.write("page", "whole")
    with pytest.raises(UnicodeEncodeError):
        pages.write("page", "half \ud800")
    assert path.read_text() == "whole"
    assert [one.name for one in tmp_path.iterdir()] == ["page.html"]


def test_the_newest_page_is_the_last_month(tmp_path):
    pages = Pages(str(tmp_path))
    assert pages.newest("conversion_lift") is None
    for month in ("2026-04", "2025-12", "2026-03"):
        pages.write(f"conversion_lift/{month}", month)
    assert pages.newest("conversion_lift").name == "2026-04.html"

from __future__ import annotations

from pathlib import Path

import pytest

from resources.segment_names import FILE_NAME, SegmentNames, SegmentNamesError


def read(folder: Path, text: str) -> dict[str, str]:
    (folder / FILE_NAME).write_text(text, encoding="utf-8")
    return SegmentNames(str(folder / FILE_NAME)).read()


def test_without_a_file_no_name_is_given(tmp_path: Path) -> None:
    assert SegmentNames(str(tmp_path / FILE_NAME)).read() == {}


@pytest.mark.parametrize("text", ["", "# nobody has named any yet\n", "{}"])
def test_an_empty_file_gives_no_name(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text) == {}


def test_names_are_taken_as_they_are_written(tmp_path: Path) -> None:
    text = "SEG-03: Growing customers\nSEG-104: '  Trials: first week '\nSEG-05: 2026\nSEG-06: yes\n"
    assert read(tmp_path, text) == {
        "SEG-03": "Growing customers",
        "SEG-104": "Trials: first week",
        "SEG-05": "2026",
        "SEG-06": "yes",
    }


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("SEG-01: a\nSeg 3: b\n", 2, "'Seg 3' is no segment_id; write one such as SEG-03"),
        ("SEG-3: b\n", 1, "'SEG-3' is no segment_id"),
        ("SEG-01: a\n\nSEG-01: b\n", 3, "SEG-01 is named in line 1 too; keep one of the two"),
        ("SEG-01:\n", 1, "SEG-01: the name is empty; write one, or take the line out"),
        ("SEG-01: ' '\n", 1, "SEG-01: the name is empty"),
        ("SEG-01: ~\n", 1, "SEG-01: the name is empty"),
        (f"SEG-01: {'x' * 61}\n", 1, "SEG-01: the name has 61 characters; shorten it to 60 at most"),
        ('SEG-01: "a\\nb"\n', 1, "SEG-01: the name has a line break"),
        ("SEG-01: Hot leads\nSEG-02: hot  LEADS\n", 2, "SEG-02: 'hot  LEADS' is the name of SEG-01 in line 1 already"),
        ("SEG-01:\n  - a\n", 2, "SEG-01: the name is no text"),
        ("- SEG-01\n", 1, "not a mapping; write a line a segment, such as `SEG-03: Growing customers`"),
        ("SEG-01: a: b\n", 1, "not YAML: mapping values are not allowed here; write a line a segment"),
    ],
)
def test_a_mistake_names_file_line_and_remedy(tmp_path: Path, text: str, line: int, told: str) -> None:
    with pytest.raises(SegmentNamesError) as caught:
        read(tmp_path, text)
    assert str(caught.value).startswith(f"{tmp_path / FILE_NAME}:{line}: {told}")


def test_all_mistakes_are_told_at_once_in_order_of_lines(tmp_path: Path) -> None:
    with pytest.raises(SegmentNamesError) as caught:
        read(tmp_path, "SEG-01: Same\nX: y\nSEG-02: same\nSEG-03:\n")
    lines = [line.removeprefix(f"{tmp_path / FILE_NAME}:").split(":")[0] for line in str(caught.value).splitlines()]
    assert lines == ["2", "3", "4"]


def test_a_file_that_is_no_text_is_an_error_with_its_name(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"SEG-01: \xff\xfe\n")
    with pytest.raises(SegmentNamesError, match=r"segment_names\.yaml: cannot be read: it is not UTF-8"):
        SegmentNames(str(tmp_path / FILE_NAME)).read()


def test_a_name_of_sixty_characters_is_short_enough(tmp_path: Path) -> None:
    assert read(tmp_path, f"SEG-01: {'x' * 60}\n") == {"SEG-01": "x" * 60}

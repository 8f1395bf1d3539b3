"""Lists that people keep: read as spreadsheets write them, refused whole where a line is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from resources.account_lists import AccountList, AccountListError


def suppressed(folder: Path, content: bytes | None = None) -> AccountList:
    file = folder / "suppressed.csv"
    if content is not None:
        file.write_bytes(content)
    return AccountList(str(file), "reason")


def test_without_a_file_the_list_is_empty(tmp_path: Path) -> None:
    one = suppressed(tmp_path)
    assert not one.exists()
    assert one.read().columns == ["account_id", "reason"]
    assert one.read().is_empty()


def test_a_spreadsheet_writes_a_mark_other_columns_and_spaces(tmp_path: Path) -> None:
    content = '\ufeffreason , who,account_id\r\n"asked, twice",me, 007 \r\n,me,A2\r\n'.encode()
    assert suppressed(tmp_path, content).read().rows() == [("007", "asked, twice"), ("A2", "")]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", ":1: no column account_id"),
        (b"account_id;reason\nA1;x\n", ":1: no column account_id; the first line has to be account_id,reason"),
        (b"account_id\nA1\n", ":1: no column reason"),
        (b"account_id,reason\nA1,x\n ,y\n", ":3: no account_id; write one, or take the line out"),
        (b"account_id,reason\nA1,\xff\n", "cannot be read"),
        (b'account_id,reason\nA1,"x\n', "cannot be read"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, content: bytes, told: str) -> None:
    with pytest.raises(AccountListError) as error:
        suppressed(tmp_path, content).read()
    assert told in str(error.value)
    assert "suppressed.csv" in str(error.value)

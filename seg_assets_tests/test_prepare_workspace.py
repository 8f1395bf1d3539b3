"""What an administrator runs first finds what is missing, and puts the init script where the policy looks for it."""

from __future__ import annotations

import runpy
import sys

import pytest

from seg_assets_tests.shared import CHECKOUT

PROGRAM = CHECKOUT / "examples" / "databricks" / "prepare.py"
SCRIPT = PROGRAM.with_name("mount_share.sh")
EXAMPLE = PROGRAM.with_name("compute.yaml")


def run(monkeypatch, *arguments) -> int:
    monkeypatch.setattr(sys, "argv", [str(PROGRAM), *map(str, arguments)])
    try:
        runpy.run_path(str(PROGRAM), run_name="__main__")
    except SystemExit as stop:
        return stop.code
    return 0


def test_what_is_missing_is_named(workspace, monkeypatch, capsys):
    assert run(monkeypatch, EXAMPLE) == 1
    told = capsys.readouterr().out
    assert "missing: schema main.segments" in told
    assert "missing: volume main.segments.files" in told


def test_where_all_is_there_the_script_lies_where_the_policy_looks_for_it(workspace, monkeypatch, capsys):
    """By a service principal, as it would be."""
    for name, value in workspace.machine_environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("DATABRICKS_TOKEN")
    workspace.catalog.create_volume("main.segments.files")
    assert run(monkeypatch, EXAMPLE) == 0
    assert "are there" in capsys.readouterr().out
    put = workspace.files.local(f"/Volumes/main/segments/files/{SCRIPT.name}")
    assert put.read_bytes() == SCRIPT.read_bytes()


def test_credentials_that_are_refused_are_told_without_them(workspace, monkeypatch, capsys):
    monkeypatch.setenv("DATABRICKS_TOKEN", "dapi-wrong")
    assert run(monkeypatch, EXAMPLE) == 2
    told = capsys.readouterr().err
    assert "refuses the credentials" in told
    assert "dapi-wrong" not in told


@pytest.mark.parametrize("text", ["", "volume: /mnt/x\n"])
def test_a_file_that_cannot_be_used_is_told_by_line(tmp_path, monkeypatch, capsys, text):
    (tmp_path / "compute.yaml").write_text(text)
    assert run(monkeypatch, tmp_path / "compute.yaml") == 2
    assert "compute.yaml:1" in capsys.readouterr().err

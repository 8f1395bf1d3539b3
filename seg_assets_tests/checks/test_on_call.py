"""Every check of the graph, however it fails, tells on-call all that they need, and a command that runs."""

from __future__ import annotations

import io
import shlex
import shutil
from contextlib import redirect_stdout
from unittest import mock

import pytest
from typer.testing import CliRunner

from resources.settings import Settings
from seg_assets.cli import app
from seg_assets.definitions import build_definitions
from seg_assets_tests.checks.failures import Failures
from seg_assets_tests.checks.weeks import CATALOGUE
from seg_assets_tests.test_runbook import ENTRIES

ON_CALL = ("expected", "seen", "since", "accounts_affected", "arr_affected", "likely_cause", "runbook", "look_closer")


@pytest.fixture(scope="module")
def home(spring_folder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("failures")
    shutil.copytree(spring_folder, folder / "lakehouse")
    return Failures(folder)


@pytest.fixture(scope="module")
def found(home):
    return home.found()


def test_every_check_of_the_graph_is_among_them(found, tmp_path):
    graph = build_definitions(Settings.from_environment({"SEG_HOME": str(tmp_path)}), CATALOGUE).resolve_asset_graph()
    of_graph = {(key.asset_key.path[0], key.name) for key in graph.asset_check_keys}
    assert {(result.asset_key.path[0], result.check_name) for result in found.values()} == of_graph


def test_a_failed_check_carries_every_field(found):
    for way, result in found.items():
        told = {name: str(value.value) for name, value in result.metadata.items()}
        assert not result.passed, way
        assert result.description, way
        missing = [name for name in ON_CALL if told.get(name, "") in ("", "not known")]
        assert missing == [], f"{way}: {missing}"
        assert told["runbook"] == f"docs/runbook.md#{result.check_name}"
        assert result.check_name in ENTRIES


def test_every_command_to_look_closer_runs_and_prints(found, home):
    for way, result in found.items():
        program, *arguments = shlex.split(str(result.metadata["look_closer"].value))
        with mock.patch.dict("os.environ", {"SEG_HOME": str(home.home)}):
            if program == "seg":
                done = CliRunner().invoke(app, arguments)
                assert done.exit_code == 0, f"{way}: {done.output}"
                printed = done.output
            else:
                assert (program, arguments[0]) == ("python", "-c"), way
                with redirect_stdout(io.StringIO()) as out:
                    exec(arguments[1], {})
                printed = out.getvalue()
        assert len(printed.splitlines()) > 3, f"{way}: {printed}"

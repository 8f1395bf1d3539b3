"""Imports point one way: the contracts in pyproject.toml hold."""

from __future__ import annotations

from importlinter.application.use_cases import SUCCESS
from importlinter.cli import lint_imports

from seg_assets_tests.shared import CHECKOUT


def test_layers_point_one_way():
    assert lint_imports(config_filename=str(CHECKOUT / "pyproject.toml"), no_cache=True) == SUCCESS

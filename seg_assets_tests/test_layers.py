"""Imports point one way: the contracts in pyproject.toml hold, and would not hold for a module that breaks them."""

from __future__ import annotations

import shutil
import subprocess
import sys

from seg_assets_tests.shared import CHECKOUT


def lint(folder) -> subprocess.CompletedProcess[str]:
    """`lint-imports` on the packages in `folder`."""
    program = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"
    return subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, timeout=120)


def test_layers_point_one_way():
    done = lint(CHECKOUT)
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


def test_science_that_imports_dagster_is_found(tmp_path):
    for package in ("seg_assets", "resources"):
        shutil.copytree(CHECKOUT / package, tmp_path / package)
    shutil.copy(CHECKOUT / "pyproject.toml", tmp_path)
    with (tmp_path / "seg_assets" / "segmentation" / "tree.py").open("a") as module:
        module.write("\nimport dagster\n")
    done = lint(tmp_path)
    assert done.returncode == 1
    assert "seg_assets.segmentation.tree -> dagster" in done.stdout

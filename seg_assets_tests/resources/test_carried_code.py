"""Programs that travel take along what they import, and nothing else of the project."""

from __future__ import annotations

from pathlib import Path

import pytest

from resources.carried_code import carried_files, carry
from resources.tracking import PACKAGE, SERVED_BY

FILES = {
    "ours/__init__.py": "",
    "ours/top.py": "import json\nimport ours.plain\nimport theirs.frames\n",
    "ours/plain.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from ours import for_types\n",
    "ours/for_types.py": "",
    "ours/inner/__init__.py": "from ours.inner.late import late\n",
    "ours/inner/late.py": "def late():\n    from ours import needed_late\n",
    "ours/needed_late.py": "from ours import top\n",
    "ours/never.py": "",
    "ours/table.csv": "a",
    "theirs/__init__.py": "",
    "theirs/frames.py": "",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.fixture
def program(root: Path) -> Path:
    (root / "program.py").write_text("import theirs\nfrom ours.inner import late\n")
    return root / "program.py"


def test_imports_are_followed_into_packages_functions_and_circles(root, program):
    found = {file.relative_to(root).as_posix() for file in carried_files(program, root / "ours")}
    left = {"ours/for_types.py", "ours/never.py", "ours/table.csv"}
    assert found == {file for file in FILES if file.startswith("ours/")} - left


def test_packages_installed_beside_it_stay_where_they_are(root, program):
    """Installed from a wheel, the project lies among NumPy, Polars and MLflow."""
    assert not any("theirs" in file.parts for file in carried_files(program, root / "ours"))


def test_a_package_is_copied_in_part(root, program, tmp_path):
    package = carry(program, root / "ours", tmp_path / "code")
    assert package == tmp_path / "code" / "ours"
    assert (package / "inner" / "late.py").read_text() == FILES["ours/inner/late.py"]
    assert not (package / "never.py").exists()


def test_the_served_model_takes_the_science_along_and_neither_assets_nor_steps():
    """All 350 files of the project went with every model: a thousand calls of a workspace."""
    served = {file.relative_to(PACKAGE).parts[0] for file in carried_files(SERVED_BY, PACKAGE)}
    assert {"segmentation", "catalogs"} <= served
    assert not served & {"assets", "automation", "checks", "landing", "reports", "sample_data", "steps"}

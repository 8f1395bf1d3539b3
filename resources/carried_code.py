"""The modules of this project that a program imports, for programs that travel without the rest of it.

Belongs here: finding them by reading import statements, at the top of a module or within its functions, and copying
them. Imports for type checkers do not count. Does not: other packages, which travel as requirements (tracking.py).
"""

from __future__ import annotations

import ast
import shutil
from collections.abc import Iterator
from pathlib import Path


def carried_files(program: Path, root: Path) -> list[Path]:
    """Every file below `root` that running `program`, a file, can import, sorted; without the program itself.

    root: the folder that the packages lie in. A module brings the `__init__.py` of each package around it.
    """
    found: set[Path] = set()
    waiting = [program]
    while waiting:
        named = _imported(ast.parse(waiting.pop().read_text(encoding="utf-8")))
        new = {file for name in named for file in _files(name, root)} - found
        found |= new
        waiting += new
    return sorted(found)


def carry(program: Path, root: Path, to: Path) -> list[Path]:
    """Copy what `program` imports from below `root` into `to`; the packages there, of which `to` now has a part."""
    files = [file.relative_to(root) for file in carried_files(program, root)]
    for file in files:
        (to / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / file, to / file)
    return [to / package for package in sorted({file.parts[0] for file in files})]


def _imported(tree: ast.AST) -> Iterator[str]:
    """The dotted names that statements import; of `from a import b` both `a` and `a.b`, which may be a module."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            for other in node.orelse:
                yield from _imported(other)
        else:
            yield from _imported(node)


def _files(name: str, root: Path) -> Iterator[Path]:
    """The file of a module and of the packages around it, where they lie below `root`."""
    parts = name.split(".")
    for end in range(1, len(parts) + 1):
        place = root.joinpath(*parts[:end])
        for file in (place / "__init__.py", place.with_suffix(".py")):
            if file.is_file():
                yield file

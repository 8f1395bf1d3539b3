"""The modules of a package that a program imports, for programs that travel without the rest of it.

Belongs here: finding them by reading import statements, at the top of a module or within its functions, and copying
them. Imports for type checkers do not count. Does not: other packages, which travel as requirements (tracking.py).
"""

from __future__ import annotations

import ast
import shutil
from collections.abc import Iterator
from pathlib import Path


def carried_files(program: Path, package: Path) -> list[Path]:
    """Every file of `package`, a folder, that running `program`, a file, can import; sorted.

    A module brings the `__init__.py` of each package around it. What lies beside `package` stays out: where the project
    is installed, those are all other packages of that Python.
    """
    found: set[Path] = set()
    waiting = [program]
    while waiting:
        named = _imported(ast.parse(waiting.pop().read_text(encoding="utf-8")))
        new = {file for name in named for file in _files(name, package)} - found
        found |= new
        waiting += new
    return sorted(found)


def carry(program: Path, package: Path, to: Path) -> Path:
    """Copy what `program` imports of `package` into the folder `to`; where the package in part lies now."""
    for file in carried_files(program, package):
        copied = to / file.relative_to(package.parent)
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copied)
    return to / package.name


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


def _files(name: str, package: Path) -> Iterator[Path]:
    """The file of a module of `package` and of the packages around it; none for a module of another."""
    first, *inner = name.split(".")
    for end in range(len(inner) + 1 if first == package.name else 0):
        place = package.joinpath(*inner[:end])
        yield from (file for file in (place / "__init__.py", place.with_suffix(".py")) if file.is_file())

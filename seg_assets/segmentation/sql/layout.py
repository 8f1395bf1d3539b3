"""Syntax trees as text that people read: what fits on a line is on one.

Belongs here: line breaks, and nothing that another engine could notice.
Does not: what the text says (the other modules of sql/).
"""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlglot import Dialect, exp
from sqlglot.generator import Generator

WIDTH = 110


def laid_out(tree: exp.Expression, dialect: str) -> str:
    """The text of `tree` in `dialect`. sqlglot's own layout gives each bracket and each THEN a line: thrice as long."""
    generator = _readable(dialect)(dialect=dialect, pretty=True, max_text_width=WIDTH)
    text: str = generator.generate(tree)
    return text


@cache
def _readable(dialect: str) -> Any:
    kind = Dialect.get_or_raise(dialect).generator_class
    said = {exp.Paren: _brackets, exp.Case: _choice, exp.Add: _sum}
    return type("Readable", (kind,), {"TRANSFORMS": {**kind.TRANSFORMS, **said}})


def _fits(text: str) -> bool:
    return len(text) <= WIDTH and "\n" not in text


def _brackets(self: Generator, tree: exp.Paren) -> str:
    inside = self.sql(tree, "this")
    return f"({inside})" if _fits(inside) else f"(\n{self.indent(inside)}\n)"


def _choice(self: Generator, tree: exp.Case) -> str:
    branches = []
    for branch in tree.args["ifs"]:
        asked, value = f"WHEN {self.sql(branch, 'this')}", f"THEN {self.sql(branch, 'true')}"
        line = f"{asked} {value}"
        branches.append(line if _fits(line) else f"{self.indent(asked, skip_first=True)}\n{value}")
    if tree.args.get("default"):
        branches.append(f"ELSE {self.sql(tree, 'default')}")
    line = " ".join(["CASE", *branches, "END"])
    if _fits(line) and len(branches) <= 2:
        return line
    return "\n".join(["CASE", *(self.indent(branch) for branch in branches), "END"])


def _sum(self: Generator, tree: exp.Add) -> str:
    terms: list[str] = []
    node: exp.Expression = tree
    while isinstance(node, exp.Add):
        terms.insert(0, self.sql(node, "expression"))
        node = node.this
    terms.insert(0, self.sql(node))
    line = " + ".join(terms)
    return line if _fits(line) or len(terms) == 2 else "\n+ ".join(terms)

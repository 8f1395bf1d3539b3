"""What the table has rows for: a population, one way to split it, and the rules that a marketer wrote for it.

Belongs here: the shape that sample.py and public.py fill. Does not: filling it, judging it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from benchmarks.quality.hand_rules import HandRules
from benchmarks.quality.splits import Split
from seg_assets.catalogs import Catalogue


@dataclass(frozen=True, eq=False)
class Population:
    """name: of the set; split: random or late; splits: made when asked for, since the sample data are large."""

    name: str
    split: str
    catalogue: Catalogue
    rules: HandRules
    splits: Callable[[], Iterator[Split]]

    @property
    def title(self) -> str:
        """As the table names it."""
        return f"{self.name}, {self.split}"

"""What is not there yet but will be: works that are due and not given up, and runs under way.

Belongs here: the one question that everything downstream asks before it starts. Does not: finding the works.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from seg_assets.automation.world import Work, World


@dataclass(frozen=True)
class OpenWorks:
    """Works that were found due in a world."""

    world: World
    works: tuple[Work, ...]

    def expects(self, assets: Collection[str], first: dt.date, last: dt.date) -> bool:
        """Whether any of `assets` is still to be made for a partition from `first` to `last`."""
        if any(self.world.is_running(asset, first, last) for asset in assets):
            return True
        return any(
            work.makes in assets and work.first <= last and first <= work.last and not self.world.gave_up(work)
            for work in self.works
        )

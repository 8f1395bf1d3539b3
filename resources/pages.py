"""Pages below one folder of a home: written whole or not at all.

Belongs here: where a page lies, and replacing it in one step. Does not: what is on it (seg_assets/reports).
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

FOLDER = "reports"
CONVERSION_LIFT = "conversion_lift"


@dataclass(frozen=True)
class Pages:
    """The pages below `root`, a folder; it need not exist."""

    root: str

    def path(self, name: str, kind: str = "html") -> Path:
        """Where the page `name` lies; a name may have folders, such as conversion_lift/2026-04."""
        return Path(self.root).absolute() / f"{name}.{kind}"

    def newest(self, folder: str) -> Path | None:
        """The page of `folder` whose name comes last, as the newest month's does; None where there is none."""
        return max((Path(self.root).absolute() / folder).glob("*.html"), default=None)

    def write(self, name: str, text: str, kind: str = "html") -> Path:
        """Put `text` in the place of the page `name`, of a kind such as html or md; where it lies.

        A reader sees the old page or the new one, never half of either. Raises OSError where it cannot be written.
        """
        path = self.path(name, kind)
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, fresh = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            # mkstemp's file is for its owner alone; a page is for whoever may read the home.
            Path(fresh).chmod(0o644)
            Path(fresh).replace(path)
        except BaseException:
            Path(fresh).unlink(missing_ok=True)
            raise
        return path

"""The four settings, read from the environment once.

Belongs here: SEG_ENV, SEG_HOME, SEG_LANDING, SEG_CATALOG and the places that follow from them.
Does not: opening anything at those places.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
WORKSPACE_SETTINGS = ("DATABRICKS_HOST", "SEG_HOME", "SEG_LANDING")


class SettingsError(RuntimeError):
    """A setting that is missing or wrong; the message names it."""


@dataclass(frozen=True)
class Settings:
    """Where things lie."""

    home: Path
    landing: str
    catalog: Path | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Settings from SEG_* variables; with SEG_ENV=local, the default, none has to be set.

        Raises SettingsError for an unknown SEG_ENV, and for a setting that SEG_ENV=databricks needs and lacks.
        """
        where = environment.get("SEG_ENV", "local")
        if where == "databricks":
            missing = [name for name in WORKSPACE_SETTINGS if not environment.get(name)]
            if missing:
                raise SettingsError(f"SEG_ENV=databricks needs {', '.join(missing)}: set it, or use SEG_ENV=local")
            raise SettingsError(
                "SEG_ENV=databricks: this version runs its steps on this machine only; use SEG_ENV=local"
            )
        if where != "local":
            raise SettingsError(f"SEG_ENV={where!r} is unknown: use local or databricks")
        home = Path(environment.get("SEG_HOME") or default_home()).expanduser().absolute()
        catalog = environment.get("SEG_CATALOG")
        return cls(
            home=home,
            landing=environment.get("SEG_LANDING") or str(home / "landing"),
            catalog=Path(catalog).expanduser().absolute() if catalog else None,
        )

    def to_environment(self) -> dict[str, str]:
        """The variables that give these settings to another process."""
        found = {"SEG_ENV": "local", "SEG_HOME": str(self.home), "SEG_LANDING": self.landing}
        return found | ({"SEG_CATALOG": str(self.catalog)} if self.catalog else {})

    @property
    def lakehouse(self) -> str:
        return str(self.home / "lakehouse")

    @property
    def dagster_home(self) -> Path:
        return self.home / "dagster"

    @property
    def mlflow_home(self) -> Path:
        return self.home / "mlflow"


def default_home() -> Path:
    """`.seg` in the checkout, or in the current folder where the project was installed as a package."""
    base = CHECKOUT if (CHECKOUT / "pyproject.toml").exists() else Path.cwd()
    return base / ".seg"

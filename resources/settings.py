"""The settings, read from the environment once.

Belongs here: SEG_ENV, SEG_HOME, SEG_LANDING, SEG_CATALOG, SEG_ALERT_WEBHOOK and _EMAIL, SEG_COMPUTE, SEG_LAKEHOUSE
and SEG_ENGINE, and what follows from them. Does not: opening anything at those places; credentials of a workspace,
which its client takes from the environment itself (resources/databricks/connection.py).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, cast, get_args
from urllib.parse import urlsplit

from resources.mail import Mail

Engine = Literal["polars", "spark"]

CHECKOUT = Path(__file__).resolve().parents[1]
WORKSPACE_SETTINGS = ("SEG_HOME", "SEG_LANDING", "SEG_LAKEHOUSE", "SEG_COMPUTE")
WORKSPACES = ("DATABRICKS_HOST", "DATABRICKS_CONFIG_PROFILE")
"""Either says which workspace it is."""


class SettingsError(RuntimeError):
    """A setting that is missing or wrong; the message names it."""


@dataclass(frozen=True)
class Settings:
    """Where things lie. alert_webhook, alert_email: where alerts go, secrets; None: they are logged and stored only.

    tables: the root of the tables, None for the home's own; compute: the file that says what Databricks tasks run on,
    None where steps run on this machine; engine: what scores and monitors, Polars or Spark (docs/spark.md).
    """

    home: Path
    landing: str
    catalog: Path | None = None
    alert_webhook: str | None = field(default=None, repr=False)
    alert_email: str | None = field(default=None, repr=False)
    tables: str | None = None
    compute: Path | None = None
    engine: Engine = "polars"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Settings from SEG_* variables; with SEG_ENV=local, the default, none has to be set.

        Raises SettingsError for an unknown SEG_ENV, for a setting that SEG_ENV=databricks needs and lacks, for a
        webhook that is no URL and for an unknown SEG_ENGINE.
        """
        where = environment.get("SEG_ENV", "local")
        if where == "databricks":
            _refuse_missing(environment)
        elif where != "local":
            raise SettingsError(f"SEG_ENV={where!r} is unknown: use local or databricks")
        home = Path(environment.get("SEG_HOME") or default_home()).expanduser().absolute()
        return cls(
            home=home,
            landing=environment.get("SEG_LANDING") or str(home / "landing"),
            catalog=_file(environment, "SEG_CATALOG"),
            alert_webhook=_webhook(environment),
            alert_email=_email(environment),
            tables=environment.get("SEG_LAKEHOUSE") or None,
            compute=_file(environment, "SEG_COMPUTE") if where == "databricks" else None,
            engine=_engine(environment),
        )

    def to_environment(self) -> dict[str, str]:
        """The variables that give these settings to another process."""
        where = "local" if self.compute is None else "databricks"
        found = {"SEG_ENV": where, "SEG_HOME": str(self.home), "SEG_LANDING": self.landing, "SEG_ENGINE": self.engine}
        given = {
            "SEG_CATALOG": self.catalog,
            "SEG_ALERT_WEBHOOK": self.alert_webhook,
            "SEG_ALERT_EMAIL": self.alert_email,
            "SEG_LAKEHOUSE": self.tables,
            "SEG_COMPUTE": self.compute,
        }
        return found | {name: str(value) for name, value in given.items() if value is not None}

    @property
    def lakehouse(self) -> str:
        return self.tables or str(self.home / "lakehouse")

    @property
    def dagster_home(self) -> Path:
        return self.home / "dagster"

    @property
    def mlflow_home(self) -> Path:
        return self.home / "mlflow"


def _refuse_missing(environment: Mapping[str, str]) -> None:
    """Raises SettingsError, naming what SEG_ENV=databricks needs and lacks."""
    missing = [] if any(environment.get(name) for name in WORKSPACES) else [" or ".join(WORKSPACES)]
    missing += [name for name in WORKSPACE_SETTINGS if not environment.get(name)]
    if missing:
        raise SettingsError(f"SEG_ENV=databricks needs {', '.join(missing)}: set it, or use SEG_ENV=local")


def _engine(environment: Mapping[str, str]) -> Engine:
    """Raises SettingsError for one that is unknown."""
    given = environment.get("SEG_ENGINE") or "polars"
    if given not in get_args(Engine):
        raise SettingsError(f"SEG_ENGINE={given!r} is unknown: use {' or '.join(get_args(Engine))}")
    return cast(Engine, given)


def _file(environment: Mapping[str, str], name: str) -> Path | None:
    given = environment.get(name)
    return Path(given).expanduser().absolute() if given else None


def _webhook(environment: Mapping[str, str]) -> str | None:
    """Raises SettingsError without the value: whoever has it can post in our name."""
    webhook = environment.get("SEG_ALERT_WEBHOOK") or None
    if webhook is None:
        return None
    try:
        parts = urlsplit(webhook)
        whole = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        whole = False
    if not whole or any(not "!" <= letter <= "~" for letter in webhook):
        raise SettingsError("SEG_ALERT_WEBHOOK is not an http or https URL; its value is a secret and not shown here")
    return webhook


def _email(environment: Mapping[str, str]) -> str | None:
    """Raises SettingsError without the value, which may hold a password."""
    address = environment.get("SEG_ALERT_EMAIL") or None
    if address is None:
        return None
    try:
        Mail.at(address)
    except ValueError as error:
        raise SettingsError(f"SEG_ALERT_EMAIL is {error}; its value is a secret and not shown here") from None
    return address


def default_home() -> Path:
    """`.seg` in the checkout, or in the current folder where the project was installed as a package."""
    base = CHECKOUT if (CHECKOUT / "pyproject.toml").exists() else Path.cwd()
    return base / ".seg"

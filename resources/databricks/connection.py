"""Asking the workspace: again where it does not answer, with fresh credentials where it refuses them.

Belongs here: patience, renewal of credentials, errors in words without secrets. The SDK itself repeats calls that meet
429 or 503 with Retry-After, and broken connections, for five minutes; it gives up at once on a 500.
Does not: what is asked (run.py, volume_messages.py, wheel.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Literal, TypeVar

from databricks.sdk import WorkspaceClient
from databricks.sdk.clock import Clock
from databricks.sdk.config import Config
from databricks.sdk.errors import (
    DeadlineExceeded,
    InternalError,
    NotFound,
    PermissionDenied,
    TemporarilyUnavailable,
    TooManyRequests,
    Unauthenticated,
)
from databricks.sdk.errors.base import DatabricksError

T = TypeVar("T")
Trouble = Literal["credentials", "silence", "refusal"]
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 60.0
"""Seconds before an unanswered call is made again: the first time, and at most."""
LONGEST_TEXT = 600


class WorkspaceError(RuntimeError):
    """The workspace refuses, or does not answer; the message says what to do, and holds no secret."""


@dataclass
class Connection:
    """One workspace, by the credentials of the environment or of a profile.

    patience: seconds for which a workspace that does not answer is asked again.
    """

    clock: Clock
    patience: float
    _client: WorkspaceClient | None = field(default=None, repr=False)

    def ask(self, doing: str, call: Callable[[WorkspaceClient], T], patience: float | None = None) -> T:
        """What `call` gives; it must be safe to repeat. doing: in words, for errors.

        Raises NotFound as the SDK does, and WorkspaceError for everything else that goes wrong.
        """
        until = self.clock.time() + (self.patience if patience is None else patience)
        pause, renewed = FIRST_PAUSE, False
        while True:
            try:
                return call(self._connected())
            except NotFound:
                raise
            except (OSError, ValueError) as error:
                trouble, told = _trouble(error), self._without_secrets(error)
            if trouble == "credentials" and not renewed:
                # A token may have been renewed in the profile since the client was made.
                self._client, renewed = None, True
                continue
            if trouble != "silence" or self.clock.time() + pause > until:
                raise WorkspaceError(f"{doing}: {self._remedy(trouble)} The workspace said: {told}")
            self.clock.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def _connected(self) -> WorkspaceClient:
        if self._client is None:
            config = Config(clock=self.clock, product="seg-assets", product_version=version("seg-assets"))
            self._client = WorkspaceClient(config=config)
        return self._client

    def _remedy(self, trouble: Trouble) -> str:
        if trouble == "credentials":
            return (
                "the workspace refuses the credentials. Renew DATABRICKS_TOKEN, or DATABRICKS_CLIENT_ID and "
                "DATABRICKS_CLIENT_SECRET, or the profile that DATABRICKS_CONFIG_PROFILE names; then run this again."
            )
        if trouble == "silence":
            return (
                f"no answer within {self.patience / 60:.0f} minutes. Look at the network, DATABRICKS_HOST and "
                "the status page of Databricks; then run this again. A task that was started may still run."
            )
        return "the workspace refused."

    def _without_secrets(self, error: BaseException) -> str:
        """The error in one line. Where the SDK cannot read an answer it repeats the request, with its token."""
        text = " ".join(str(error).partition("Request log:")[0].split())
        secrets: set[str] = set()
        if self._client is not None:
            config = self._client.config
            secrets = {secret for secret in (config.token, config.client_secret) if secret}
        for secret in secrets:
            text = text.replace(secret, "***")
        return text[:LONGEST_TEXT] or type(error).__name__


def _trouble(error: BaseException) -> Trouble:
    if isinstance(error, Unauthenticated):
        return "credentials"
    if isinstance(error, ValueError) and not isinstance(error, OSError):
        # Credentials that are missing, or that no token is issued for; an answer that is no JSON is both.
        return "credentials"
    if isinstance(error, PermissionDenied):
        # An expired personal token is a 403.
        return "credentials" if "token" in str(error).lower() else "refusal"
    if isinstance(error, InternalError | TemporarilyUnavailable | DeadlineExceeded | TooManyRequests):
        return "silence"
    # The SDK has a class for every status that a workspace means; others come from what stands between.
    return "refusal" if isinstance(error, DatabricksError) and type(error) is not DatabricksError else "silence"

"""What on-call is told, as values: a problem, the message about it, and why a message was not taken.

Belongs here: the shapes that alerts.py and its ways of delivery share. Does not: what is a problem, how it is sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

Level = Literal["error", "warning"]


@dataclass(frozen=True)
class Alert:
    """A problem. about: what it is about; as long as that is not over, the same problem is told once.

    facts: (name, value) of what is known of it, the most important first.
    """

    about: str
    title: str
    says: str
    facts: tuple[tuple[str, str], ...] = ()
    level: Level = "error"


@dataclass(frozen=True)
class Message:
    """One message about a problem. over: it tells that the problem is over."""

    message_id: str
    alert: Alert
    over: bool


@dataclass(frozen=True)
class Refusal:
    """Why a message was not taken. final: it never will be."""

    why: str
    final: bool


class Channel(Protocol):
    """One way to people, such as a webhook."""

    def send(self, message: Message) -> Refusal | None:
        """Deliver it; None where it was taken. Raises nothing: no text of an error may show an address."""


def cut(text: str, most: int) -> str:
    """`text`, with an ellipsis in the place of what is beyond `most` characters."""
    return text if len(text) <= most else f"{text[: most - 1]}…"

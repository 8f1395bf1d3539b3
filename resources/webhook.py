"""One POST to a Slack webhook: within bounds, and without the address in any message.

Belongs here: trying, waiting and giving up. Does not: what is sent (slack_message.py).

Why the standard library: urllib3 tells each retry with its path, which is the secret, to the log.
"""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any

from resources.alert import Message, Refusal
from resources.slack_message import slack_message

SECONDS = 5.0
PAUSES = (0.3, 1.0)
"""Between the tries of one call, in seconds. A message that none of them delivers is tried again at later calls."""
BUSY = 429


@dataclass(frozen=True)
class Webhook:
    """A Slack webhook. address: a secret."""

    address: str = field(repr=False)

    def send(self, message: Message) -> Refusal | None:
        """Deliver it; None where it was taken."""
        return post(self.address, slack_message(message))


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the message to an address that nobody set."""

    def redirect_request(self, *_: Any) -> None:
        return None


def post(webhook: str, payload: Mapping[str, Any]) -> Refusal | None:
    """Send `payload` as JSON; None where it was taken. Raises nothing: no text of an error may show the address."""
    refusal = _post_once(webhook, payload)
    for pause in PAUSES:
        if refusal is None or refusal.final:
            break
        time.sleep(pause)
        refusal = _post_once(webhook, payload)
    return refusal


def _post_once(webhook: str, payload: Mapping[str, Any]) -> Refusal | None:
    body = json.dumps(payload).encode()
    try:
        request = urllib.request.Request(webhook, body, {"Content-Type": "application/json"}, method="POST")
        with urllib.request.build_opener(_NoRedirect).open(request, timeout=SECONDS):
            return None
    except urllib.error.HTTPError as error:
        error.close()
        return Refusal(f"the webhook answered {error.code}", final=error.code < 500 and error.code != BUSY)
    except TimeoutError:
        return Refusal(f"the webhook did not answer within {SECONDS:g} s", final=False)
    except urllib.error.URLError as error:
        return Refusal(f"the webhook cannot be reached ({_kind(error.reason)})", final=False)
    except (OSError, HTTPException, ValueError) as error:
        return Refusal(f"the webhook cannot be reached ({_kind(error)})", final=False)


def _kind(error: object) -> str:
    """What sort of error; its own text may hold the address."""
    return type(error).__name__

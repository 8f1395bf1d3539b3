"""On-call's channel: a Slack webhook on this machine that keeps what it gets, with the moment.

Belongs here: the server, and a message as values. Does not: which messages had to come (verdicts.py).
"""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

OVER = "Over: "


@dataclass(frozen=True)
class Message:
    """One message: when it came by the simulated clock, its title, its text; over: it tells the end of a problem."""

    at: dt.datetime
    title: str
    says: str
    over: bool


class Webhook:
    """A webhook on a free port of this machine; `now` is the clock that messages are dated by."""

    def __init__(self, now: Callable[[], dt.datetime]) -> None:
        self.messages: list[Message] = []
        webhook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                webhook.messages.append(message_of(body, now()))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """The report tells what came; the console needs no line a request."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/services/soak"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def message_of(body: Mapping[str, Any], at: dt.datetime) -> Message:
    """A Slack message as `Alerts` sends it: the header holds sign and title, the first section the text."""
    header, *sections = body["blocks"]
    _, _, title = header["text"]["text"].partition(" ")
    says = sections[0]["text"]["text"] if sections else ""
    return Message(at, title.removeprefix(OVER), says, title.startswith(OVER))

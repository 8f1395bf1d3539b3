"""A Slack webhook on this machine, that keeps what it gets and answers what it is told to.

Belongs here: the server. Does not: what has to arrive (the tests).
"""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRET = "T0-B0-hunter2"


class Slack:
    """A webhook on this machine. answers: status codes, the last one for good."""

    def __init__(self) -> None:
        self.answers = [200]
        self.bodies: list[dict] = []
        self.hold = threading.Event()
        self.hold.set()
        slack = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                slack.hold.wait(10)
                assert self.path == f"/services/{SECRET}"
                slack.bodies.append(json.loads(body))
                status = slack.answers.pop(0) if len(slack.answers) > 1 else slack.answers[0]
                self.send_response(status)
                if status in (301, 302, 307):
                    self.send_header("Location", f"http://127.0.0.1:{slack.port}/elsewhere/{SECRET}")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        self.url = f"http://127.0.0.1:{self.port}/services/{SECRET}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()

    def close(self) -> None:
        """Stop answering; the port is free from then on."""
        self.hold.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

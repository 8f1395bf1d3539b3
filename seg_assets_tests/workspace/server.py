"""HTTP for the workspace: calls in, answers out, on a free port of this machine.

Belongs here: reading requests, writing answers, cutting connections. Does not: what is answered (workspace.py).
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote, urlsplit

from seg_assets_tests.workspace.calls import Answer, Call

ORGANISATION = "x-databricks-org-id"
Respond = Callable[[Call, Mapping[str, str]], Answer | None]


class Server(ThreadingHTTPServer):
    """Asks `respond` for every call, with its headers; None cuts the connection."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, respond: Respond) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.respond = respond
        self.host = f"http://127.0.0.1:{self.server_port}"
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop answering."""
        self.shutdown()
        self.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server
    # Answers are several small writes: without this each waits for the other side's acknowledgement.
    disable_nagle_algorithm = True

    def _any(self) -> None:
        parts = urlsplit(self.path)
        size = self.headers.get("Content-Length")
        body = self._chunks() if self.headers.get("Transfer-Encoding") else self.rfile.read(int(size or 0))
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        answer = self.server.respond(Call(self.command, unquote(parts.path), query, body), dict(self.headers))
        if answer is None:
            self.close_connection = True
            return
        content = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
        kind = "application/octet-stream" if isinstance(answer.body, bytes) else "application/json"
        headers = {"Content-Type": kind, "Content-Length": str(len(content)), ORGANISATION: "1122", **answer.headers}
        if answer.status == 204:
            content, headers = b"", dict(answer.headers)
        self.send_response(answer.status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = do_HEAD = _any

    def _chunks(self) -> bytes:
        found = b""
        while size := int(self.rfile.readline(), 16):
            found += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return found

    def log_message(self, *_: object) -> None:
        """Nothing: the workspace keeps what it was told."""

"""A mail server on this machine, that keeps what it gets and answers what it is told to.

Belongs here: the server. Does not: what has to arrive (the tests).
"""

from __future__ import annotations

import socket
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = "seg", "hunter2/?"


class Mailbox:
    """A mail server on this machine. answers: what it says to messages, the last one for good."""

    def __init__(self) -> None:
        self.answers = ["250 taken"]
        self.mails: list[EmailMessage] = []
        self.people: list[list[str]] = []
        self.logins: list[tuple[bytes, bytes]] = []
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = int(free.getsockname()[1])
        self.controller = Controller(
            self,
            hostname="127.0.0.1",
            port=self.port,
            authenticator=self.authenticate,
            auth_require_tls=False,
            ready_timeout=20,
        )
        self.controller.start()
        self.address = f"smtp://127.0.0.1:{self.port}/?from=seg@example.com&to=ana@example.com,ben@example.com"
        self.with_password = self.address.replace("//", f"//{USER}:hunter2%2F%3F@")

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """What aiosmtpd calls for each message."""
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer.startswith("2"):
            content = cast(bytes, envelope.content)
            self.mails.append(message_from_bytes(content, policy=policy.default))
            self.people.append(envelope.rcpt_tos)
        return answer

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: LoginPassword
    ) -> AuthResult:
        """What aiosmtpd calls for each login."""
        self.logins.append((given.login, given.password))
        return AuthResult(success=given.password == PASSWORD.encode(), handled=False)

    def close(self) -> None:
        """Stop answering; the port is free from then on."""
        self.controller.stop()

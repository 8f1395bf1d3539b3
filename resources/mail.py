"""Alerts by e-mail: one message over SMTP, within bounds, and without address or password in any error.

Belongs here: reading the address of a mail server, how an alert reads as a mail, handing it over once.
Does not: when a message is tried again (alerts.py).
"""

from __future__ import annotations

import hashlib
import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate
from urllib.parse import parse_qs, unquote, urlsplit

from resources.alert import Message, Refusal, cut

SECONDS = 10.0
LONGEST_SUBJECT = 150
PORTS = {"smtp": 587, "smtps": 465}
HERE = ("localhost", "127.0.0.1", "::1")
SHAPE = "smtps://user:password@host:465/?from=one@example.com&to=two@example.com,three@example.com"
NOT_NOW = 500
"""SMTP answers below it may be different at another time (RFC 5321, 4.2.1)."""


@dataclass(frozen=True)
class Mail:
    """A mail server and who gets what. at_once: TLS from the first byte, else STARTTLS where the server offers it.

    A password is never sent unencrypted, but to this machine.
    """

    host: str
    port: int
    sender: str
    recipients: tuple[str, ...]
    at_once: bool
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def at(cls, address: str) -> Mail:
        """The server that an address of SHAPE names. Raises ValueError, without the address, for any other."""
        wrong = ValueError(f"not shaped as {SHAPE}")
        try:
            parts = urlsplit(address)
            port = parts.port
        except ValueError:
            raise wrong from None
        asked = parse_qs(parts.query)
        people = [one.strip() for one in _only(asked, "to").split(",")]
        sender = _only(asked, "from")
        clean = all("!" <= letter <= "~" for letter in address)
        if not clean or parts.scheme not in PORTS or not parts.hostname or set(asked) != {"from", "to"}:
            raise wrong
        if not all(_is_mailbox(one) for one in (*people, sender)) or (parts.username is None) != (
            parts.password is None
        ):
            raise wrong
        return cls(
            host=parts.hostname,
            port=port or PORTS[parts.scheme],
            sender=sender,
            recipients=tuple(people),
            at_once=parts.scheme == "smtps",
            user=None if parts.username is None else unquote(parts.username),
            password=None if parts.password is None else unquote(parts.password),
        )

    def send(self, message: Message) -> Refusal | None:
        """Hand the message over; None where the server took it for at least one recipient."""
        try:
            with self._connected() as server:
                server.send_message(self._mail(message))
        except smtplib.SMTPRecipientsRefused as error:
            codes = sorted({code for code, _ in error.recipients.values()})
            return Refusal(
                f"the mail server refused every recipient ({', '.join(map(str, codes))})", min(codes) >= NOT_NOW
            )
        except smtplib.SMTPResponseException as error:
            return Refusal(f"the mail server answered {error.smtp_code}", final=error.smtp_code >= NOT_NOW)
        except _Unencrypted:
            return Refusal("the mail server offers no encryption, so it gets no password: use smtps://", final=True)
        except smtplib.SMTPNotSupportedError:
            return Refusal("the mail server takes no password", final=True)
        except (OSError, smtplib.SMTPException) as error:
            return Refusal(f"the mail server cannot be reached ({type(error).__name__})", final=False)
        return None

    def _connected(self) -> smtplib.SMTP:
        secured = ssl.create_default_context()
        if self.at_once:
            server: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=SECONDS, context=secured)
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=SECONDS)
        try:
            server.ehlo()
            offered = not self.at_once and server.has_extn("starttls")
            if offered:
                server.starttls(context=secured)
            if self.user is not None and self.password is not None:
                if not self.at_once and not offered and self.host not in HERE:
                    raise _Unencrypted
                server.login(self.user, self.password)
        except BaseException:
            server.close()
            raise
        return server

    def _mail(self, message: Message) -> EmailMessage:
        """Plain text. Both messages about a problem refer to it, so that mail programs show them together."""
        alert = message.alert
        title = f"Over: {alert.title}" if message.over else f"{alert.level.capitalize()}: {alert.title}"
        mail = EmailMessage()
        mail["Subject"] = cut(" ".join(title.split()), LONGEST_SUBJECT)
        mail["From"] = self.sender
        mail["To"] = ", ".join(self.recipients)
        mail["Date"] = formatdate()
        domain = self.sender.partition("@")[2]
        mail["Message-ID"] = f"<{message.message_id}@{domain}>"
        mail["References"] = f"<{hashlib.sha256(alert.about.encode()).hexdigest()[:32]}@{domain}>"
        mail["Auto-Submitted"] = "auto-generated"
        facts = "".join(f"{name}: {value}\n" for name, value in alert.facts)
        mail.set_content(f"{alert.says or alert.title}\n\n{facts}".rstrip() + "\n")
        return mail


class _Unencrypted(Exception):
    """The password would go over the network as it is."""


def _only(asked: Mapping[str, list[str]], name: str) -> str:
    """The value that was given once, else nothing."""
    values = asked.get(name, [])
    return values[0] if len(values) == 1 else ""


def _is_mailbox(text: str) -> bool:
    name, at, domain = text.rpartition("@")
    return bool(name and at and domain) and text.isprintable() and not set(text) & set(' ,<>"()')

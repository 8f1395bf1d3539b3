"""A message in Slack's format: blocks within Slack's lengths, with nothing in them that Slack would obey.

Belongs here: how an alert looks in a channel. Does not: sending it (webhook.py).
"""

from __future__ import annotations

import re
from typing import Any

from resources.alert import Message, cut

SIGNS = {"error": ":rotating_light:", "warning": ":warning:"}
OVER = ":white_check_mark:"
# Slack refuses a message with longer texts or more fields.
LONGEST_TITLE, LONGEST_TEXT, LONGEST_FIELD, MOST_FIELDS = 150, 2_900, 1_900, 10


def slack_message(message: Message) -> dict[str, Any]:
    """The message as a payload: `text` is what a notification shows, `blocks` what the channel shows."""
    alert = message.alert
    sign, title = (OVER, f"Over: {alert.title}") if message.over else (SIGNS[alert.level], alert.title)
    text = {"type": "mrkdwn", "text": _plain(alert.says or alert.title, LONGEST_TEXT)}
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": cut(f"{sign} {title}", LONGEST_TITLE)}},
        {"type": "section", "text": text},
    ]
    if alert.facts:
        fields = [
            {"type": "mrkdwn", "text": f"*{_plain(name, 100)}*\n{_plain(value, LONGEST_FIELD)}"}
            for name, value in alert.facts[:MOST_FIELDS]
        ]
        blocks.append({"type": "section", "fields": fields})
    return {"text": _plain(f"{sign} {title}. {alert.says}", LONGEST_TEXT), "blocks": blocks}


def _plain(text: str, most: int) -> str:
    """Text that Slack shows as it is: its three control characters escaped, so that no data can mention a channel."""
    escaped = cut(text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"), most)
    return re.sub("&[a-z]*…$", "…", escaped)

"""The source marketing_engagement: what accounts do with e-mails, events, content and the web site.

Belongs here: its 14 columns on a day.
Does not: missing rows (missing.py), outages (events.py).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from seg_assets.sample_data.counts import Count, expected, whole
from seg_assets.sample_data.moods import Moods
from seg_assets.sample_data.randomness import Dice, Floats, exponential, logistic
from seg_assets.sample_data.standing import CUSTOMER, LEAD, TRIAL, Standing
from seg_assets.sample_data.traits import Traits

_MONTH, _QUARTER, _HALF_YEAR = 42, 91, 200
COUNTS: tuple[Count, ...] = (
    Count("webinar_attendance_count", -0.5, {"engagement": 0.75, "maturity": 0.2}, 0.6, 0.3, _HALF_YEAR),
    Count("content_downloads_30d", -0.9, {"engagement": 0.6, "intent": 0.45, "lead": 0.2}, 0.5, 0.6, _MONTH),
    Count("paid_media_clicks_30d", -1.0, {"intent": 0.5, "engagement": 0.25, "lead": 0.4}, 0.6, 0.7, _MONTH),
    Count("web_visits_30d", 1.3, {"engagement": 0.6, "intent": 0.5, "size": 0.25, "customer": 0.3}, 0.5, 0.4, _MONTH),
    Count("pricing_page_views_30d", -0.95, {"intent": 0.95, "trial": 0.5, "size": 0.1}, 0.3, 0.4, _MONTH),
    Count("docs_page_views_30d", 0.2, {"usage": 0.7, "user": 1.2, "engagement": 0.3}, 0.5, 0.5, _MONTH),
    Count("event_attendance_365d", -1.0, {"engagement": 0.5, "size": 0.45}, 0.6, 0.3, _HALF_YEAR),
    Count("form_fills_90d", -1.1, {"intent": 0.65, "engagement": 0.45}, 0.4, 0.4, _QUARTER),
    Count("demo_requests_90d", -2.6, {"intent": 1.15, "fit": 0.25, "lead": 0.2}, 0.3, 0.35, _QUARTER),
    Count("social_engagements_30d", -0.2, {"engagement": 0.8, "size": 0.2}, 0.9, 0.6, _MONTH),
)
# Responses to marketing: none can be younger than the last engagement.
_RESPONSES = {
    "content_downloads_30d": 30,
    "paid_media_clicks_30d": 30,
    "social_engagements_30d": 30,
    "form_fills_90d": 90,
    "demo_requests_90d": 90,
    "webinar_attendance_count": 365,
    "event_attendance_365d": 365,
}


def engagement_columns(
    dice: Dice, traits: Traits, standing: Standing, mood: Moods, subscribed: NDArray[np.bool_]
) -> dict[str, NDArray[np.generic]]:
    """The columns of marketing_engagement, in catalogue order, for the accounts of `standing`."""
    rows, day = standing.rows, standing.day
    drivers: dict[str, Floats] = {
        "engagement": mood.engagement,
        "intent": mood.intent,
        "usage": np.where(standing.uses, mood.usage, np.float32(0)),
        "user": ((standing.stage == TRIAL) | (standing.stage == CUSTOMER)).astype(np.float32),
        "lead": (standing.stage == LEAD).astype(np.float32),
        "trial": (standing.stage == TRIAL).astype(np.float32),
        "customer": standing.customer.astype(np.float32),
        "maturity": traits.maturity[rows],
        "size": traits.size[rows],
        "fit": traits.fit[rows],
    }
    spacing = np.float32(34) * exponential(-0.95 * traits.engagement[rows] - 0.12 * traits.size[rows])
    spacing = np.clip(spacing, 2, 900).astype(np.float32)
    since = dice.days_since("engaged", np.full(rows.size, day, dtype=np.int32), rows, spacing)
    since = np.minimum(since, standing.age)
    columns: dict[str, NDArray[np.generic]] = dict(_emails(dice, traits, standing, mood, subscribed))
    for count in COUNTS:
        value = whole(dice, count.name, expected(dice, count, drivers, day, rows), rows)
        if count.name in _RESPONSES:
            value *= since < _RESPONSES[count.name]
        columns[count.name] = value
    columns["days_since_last_engagement"] = since.astype(np.int64)
    return columns


def _emails(
    dice: Dice, traits: Traits, standing: Standing, mood: Moods, subscribed: NDArray[np.bool_]
) -> dict[str, NDArray[np.generic]]:
    """Deliveries are counted, opens are some of them and clicks some of the opens, so the rates are fractions."""
    rows, day = standing.rows, standing.day
    volume = Count("emails_delivered_90d", 2.1, {"stage": 0.35}, 0.35, 0.15, _QUARTER)
    touched = (standing.stage > LEAD).astype(np.float32)
    delivered = whole(dice, volume.name, expected(dice, volume, {"stage": touched}, day, rows), rows)
    delivered *= subscribed
    taste = 0.5 * dice.settled_normal("email.taste", rows)
    slow = 0.35 * dice.wander("email.open", day, rows, _QUARTER)
    opened = whole(dice, "email.opened", delivered * logistic(-1.2 + 0.8 * mood.engagement + taste + slow), rows)
    opened = np.minimum(opened, delivered)
    clicks = logistic(-1.7 + 0.4 * mood.engagement + 0.6 * mood.intent + 0.5 * taste)
    clicked = np.minimum(whole(dice, "email.clicked", opened * clicks, rows), opened)
    base = np.maximum(delivered, 1)
    return {
        "email_open_rate_90d": opened / base,
        "email_click_rate_90d": clicked / base,
        "emails_delivered_90d": delivered,
    }

"""The columns of the tables of what people are told: release notes and alerts.

Belongs here: one Table a Delta table. Does not: the other tables (schemas.py), how a note or an alert reads.
"""

from __future__ import annotations

import polars as pl

from seg_assets.schemas import TIMESTAMP, Column, Table

_SIDE = pl.Struct(
    {
        "name": pl.String,
        "definition": pl.String,
        "play": pl.String,
        "accounts": pl.Int64,
        "arr": pl.Float64,
    }
)

RELEASE_NOTES = Table(
    "release_notes",
    {
        "service_month": Column(pl.Date, "The month from which the definitions hold"),
        "definition_version": Column(pl.String, "The version in force from then on"),
        "action": Column(pl.String, "promote or rollback"),
        "by": Column(pl.String, "automatic, or a person's name", sensitive=True),
        "at": Column(TIMESTAMP, "When it was decided: the row of promotions that the note is about"),
        "reason": Column(pl.String, "Why, in a sentence"),
        "from_version": Column(pl.String, "The version before; null for the first"),
        "snapshot_date": Column(pl.Date, "The Monday whose accounts are counted"),
        "accounts": Column(pl.Int64, "Accounts of that Monday"),
        "moved": Column(pl.Int64, "Those in another segment by the change of definitions alone"),
        "moved_arr": Column(pl.Float64, "Their ARR, USD a year; null without a value feature"),
        "segments": Column(
            pl.List(pl.Struct({"segment_id": pl.String, "before": _SIDE, "after": _SIDE})),
            "Every segment before and after, its definition in words; null where it is not there",
        ),
        "moves": Column(
            pl.List(
                pl.Struct(
                    {
                        "from_segment_id": pl.String,
                        "to_segment_id": pl.String,
                        "accounts": pl.Int64,
                        "arr": pl.Float64,
                    }
                )
            ),
            "Who moves where, the most first",
        ),
        "figures": Column(
            pl.List(pl.Struct({"figure": pl.String, "before": pl.Float64, "after": pl.Float64})),
            "Figures of all segments, both on the same accounts; null where it cannot be told",
        ),
        "borders": Column(pl.List(pl.String), "Thresholds that moved, a sentence each"),
        "plays_added": Column(pl.List(pl.String), "Plays that no segment had before"),
        "plays_dropped": Column(pl.List(pl.String), "Plays that no segment has any more"),
        "retired": Column(
            pl.List(
                pl.Struct({"segment_id": pl.String, "name": pl.String, "fate": pl.String, "heirs": pl.List(pl.String)})
            ),
            "Segments that end, and those that hold their accounts now",
        ),
    },
    description="What a change of definitions moved: accounts, borders, plays, names",
)

ALERTS = Table(
    "alerts",
    {
        "at": Column(TIMESTAMP, "When"),
        "message_id": Column(pl.String, "The message that the row is about; a message has a row for each try"),
        "about": Column(pl.String, "What the problem is about: messages about the same belong together"),
        "event": Column(
            pl.String, "raised, recovered, delivered (by the channel), undelivered (tried again) or refused (not)"
        ),
        "channel": Column(pl.String, "webhook or email, each with a message of its own; log where neither was set"),
        "level": Column(pl.String, "error or warning"),
        "title": Column(pl.String, "The problem in a line", sensitive=True),
        "says": Column(pl.String, "The problem in a sentence; of undelivered and refused messages why", sensitive=True),
        "facts": Column(
            pl.List(pl.Struct({"name": pl.String, "value": pl.String})), "What is known of it, by name", sensitive=True
        ),
    },
    description="What people were alerted to, and whether it reached them",
)

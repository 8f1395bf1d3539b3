"""The columns of the tables of triggers: scores between weeks, the files that were read, rows that were not used.

Belongs here: one Table a Delta table. Does not: the other tables (schemas.py), reading files (landing/triggers.py).
"""

from __future__ import annotations

import polars as pl

from seg_assets.schemas import ACCOUNT_ID, SEGMENT_SCORES, TIMESTAMP, Column, Table

FILE = Column(pl.String, "The file that the trigger landed in")
ROW = Column(pl.Int64, "Its row in that file, from 1")

TRIGGERED_SCORES = Table(
    "triggered_scores",
    {
        **SEGMENT_SCORES.columns,
        "event": Column(pl.String, "What happened, one of the catalogue's triggers"),
        "at": Column(TIMESTAMP, "When it happened"),
        "reason": Column(
            pl.String,
            "Why the account was scored between weeks: the event, and which values it brought",
            sensitive=True,
        ),
        "before_segment_id": Column(
            pl.String, "The segment shown until then: by the trigger before, else by the week; null where there is none"
        ),
        "carried": Column(
            pl.String, "Feature values newer than the snapshot, of this and earlier triggers; JSON", sensitive=True
        ),
        "file": FILE,
        "row": ROW,
        "scored_at": Column(TIMESTAMP, "When it was scored"),
    },
    partition_column="snapshot_date",
    description="Accounts scored between weeks, since something happened",
)

TRIGGER_FILES = Table(
    "trigger_files",
    {
        "file": FILE,
        "identity": Column(pl.String, "Hash of its content: a file is read once, under whatever name"),
        "read_at": Column(TIMESTAMP, "When"),
        "rows": Column(pl.Int64, "Rows found"),
        "scored": Column(pl.Int64, "Rows that scored an account"),
        "repeated": Column(pl.Int64, "Rows whose account, event and moment had been scored before"),
        "quarantined": Column(pl.Int64, "Rows put in quarantine"),
        "ignored": Column(pl.List(pl.String), "Columns that are no features of the catalogue"),
    },
    description="Files of triggers that were read",
)

TRIGGER_QUARANTINE = Table(
    "quarantine/triggers",
    {
        "file": FILE,
        "row": Column(pl.Int64, "Its row in that file, from 1; 0 for the whole file"),
        "account_id": ACCOUNT_ID,
        "reason": Column(pl.String, "Why it was not used, and what to do"),
        "landed": Column(pl.String, "The row as it landed, JSON", sensitive=True),
        "read_at": Column(TIMESTAMP, "When"),
    },
    description="Rows of triggers that were not used, and why",
)

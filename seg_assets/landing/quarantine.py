"""Taking rows out of a week and keeping them, whole and with the reason.

Belongs here: from defects (which rows, why) to accepted rows, quarantined rows, examples and a report.
Does not: finding defects (contract.py, accounts.py), writing the quarantine table (the caller).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from seg_assets.landing.casting import shown
from seg_assets.landing.problems import (
    QUARANTINE_SCHEMA,
    ContractError,
    Example,
    Problem,
    Report,
    Severity,
    Validated,
)
from seg_assets.landing.schemas import ACCOUNT_ID

EXAMPLES = 3
FIX_AT_SOURCE = "Correct the rows at the source and land the week again."


@dataclass(frozen=True, eq=False)
class Defect:
    """Rows that break the contract in one way.

    `rows`: Boolean, one a landed row, no nulls. `what` completes "column x holds 3 ..."; `reason` is for one row.
    """

    columns: tuple[str, ...]
    reason: str
    what: str
    rows: pl.Series
    remedy: str

    @property
    def column(self) -> str:
        """The names of the columns as one text."""
        return ", ".join(self.columns)


@dataclass(frozen=True, eq=False)
class Week:
    """One source's week under validation: the rows as landed, and the same rows with the contract's types."""

    source: str
    week: dt.date
    landed: pl.DataFrame
    typed: pl.DataFrame

    def problem(self, severity: Severity, defect: Defect) -> Problem:
        """The defect as a problem, with its first rows as examples."""
        return Problem(
            severity, defect.column, defect.what, int(defect.rows.sum()), self._examples(defect), defect.remedy
        )

    def _examples(self, defect: Defect) -> tuple[Example, ...]:
        rows = defect.rows.arg_true().head(EXAMPLES)
        values = _shown(self.landed[rows], defect.columns)
        ids = _shown(self.landed[rows], (ACCOUNT_ID,))
        return tuple(Example(row + 1, key, value) for row, key, value in zip(rows, ids, values, strict=True))

    def settle(self, defects: Sequence[Defect], identical: pl.Series, warnings: Sequence[Problem]) -> Validated:
        """Accepted and quarantined rows, and the report.

        identical: Boolean, rows that repeat an earlier one. Raises ContractError, with the quarantined rows, where
        more than half of the rows are to be quarantined: then the definition moved, and the rest is not to be trusted.
        """
        defects = [defect for defect in defects if defect.rows.any()]
        problems = (*(self.problem(Severity.QUARANTINED, defect) for defect in defects), *warnings)
        broken = self._broken(defects)
        quarantined = self._quarantined(defects, broken) if defects else QUARANTINE_SCHEMA.to_frame()
        if 2 * quarantined.height > self.landed.height:
            raise ContractError(self.source, self.week, self._refusal(problems, quarantined.height), quarantined)
        dropped = identical & ~broken
        if dropped.any():
            remedy = "One of each was kept; see whether the source loads twice."
            repeats = Defect((ACCOUNT_ID,), "identical row", "ids of identical rows beyond the first", dropped, remedy)
            problems = (*problems, self.problem(Severity.WARNING, repeats))
        accepted = self.typed.filter(~(broken | dropped)) if defects or dropped.any() else self.typed
        report = Report(
            source=self.source,
            week=self.week,
            landed=self.landed.height,
            accepted=accepted.height,
            quarantined=quarantined.height,
            dropped=int(dropped.sum()),
            problems=problems,
        )
        return Validated(accepted, quarantined, report)

    def _broken(self, defects: Sequence[Defect]) -> pl.Series:
        broken = pl.repeat(False, self.landed.height, dtype=pl.Boolean, eager=True)
        for defect in defects:
            broken = broken | defect.rows
        return broken

    def _refusal(self, problems: Sequence[Problem], quarantined: int) -> tuple[Problem, ...]:
        """The problems, those behind most of the quarantine made fatal, and what that means for the week."""
        worst = max(problem.count for problem in problems if problem.severity is Severity.QUARANTINED)
        rows = self.landed.height
        refused = Problem(
            Severity.FATAL,
            None,
            f"of {rows:,} rows are in quarantine/{self.source}, more than half, so the whole week is refused",
            quarantined,
            (),
            "Nothing else was written.",
        )
        causes = (
            replace(problem, severity=Severity.FATAL)
            if problem.severity is Severity.QUARANTINED and (problem.count == worst or 2 * problem.count > rows)
            else problem
            for problem in problems
        )
        return (*causes, refused)

    def _quarantined(self, defects: Sequence[Defect], broken: pl.Series) -> pl.DataFrame:
        landed = self.landed.filter(broken)
        masks = pl.DataFrame([defect.rows.filter(broken).alias(f"{i}") for i, defect in enumerate(defects)])
        reasons = [pl.when(pl.col(f"{i}")).then(pl.lit(defect.reason)) for i, defect in enumerate(defects)]
        column: pl.Expr = pl.lit(None, dtype=pl.String)
        value: pl.Expr = pl.lit(None, dtype=pl.String)
        # Backwards, so that the first defect of a row is the one that is named.
        for i, defect in reversed(list(enumerate(defects))):
            column = pl.when(pl.col(f"{i}")).then(pl.lit(defect.column)).otherwise(column)
            value = pl.when(pl.col(f"{i}")).then(pl.lit(_shown(landed, defect.columns))).otherwise(value)
        return pl.concat([masks, _as_json(landed)], how="horizontal").select(
            pl.lit(self.source).alias("source"),
            pl.lit(self.week).alias("snapshot_date"),
            _shown(landed, (ACCOUNT_ID,)).alias("account_id"),
            pl.concat_str(reasons, separator="; ", ignore_nulls=True).alias("reason"),
            column.alias("column"),
            value.alias("value"),
            pl.col("row"),
        )


def _shown(frame: pl.DataFrame, columns: Sequence[str]) -> pl.Series:
    """The values of `columns` as text; several are joined, and then a null is spelled out."""
    texts = frame.select(shown(name, frame.schema[name]) for name in columns)
    if len(columns) == 1:
        return texts.to_series()
    return texts.select(pl.concat_str(pl.all().fill_null("null"), separator=", ").alias("value")).to_series()


def _as_json(landed: pl.DataFrame) -> pl.DataFrame:
    """Each row as a JSON object in column `row`; what JSON has no number for is written as a string."""
    readable = landed.select(
        pl.col(name).cast(pl.String, strict=False) if _needs_text(landed[name]) else pl.col(name)
        for name in landed.columns
    )
    return readable.select(pl.struct(pl.all()).struct.json_encode().alias("row"))


def _needs_text(column: pl.Series) -> bool:
    if column.dtype.is_float():
        return not bool(column.is_finite().all())
    return column.dtype == pl.Binary

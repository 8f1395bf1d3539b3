"""What a check found, as a value, and as Dagster's check result.

Belongs here: the fields that every failed check carries. Does not: any verdict.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import dagster as dg

RUNBOOK = "docs/runbook.md"
DOES_NOT_APPLY, NOT_KNOWN = "does not apply", "not known"
LONGEST = 1_000
"""Characters of a check's sentence; the whole of it is in its figures."""


@dataclass(frozen=True)
class Finding:
    """One check of one partition. told: a sentence; passed: nothing to do; blocks: what follows must not go on.

    since: the first partition of those in a row that fail alike; accounts, arr: affected, None where not known, words
    where a number would mislead; causes: likeliest first; look_closer: a command for a shell; table: Markdown; page: a
    file that shows more.
    """

    told: str
    expected: str
    seen: str
    passed: bool = True
    blocks: bool = False
    since: dt.date | None = None
    accounts: int | str | None = None
    arr: float | str | None = None
    causes: tuple[str, ...] = ()
    look_closer: str = ""
    table: str = ""
    page: str = ""

    @property
    def gravity(self) -> int:
        """0 where it passed, 1 where it warns, 2 where it blocks."""
        return 0 if self.passed else 2 if self.blocks else 1


def check_result(asset: dg.AssetKey, check: str, findings: Mapping[str, Finding]) -> dg.AssetCheckResult:
    """The result over one or more partitions: as bad as the worst, and told of the newest one that is as bad."""
    worst = max(findings, key=lambda partition: (findings[partition].gravity, partition))
    found = findings[worst]
    bad = sorted(partition for partition, one in findings.items() if not one.passed)
    return dg.AssetCheckResult(
        asset_key=asset,
        check_name=check,
        passed=found.passed,
        severity=dg.AssetCheckSeverity.ERROR if found.blocks else dg.AssetCheckSeverity.WARN,
        description=f"{worst}: {shortened(found.told)}",
        metadata={"weeks": ", ".join(bad) or "none", **_metadata(check, found)},
    )


def features_text(count: int) -> str:
    """So many features, in words."""
    return "1 feature" if count == 1 else f"{count} features"


def shortened(told: str) -> str:
    """A sentence that fits a line or two of a page and a message."""
    return told if len(told) <= LONGEST else f"{told[: LONGEST - 4]} ..."


def _metadata(check: str, found: Finding) -> dict[str, Any]:
    told: dict[str, Any] = {"expected": found.expected, "seen": found.seen}
    if not found.passed:
        told |= {
            "since": NOT_KNOWN if found.since is None else found.since.isoformat(),
            "accounts_affected": NOT_KNOWN if found.accounts is None else found.accounts,
            "arr_affected": round(found.arr) if isinstance(found.arr, int | float) else found.arr or NOT_KNOWN,
            "likely_cause": "; ".join(f"{n}. {cause}" for n, cause in enumerate(found.causes, 1)) or NOT_KNOWN,
            "runbook": f"{RUNBOOK}#{check}",
            "look_closer": found.look_closer,
        }
    if found.table:
        told["figures"] = dg.MetadataValue.md(found.table)
    if found.page:
        told["page"] = dg.MetadataValue.path(found.page)
    return told

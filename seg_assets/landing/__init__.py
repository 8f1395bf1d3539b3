"""Landing tables in: finding them, holding them to the contract, and making account snapshots of them.

Belongs here: everything between a source's files and rows that the rest may trust.
Does not: writing tables (resources/), deciding what to run (assets/, automation/); imports catalogs only.
"""

from seg_assets.landing.accounts import account_snapshot
from seg_assets.landing.contract import validate, validate_events
from seg_assets.landing.problems import (
    QUARANTINE_SCHEMA,
    ContractError,
    Example,
    LandingError,
    Problem,
    Report,
    Severity,
    Validated,
)
from seg_assets.landing.read import Landing
from seg_assets.landing.schemas import (
    ACCOUNT_MASTER,
    EVENT_SOURCES,
    Column,
    TableSchema,
    account_snapshot_schema,
    applicable_column,
    schema_of,
)

__all__ = [
    "ACCOUNT_MASTER",
    "EVENT_SOURCES",
    "QUARANTINE_SCHEMA",
    "Column",
    "ContractError",
    "Example",
    "Landing",
    "LandingError",
    "Problem",
    "Report",
    "Severity",
    "TableSchema",
    "Validated",
    "account_snapshot",
    "account_snapshot_schema",
    "applicable_column",
    "schema_of",
    "validate",
    "validate_events",
]

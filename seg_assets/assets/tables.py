"""Every table that the graph of a catalogue writes, by its name.

Belongs here: putting together what the schema modules and the raw tables declare. Does not: the columns themselves.
"""

from seg_assets import (
    campaign_schemas,
    kpi_schemas,
    lift_schemas,
    monitoring_schemas,
    notice_schemas,
    override_schemas,
    schemas,
    tier_schemas,
    trigger_schemas,
)
from seg_assets.assets.raw import quarantine_table, raw_table
from seg_assets.catalogs import Catalogue
from seg_assets.landing import EVENT_SOURCES
from seg_assets.landing.schemas import ACCOUNT_MASTER
from seg_assets.schemas import Table, account_features, account_snapshots

DECLARED_BY = (
    campaign_schemas,
    kpi_schemas,
    lift_schemas,
    monitoring_schemas,
    notice_schemas,
    override_schemas,
    schemas,
    tier_schemas,
    trigger_schemas,
)


def tables_of(catalogue: Catalogue) -> dict[str, Table]:
    """The tables of every catalogue, and those that follow from this one."""
    fixed = [value for module in DECLARED_BY for value in vars(module).values() if isinstance(value, Table)]
    sources = [*(source.name for source in catalogue.sources), *EVENT_SOURCES, ACCOUNT_MASTER.source]
    landed = [make for source in sources for make in (raw_table(catalogue, source), quarantine_table(source))]
    every = [*fixed, *landed, account_snapshots(catalogue), account_features(catalogue)]
    return {table.name: table for table in every}

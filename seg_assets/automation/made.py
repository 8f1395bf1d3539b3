"""What has been made, as far as the tables still hold it.

Belongs here: asking the event log and the table behind an asset together. Does not: what is stale (plan.py).

A table's log entry that was cut by a power failure takes a write with it that the event log knows of. By the event log
alone such a partition would be up to date for ever.
"""

from __future__ import annotations

import dagster as dg

from resources.lakehouse import Lakehouse
from seg_assets.automation.launch import newest_materializations
from seg_assets.automation.plan import Made
from seg_assets.schemas import SEGMENT_MODEL
from seg_assets.segmentation.promotion import AUTOMATIC
from seg_assets.steps.models import newest_versions, read_promotions


def made_and_held(
    instance: dg.DagsterInstance, lakehouse: Lakehouse, asset: str, code_version: str | None = None
) -> Made:
    """Partition to the event-log position of its newest materialization, of those that the asset's table holds.

    code_version: only those made by it. A model is made once its newest version has been decided on. Raises TableError
    where the table cannot be opened.
    """
    key = dg.AssetKey(asset.split("/"))
    made = newest_materializations(instance, key, code_version, lakehouse.written(asset))
    if asset != SEGMENT_MODEL.name:
        return made
    decided = {row.definition_version: row.service_month for row in read_promotions(lakehouse) if row.by == AUTOMATIC}
    undecided = {month for month, version in newest_versions(lakehouse).items() if version not in decided}
    months = set(decided.values()) - undecided
    return {month: position for month, position in made.items() if month in months}

"""Release notes: what each change of definitions of a service month meant, as a table and as a page a version.

Belongs here: the asset, for what a refresh decided. Does not: a person's decisions (automation/promote.py), the
comparison (steps/release_notes.py), how a page reads (reports/release_note.py).
"""

import datetime as dt
from typing import Any

import dagster as dg

from resources.lakehouse import Lakehouse
from resources.pages import Pages
from seg_assets.assets.description import table_metadata
from seg_assets.catalogs import Catalogue
from seg_assets.notice_schemas import RELEASE_NOTES
from seg_assets.partitions import REFRESHES_COMPARED, Partitions
from seg_assets.reports.release_note import FOLDER, money_unit, release_page
from seg_assets.steps.models import read_promotions
from seg_assets.steps.release_notes import add_note, notes_of_version, without_note


def build_release_notes(catalogue: Catalogue, partitions: Partitions) -> dg.AssetsDefinition:
    """The asset `release_notes`."""

    @dg.asset(
        name=RELEASE_NOTES.name,
        partitions_def=partitions.service_month,
        backfill_policy=dg.BackfillPolicy.single_run(),
        deps=[
            dg.AssetDep("segment_model", partition_mapping=REFRESHES_COMPARED),
            # Lineage: the training snapshot, and those whose outcomes had matured by then.
            dg.AssetDep("account_snapshots", partition_mapping=dg.AllPartitionMapping()),
            dg.AssetDep(["raw", "pipeline_conversions"], partition_mapping=dg.AllPartitionMapping()),
        ],
        group_name="release_notes",
        kinds={"polars", "delta", "markdown"},
        owners=[catalogue.objective.owner],
        description="A note on every change of definitions, automatic or by a person: what changed, who moves where, "
        "figures before and after, plays added and dropped, ids that end and their heirs. A page a version lies in "
        "reports/releases.",
        metadata=table_metadata(RELEASE_NOTES),
    )
    def release_notes(
        context: dg.AssetExecutionContext, lakehouse: dg.ResourceParam[Lakehouse], pages: dg.ResourceParam[Pages]
    ) -> dg.MaterializeResult:
        for key in context.partition_keys:
            metadata = _tell_month(catalogue, lakehouse, pages, dt.date.fromisoformat(key))
            context.add_asset_metadata(metadata, partition_key=key)
        return dg.MaterializeResult()

    return release_notes


def _tell_month(catalogue: Catalogue, lakehouse: Lakehouse, pages: Pages, month: dt.date) -> dict[str, Any]:
    """Add the notes that the month lacks, and write its pages again; figures for its materialization."""
    promotions = read_promotions(lakehouse)
    for decision in without_note(lakehouse, promotions, month):
        add_note(lakehouse, catalogue, decision)
    decided = [row for row in promotions if row.service_month == month]
    changes = [row for row in decided if row.to_version not in (None, row.from_version)]
    if not changes:
        why = f"{decided[-1].definition_version} {decided[-1].reason}" if decided else "nothing was decided"
        return {"change": f"no definitions changed: {why}"}
    written = {}
    for version in {row.to_version for row in changes if row.to_version is not None}:
        page = release_page(version, notes_of_version(lakehouse, version), money_unit(catalogue))
        written[version] = page, pages.write(f"{FOLDER}/{version}", page, "md")
    in_force = changes[-1].to_version or changes[-1].definition_version
    page, path = written[in_force]
    return {
        "dagster/uri": lakehouse.uri(RELEASE_NOTES.name),
        "definition_version": in_force,
        "note": dg.MetadataValue.md(page),
        "page": dg.MetadataValue.url(path.as_uri()),
        "page_path": dg.MetadataValue.path(str(path)),
    }

"""Account features: the training snapshot of a data month, transformed, with its indices.

Belongs here: the asset, and the frozen reference that it keeps. Does not: how features are transformed
(segmentation/preprocess.py) or indices computed (segmentation/reference.py).
"""

import datetime as dt
import hashlib
import json
import time
from typing import Any

import dagster as dg
import polars as pl

from resources.lakehouse import Lakehouse
from seg_assets.assets.description import frame_markdown, table_metadata, written
from seg_assets.catalogs import Catalogue
from seg_assets.partitions import SNAPSHOT_OF_DATA_MONTH, Partitions, training_snapshot
from seg_assets.schemas import FEATURE_REFERENCES, PREPROCESSORS, TIMESTAMP, account_features
from seg_assets.segmentation import Preprocessor, Reference
from seg_assets.segmentation.refresh import ACCOUNTS_A_SEGMENT
from seg_assets.segmentation.sampling import hash_sample_of
from seg_assets.steps.overrides import read_overrides, without_overridden


class FeaturesConfig(dg.Config):
    """What a person may decide for one run."""

    reset_reference: bool = False
    """Freeze a new reference from this month: every index changes its meaning."""


def build_features(catalogue: Catalogue, partitions: Partitions) -> dg.AssetsDefinition:
    """The asset `account_features`."""
    table = account_features(catalogue)

    @dg.asset(
        name="account_features",
        partitions_def=partitions.data_month,
        backfill_policy=dg.BackfillPolicy.single_run(),
        deps=[dg.AssetDep("account_snapshots", partition_mapping=SNAPSHOT_OF_DATA_MONTH)],
        group_name="features",
        kinds={"polars", "delta"},
        code_version=catalogue.fingerprint(
            "sources", "features", "outcome_column", "order_column", "groups", "indices"
        ),
        owners=[catalogue.objective.owner],
        description="The month's training snapshot: its indices (0 to 100 on the frozen reference) and its fitted "
        "coordinates, in which every group of features weighs the same.",
        metadata=table_metadata(table),
    )
    def account_features_asset(
        context: dg.AssetExecutionContext, config: FeaturesConfig, lakehouse: dg.ResourceParam[Lakehouse]
    ) -> dg.MaterializeResult:
        for position, key in enumerate(context.partition_keys):
            reset = config.reset_reference and position == 0
            metadata = _build_month(catalogue, lakehouse, dt.date.fromisoformat(key), reset)
            context.add_asset_metadata(metadata, partition_key=key)
        return dg.MaterializeResult()

    return account_features_asset


def _build_month(catalogue: Catalogue, lakehouse: Lakehouse, month: dt.date, reset: bool) -> dict[str, Any]:
    """Fit and store one data month; figures for its materialization."""
    began = time.monotonic()
    week = training_snapshot(lakehouse.partitions("account_snapshots"), month)
    if week is None:
        raise dg.Failure(
            f"no snapshot of {month:%Y-%m} has landed: materialize account_snapshots for one of its Mondays"
        )
    snapshot = lakehouse.scan("account_snapshots", [week])
    learned_from = without_overridden(snapshot, read_overrides(lakehouse), [week])
    frozen = None if reset else _frozen_reference(catalogue, lakehouse)
    reference = frozen or _new_reference(catalogue, learned_from, week)
    preprocessor = Preprocessor.fit(hash_sample_of(learned_from), catalogue, reference)
    lakehouse.replace(PREPROCESSORS, _preprocessor_row(week, preprocessor), month)
    indices, coordinates = reference.index_expressions(), preprocessor.expressions()
    features = snapshot.select("account_id", "snapshot_date", *indices, *coordinates)
    rows = lakehouse.replace(account_features(catalogue), features, month)
    if frozen is None:
        # Last: a month that fails half way must not decide what the indices of all later ones mean.
        _freeze(catalogue, lakehouse, month, reference, "reset by a person" if reset else "first refresh")
    return {
        **written(rows, lakehouse.uri("account_features")),
        "trained_on": week.isoformat(),
        "is_last_monday": (week + dt.timedelta(days=7)).month != week.month,
        "left_out_as_overridden": rows - _count(learned_from),
        "coordinates": len(coordinates),
        "indices": frame_markdown(reference.contributions()),
        "seconds": round(time.monotonic() - began, 3),
    }


def _frozen_reference(catalogue: Catalogue, lakehouse: Lakehouse) -> Reference | None:
    """The reference in force; None where there is none yet.

    Raises dagster.Failure where the catalogue's features are no longer those of the reference.
    """
    if not lakehouse.exists(FEATURE_REFERENCES.name):
        return None
    rows = lakehouse.scan(FEATURE_REFERENCES.name).sort("set_at").collect()
    newest = rows.row(-1, named=True)
    reference = Reference.from_dict(json.loads(newest["reference"]))
    if newest["catalogue"] != catalogue_meaning(catalogue):
        raise dg.Failure(
            f"the catalogue is no longer the one that the frozen reference of {newest['data_month']:%Y-%m} was set "
            f"with: {_what_changed(reference, catalogue)}. Indices would change their meaning unannounced; to "
            "accept that, materialize account_features with `reset_reference: true`"
        )
    return reference


def _count(accounts: pl.LazyFrame) -> int:
    return int(accounts.select(pl.len()).collect().item())


def _new_reference(catalogue: Catalogue, snapshot: pl.LazyFrame, week: dt.date) -> Reference:
    """A reference fitted on `snapshot`. Raises dagster.Failure where that has too few accounts to fit a model on."""
    needed = ACCOUNTS_A_SEGMENT * catalogue.limits.segments
    accounts = _count(snapshot)
    if accounts < needed:
        raise dg.Failure(
            f"week {week} holds {accounts:,} accounts, too few to freeze the reference on, which gives the "
            f"indices of all later months their meaning: at least {needed:,} are needed. Land more accounts for it, "
            f"begin with a later month, or lower limits.segments ({catalogue.limits.segments}) in the catalogue",
            allow_retries=False,
        )
    return Reference.fit(snapshot, catalogue)


def _freeze(catalogue: Catalogue, lakehouse: Lakehouse, month: dt.date, reference: Reference, by: str) -> None:
    row = {
        "data_month": month,
        "set_at": dt.datetime.now(dt.UTC),
        "by": by,
        "catalogue": catalogue_meaning(catalogue),
        "reference": json.dumps(reference.to_dict(), sort_keys=True),
    }
    lakehouse.append(FEATURE_REFERENCES, pl.DataFrame([row], schema={**FEATURE_REFERENCES.schema, "set_at": TIMESTAMP}))


def catalogue_meaning(catalogue: Catalogue) -> str:
    """A hash of what gives the indices their meaning: features with kind, transform, direction, and who is in which."""
    features = [(f.name, f.group, f.kind, f.transform, f.direction, f.levels) for f in catalogue.features]
    indices = [(index.name, index.features) for index in catalogue.indices]
    gates = [(group.name, group.applicable_when) for group in catalogue.groups]
    return hashlib.sha256(repr((features, indices, gates)).encode()).hexdigest()[:12]


def _what_changed(reference: Reference, catalogue: Catalogue) -> str:
    change = reference.change_to(catalogue)
    told = [f"feature {name} is new" for name in change.added] + [f"feature {name} is gone" for name in change.removed]
    return ", ".join(told) or "a group, kind, transform, direction, level or index is another"


def _preprocessor_row(week: dt.date, preprocessor: Preprocessor) -> pl.DataFrame:
    return pl.DataFrame({"trained_on": week, "preprocessor": json.dumps(preprocessor.to_dict(), sort_keys=True)})

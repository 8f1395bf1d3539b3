"""Weekly scores: each account's segment by the definitions that were champion in that week.

Belongs here: the asset, which names the champion of each week. Does not: assigning (steps/score.py).
"""

import datetime as dt

import dagster as dg

from resources.compute import Steps
from resources.lakehouse import Lakehouse
from resources.settings import Engine
from seg_assets.assets.description import table_metadata, tell_partitions
from seg_assets.catalogs import Catalogue
from seg_assets.catalogs.labels import labels_fingerprint
from seg_assets.partitions import MODEL_OF_WEEK, TIERS_OF_WEEK, Partitions, snapshots_of_week
from seg_assets.schemas import SEGMENT_SCORES, account_snapshots
from seg_assets.segmentation.labels import Labels
from seg_assets.segmentation.promotion import champion_of
from seg_assets.steps.inputs import ScoreInputs, WeekToScore
from seg_assets.steps.models import read_promotions, read_segmentation


def build_scores(catalogue: Catalogue, partitions: Partitions, engine: Engine) -> dg.AssetsDefinition:
    """The asset `segment_scores`, which `engine` computes."""
    key = dg.AssetKey("segment_scores")
    hold_weeks = catalogue.limits.hold_weeks

    @dg.asset(
        key=key,
        partitions_def=partitions.week,
        backfill_policy=dg.BackfillPolicy.single_run(),
        deps=[
            dg.AssetDep("account_snapshots", partition_mapping=snapshots_of_week(hold_weeks)),
            dg.AssetDep("segment_model", partition_mapping=MODEL_OF_WEEK),
            # For the labels that ask it; a week can be scored without.
            dg.AssetDep("account_tiers", partition_mapping=TIERS_OF_WEEK),
        ],
        group_name="weekly_scores",
        kinds={engine, "delta"},
        code_version=f"hold_weeks={hold_weeks} labels={labels_fingerprint(catalogue.labels)}",
        owners=[catalogue.objective.owner],
        description="Each account's segment for one week, by the definitions that were champion then, with its "
        "confidence, the nearest other segment and the conditions it met. An account that has just crossed a border "
        "may be held where it was. On top its labels, and the one action that is to be done, with the reason.",
        metadata=table_metadata(SEGMENT_SCORES),
    )
    def segment_scores(
        context: dg.AssetExecutionContext, steps: dg.ResourceParam[Steps], lakehouse: dg.ResourceParam[Lakehouse]
    ) -> dg.MaterializeResult:
        weeks = [_week_to_score(lakehouse, dt.date.fromisoformat(key)) for key in context.partition_keys]
        for version in sorted({week.definition_version for week in weeks}):
            _refuse_missing_features(catalogue, lakehouse, version)
        _refuse_missing_columns(catalogue, lakehouse)
        inputs = ScoreInputs(
            lakehouse=lakehouse.root,
            weeks=tuple(weeks),
            hold_weeks=hold_weeks,
            labels=catalogue.labels,
            engine=engine,
        )
        done = steps.run("score", context, inputs.extras())
        tell_partitions(context, done.get_custom_messages())
        return done.get_materialize_result(implicit_materialization=False)

    return segment_scores


def _week_to_score(lakehouse: Lakehouse, week: dt.date) -> WeekToScore:
    champion = champion_of(read_promotions(lakehouse), week)
    if champion is None:
        raise dg.Failure(f"week {week} has no champion: materialize segment_model for a service month first")
    if week not in lakehouse.partitions("account_snapshots"):
        raise dg.Failure(f"week {week} has no accounts: materialize account_snapshots for it first")
    return WeekToScore(
        week=week,
        definition_version=champion.definition_version,
        before_first_model=champion.before_first_model,
    )


def _refuse_missing_features(catalogue: Catalogue, lakehouse: Lakehouse, version: str) -> None:
    """Raises dagster.Failure where the champion reads a column that left the catalogue: it would be all null."""
    needed = read_segmentation(lakehouse, version).required_columns
    gone = sorted(set(needed) - set(account_snapshots(catalogue).schema))
    if gone:
        raise dg.Failure(
            f"the champion {version} reads {', '.join(gone)}, which the catalogue no longer has; put it back, or "
            "materialize account_features with `reset_reference: true` and refresh the service month first"
        )


def _refuse_missing_columns(catalogue: Catalogue, lakehouse: Lakehouse) -> None:
    """Raises dagster.Failure where labels ask features that no stored snapshot has yet: they would be all null."""
    asked = {name for name in Labels.of(catalogue.labels).columns if name in catalogue.feature_names}
    if gone := sorted(asked - set(lakehouse.scan("account_snapshots").collect_schema().names())):
        raise dg.Failure(
            f"labels ask {', '.join(gone)}, which account_snapshots does not have yet; materialize it again first"
        )

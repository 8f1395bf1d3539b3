"""The whole graph on one page.

Belongs here: which assets, jobs and resources there are. Does not: anything that any of them does.
"""

from __future__ import annotations

import dagster as dg

from resources.account_lists import CONTACTED, SUPPRESSED, AccountList
from resources.alerts import Alerts
from resources.compute import steps_of
from resources.exports import Exports
from resources.io_manager import DeltaIOManager
from resources.lakehouse import Lakehouse
from resources.pages import FOLDER as PAGES
from resources.pages import Pages
from resources.segment_names import FILE_NAME as SEGMENT_NAMES
from resources.segment_names import SegmentNames
from resources.settings import Settings
from resources.tracking import tracking_of
from seg_assets.assets.accounts import build_accounts
from seg_assets.assets.annual_lock import build_annual_lock
from seg_assets.assets.audiences import build_audiences
from seg_assets.assets.experiment_arms import build_experiment_arms
from seg_assets.assets.experiment_effects import build_experiment_effects
from seg_assets.assets.features import build_features
from seg_assets.assets.kpis import build_kpis
from seg_assets.assets.lift import build_lift
from seg_assets.assets.model import build_model
from seg_assets.assets.monitoring import build_monitoring
from seg_assets.assets.profiles import build_profiles
from seg_assets.assets.raw import build_raw
from seg_assets.assets.release_notes import build_release_notes
from seg_assets.assets.scores import build_scores
from seg_assets.assets.stability import build_stability
from seg_assets.assets.tiers import build_tiers
from seg_assets.assets.triggers import build_triggers
from seg_assets.automation.jobs import build_jobs
from seg_assets.automation.newest_week import build_newest_week_check
from seg_assets.automation.on_call import build_on_call_sensor
from seg_assets.automation.override import build_override_jobs
from seg_assets.automation.promote import build_decision_jobs
from seg_assets.automation.sensors import build_sensor
from seg_assets.automation.triggers import build_trigger_sensor
from seg_assets.catalogs import Catalogue, catalogue_at
from seg_assets.checks.build import build_checks
from seg_assets.landing import Landing
from seg_assets.partitions import Partitions
from seg_assets.schemas import SEGMENT_PROFILES


def build_definitions(settings: Settings, catalogue: Catalogue) -> dg.Definitions:
    """The graph of `catalogue` over the places that `settings` name."""
    partitions = Partitions(catalogue.first_month)
    lakehouse = Lakehouse(settings.lakehouse)
    jobs = build_jobs(catalogue)
    return dg.Definitions(
        assets=[
            *build_raw(catalogue, partitions),
            build_accounts(catalogue, partitions),
            build_features(catalogue, partitions),
            build_tiers(catalogue, partitions),
            build_model(catalogue, partitions),
            build_profiles(catalogue, partitions),
            build_stability(catalogue, partitions),
            build_release_notes(catalogue, partitions),
            build_scores(catalogue, partitions, settings.engine),
            build_triggers(catalogue, partitions),
            build_experiment_arms(catalogue, partitions),
            build_experiment_effects(catalogue, partitions),
            build_audiences(catalogue, partitions),
            build_lift(catalogue, partitions),
            build_annual_lock(catalogue, partitions),
            build_kpis(catalogue, partitions),
            *build_monitoring(catalogue, partitions, settings.engine),
        ],
        asset_checks=[*build_checks(catalogue, partitions), build_newest_week_check(catalogue)],
        jobs=[*jobs, *build_decision_jobs(catalogue), *build_override_jobs()],
        sensors=[build_sensor(catalogue, jobs), build_trigger_sensor(jobs), build_on_call_sensor(catalogue)],
        resources={
            "lakehouse": lakehouse,
            "landing": Landing(settings.landing),
            "tracking": tracking_of(settings),
            "steps": steps_of(settings),
            "segment_names": SegmentNames(str(settings.home / SEGMENT_NAMES)),
            "suppressed": AccountList(str(settings.home / SUPPRESSED), "reason"),
            "contacted": AccountList(str(settings.home / CONTACTED), "contacted_on"),
            "exports": Exports(str(settings.home / "exports")),
            "pages": Pages(str(settings.home / PAGES)),
            "alerts": Alerts(lakehouse, settings.alert_webhook, settings.alert_email),
            "io_manager": DeltaIOManager(lakehouse, {SEGMENT_PROFILES.name: SEGMENT_PROFILES}),
        },
    )


@dg.definitions
def defs() -> dg.Definitions:
    """What Dagster loads: the graph over the settings of the environment. Raises CatalogueError, SettingsError."""
    settings = Settings.from_environment()
    return build_definitions(settings, catalogue_at(settings.catalog))

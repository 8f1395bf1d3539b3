"""The whole graph on one page.

Belongs here: which assets, jobs and resources there are. Does not: anything that any of them does.
"""

from __future__ import annotations

import warnings

import dagster as dg

from resources.compute import Steps
from resources.io_manager import DeltaIOManager
from resources.lakehouse import Lakehouse
from resources.segment_names import FILE_NAME as SEGMENT_NAMES
from resources.segment_names import SegmentNames
from resources.settings import Settings
from resources.tracking import Tracking
from seg_assets.assets.accounts import build_accounts
from seg_assets.assets.features import build_features
from seg_assets.assets.model import build_model
from seg_assets.assets.profiles import build_profiles
from seg_assets.assets.raw import build_raw
from seg_assets.assets.scores import build_scores
from seg_assets.assets.stability import build_stability
from seg_assets.automation.jobs import build_jobs
from seg_assets.catalogs import Catalogue, catalogue_at
from seg_assets.landing import Landing
from seg_assets.partitions import Partitions
from seg_assets.schemas import SEGMENT_PROFILES

# Backfill policies are beta in Dagster, parts of Pipes a preview; saying so at every asset and run helps nobody here.
warnings.filterwarnings("ignore", category=dg.BetaWarning)
warnings.filterwarnings("ignore", category=dg.PreviewWarning)


def build_definitions(settings: Settings, catalogue: Catalogue) -> dg.Definitions:
    """The graph of `catalogue` over the places that `settings` name."""
    partitions = Partitions(catalogue.first_month)
    lakehouse = Lakehouse(settings.lakehouse)
    return dg.Definitions(
        assets=[
            *build_raw(catalogue, partitions),
            build_accounts(catalogue, partitions),
            build_features(catalogue, partitions),
            build_model(catalogue, partitions),
            build_profiles(catalogue, partitions),
            build_stability(catalogue, partitions),
            build_scores(catalogue, partitions),
        ],
        jobs=build_jobs(catalogue),
        resources={
            "lakehouse": lakehouse,
            "landing": Landing(settings.landing),
            "tracking": Tracking(str(settings.mlflow_home)),
            "steps": Steps(),
            "segment_names": SegmentNames(str(settings.home / SEGMENT_NAMES)),
            "io_manager": DeltaIOManager(lakehouse, {SEGMENT_PROFILES.name: SEGMENT_PROFILES}),
        },
    )


@dg.definitions
def defs() -> dg.Definitions:
    """What Dagster loads: the graph over the settings of the environment. Raises CatalogueError, SettingsError."""
    settings = Settings.from_environment()
    return build_definitions(settings, catalogue_at(settings.catalog))

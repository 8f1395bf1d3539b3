"""Fit: a first refresh on the full training snapshot, from Delta to a segmentation in memory.

Belongs here: reading the refresh's data, fitting preprocessor and segmentation. Does not: MLflow, promotion, writing;
the frozen reference, which most months take over, is read and not fitted.
"""

from __future__ import annotations

from itertools import repeat

from benchmarks.prepared import SERVICE_MONTH, Prepared
from benchmarks.stages import Repeats
from seg_assets.catalogs import default_catalogue
from seg_assets.segmentation import Preprocessor, Segmentation, fit
from seg_assets.steps.refresh_data import RefreshData, read_refresh_data

SEED = 20_260_629


def repeats(prepared: Prepared) -> Repeats:
    """Every repeat is the same refit."""
    yield from repeat(lambda: refit(prepared)[0].snapshot.height)


def refit(prepared: Prepared) -> tuple[RefreshData, Segmentation]:
    """The data of the refresh, and the segmentation fitted on it."""
    catalogue = default_catalogue()
    data = read_refresh_data(prepared.lakehouse, catalogue, SERVICE_MONTH)
    preprocessor = Preprocessor.fit(data.snapshot, catalogue, data.preprocessor.reference)
    segmentation = fit(
        data.snapshot, catalogue, None, data.outcomes, preprocessor=preprocessor, previous=data.previous, seed=SEED
    )
    return data, segmentation

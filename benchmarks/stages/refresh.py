"""A refresh: every number of segments judged by all gates, and the segmentation of the choice, from Delta to memory.

Belongs here: what the step does between its reading and its writing, for a first refresh. Does not: MLflow, promotion,
writing, the preprocessor (an asset of its own).
"""

from __future__ import annotations

from itertools import repeat

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from benchmarks import plain_refresh
from benchmarks.prepared import SERVICE_MONTH, Prepared
from benchmarks.stages import Repeats
from benchmarks.stages.fit import SEED
from seg_assets.catalogs import default_catalogue
from seg_assets.segmentation import fit
from seg_assets.segmentation.count.report import count_report
from seg_assets.steps.count import counts_to_judge
from seg_assets.steps.refresh_data import read_refresh_data


def repeats(prepared: Prepared) -> Repeats:
    """Every repeat is the same refresh, on one thread where the step's is."""
    yield from repeat(lambda: _refresh(prepared))


def _refresh(prepared: Prepared) -> int:
    catalogue = default_catalogue()
    with threadpool_limits(limits=1, user_api="blas"):
        data = read_refresh_data(prepared.lakehouse, catalogue, SERVICE_MONTH)
        report = count_report(
            data.snapshot,
            catalogue,
            None,
            data.outcomes,
            data.history,
            preprocessor=data.preprocessor,
            counts=counts_to_judge(catalogue, None, every=True),
            seed=SEED,
            effort=plain_refresh.EFFORT,
        )
        fit(
            data.snapshot,
            catalogue,
            None,
            data.outcomes,
            preprocessor=data.preprocessor,
            previous=data.previous,
            seed=SEED,
            learned=report.learned,
            count=report.choice.count,
            weight=report.weight,
            kinds=report.kinds,
        )
    return data.snapshot.height

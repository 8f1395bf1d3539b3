from __future__ import annotations

import os
import subprocess
import sys

import pytest

PROGRAM = """
from seg_assets.catalogs import default_catalogue
from seg_assets.segmentation import Preprocessor, Reference, fit
from seg_assets_tests.segmentation.population import population

catalogue = default_catalogue()
frame = population(catalogue, 2000)
preprocessor = Preprocessor.fit(frame, catalogue, Reference.fit(frame, catalogue))
print(fit(frame, catalogue, None, None, preprocessor=preprocessor).to_json())
"""
MACHINES = (
    {"OPENBLAS_CORETYPE": "Haswell", "OMP_NUM_THREADS": "2", "POLARS_MAX_THREADS": "2"},
    {"OPENBLAS_CORETYPE": "Nehalem", "OMP_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1"},
)


def fitted_on(machine: dict[str, str]) -> str:
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=os.environ | machine, capture_output=True, text=True, check=True
    )
    return run.stdout


def test_another_processor_and_thread_count_give_the_same_bytes() -> None:
    """K-means on float32 ended in another optimum with another BLAS kernel, and every definition moved with it."""
    texts = [fitted_on(machine) for machine in MACHINES]
    assert '"segments"' in texts[0]
    assert texts[0] == texts[1]


@pytest.mark.parametrize("library", ["sklearn", "scipy", "sqlglot", "dagster", "mlflow"])
def test_scoring_imports_no_fitting_library(library: str) -> None:
    """Importing scikit-learn takes longer than scoring 420,000 accounts."""
    program = f"import sys, seg_assets.segmentation; sys.exit({library!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0

"""Populations that are grown have the accounts that they claim; what is assumed of clusters does what it says."""

from __future__ import annotations

import polars as pl
import pytest

from benchmarks.prepared import DATA_MONTH, SERVICE_MONTH, WEEK, Prepared
from benchmarks.scale.cost import CLUSTERS, Assumptions, Cluster, cost
from benchmarks.scale.populations import grown
from benchmarks.scale.stages import Stage
from seg_assets.catalogs import default_catalogue
from seg_assets.schemas import PREPROCESSORS, SEGMENT_MODEL, account_snapshots


def test_a_grown_population_is_the_sample_over_and_over_under_other_ids(tmp_path):
    sample = Prepared(tmp_path, 100)
    table = account_snapshots(default_catalogue())
    rows = pl.DataFrame(
        {"account_id": [f"A{n:03}" for n in range(100)], "employee_count": [float(n) for n in range(100)]}
    )
    empty = pl.DataFrame(schema=table.schema)
    sample.lakehouse.replace(table, pl.concat([rows, empty], how="diagonal"), WEEK)
    model = {name: None for name in SEGMENT_MODEL.schema if name != "service_month"} | {
        "definition_version": "2026-07.1"
    }
    sample.lakehouse.replace(SEGMENT_MODEL, pl.DataFrame([model]), SERVICE_MONTH)
    preprocessor = pl.DataFrame({"trained_on": WEEK, "preprocessor": "{}"})
    sample.lakehouse.replace(PREPROCESSORS, preprocessor, DATA_MONTH)
    found = grown(sample, 250).lakehouse.scan("account_snapshots", [WEEK]).collect()
    assert found["account_id"].n_unique() == found.height == 250
    assert found["account_id"].is_sorted()
    assert found["employee_count"].to_list() == [*range(100), *range(100), *range(50)]


def test_a_stage_that_the_machine_has_no_memory_for_says_how_much_it_needs():
    stage = Stage("score", "pysail", "scoring_on_spark", 500)
    assert stage.lacks(4_200_000, 8_000_000_000) is None
    assert stage.lacks(42_000_000, 8_000_000_000) == "needs about 22 GB of memory, and 8 GB are free"


def test_cost_is_work_over_cores_and_pays_for_the_start():
    assumed = Assumptions(efficiency_one_node=0.5, efficiency_many_nodes=0.25, core=2.0, start_seconds=100, price=0.2)
    alone, many = Cluster("one", 1, 4, 0.9), Cluster("many", 5, 4, 0.9)
    one = cost(800, alone, assumed)
    assert one.seconds == 800 / (4 * 2 * 0.5)
    assert one.dbu == pytest.approx(0.9 * 300 / 3600)
    assert one.usd == pytest.approx(one.dbu * 0.2)
    # The driver computes nothing.
    assert cost(800, many, assumed).seconds == 800 / (16 * 2 * 0.25)
    assert [cluster.nodes for cluster in CLUSTERS] == [1, 3, 9]

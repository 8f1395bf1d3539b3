"""What is counted and summed of accounts at both ends of a period, by hand."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from seg_assets.catalogs.kpi import Kpi
from seg_assets.segmentation.kpis.figures import by_segment, with_figures
from seg_assets.segmentation.kpis.sums import period_sums
from seg_assets.segmentation.rates import wilson

BEGIN = pl.DataFrame(
    {
        "account_id": ["a", "b", "c", "d", "e", "f"],
        "segment_id": ["SEG-01", "SEG-01", "SEG-01", "SEG-02", "SEG-02", "SEG-02"],
        "stage": ["customer", "customer", "customer", "customer", "lead", None],
        "motion": ["self", "sold", "self", "self", "self", "self"],
        "spend": [100.0, 200.0, 50.0, 80.0, 0.0, 10.0],
        "idle": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
    }
)
END = pl.DataFrame(
    {
        "account_id": ["a", "b", "d", "e", "g"],
        "segment_id": ["SEG-02", "SEG-01", "SEG-02", "SEG-02", "SEG-01"],
        "stage": ["customer", "lost", "customer", "customer", "customer"],
        "motion": ["self", "sold", "self", "self", "sold"],
        "spend": [150.0, 0.0, None, 20.0, 30.0],
        "idle": [40.0, 0.0, None, 0.0, float("nan")],
    }
)


def kpi(**values: Any) -> Kpi:
    given = {"name": "one", "title": "One", "description": "", "owner": "team:a", "periods": ["month"]}
    return Kpi.model_validate(given | {"of": "stage = 'customer'", "direction": "up"} | values)


def figures(one: Kpi) -> dict[str | None, dict[str, Any]]:
    """segment_id (None: all) to its figures."""
    found = with_figures(by_segment(period_sums([one], BEGIN, END)), pl.lit(one.value is None))
    return {row["segment_id"]: row for row in found.iter_rows(named=True)}


def test_retention_follows_the_accounts_of_the_beginning_in_the_segments_that_they_had():
    found = figures(kpi(kind="net_retention", value="spend"))
    # c is gone, and keeps nothing; d's spend at the end is not known; g came later.
    first = found["SEG-01"]
    assert (first["x"], first["y"], first["value"]) == (350.0, 150.0, 150 / 350)
    assert (first["accounts"], first["unknown"], first["gone"]) == (3, 0, 1)
    assert (found["SEG-02"]["accounts"], found["SEG-02"]["unknown"], found["SEG-02"]["value"]) == (0, 1, None)
    assert (found[None]["y"], found[None]["accounts"]) == (150.0, 3)


def test_gross_retention_counts_no_growth():
    assert figures(kpi(kind="gross_retention", value="spend"))["SEG-01"]["y"] == 100.0


def test_each_audience_is_lost_in_its_own_way():
    audiences = [
        {"title": "self-serve", "when": "motion = 'self'", "counts": "gone OR idle > 30"},
        {"title": "sold", "counts": "stage = 'lost'"},
    ]
    one = kpi(kind="outcome", audiences=audiences)
    found = figures(one)
    # a is idle, b lost, c gone; of d nobody knows how idle it is.
    assert (found["SEG-01"]["y"], found["SEG-01"]["accounts"]) == (3.0, 3)
    assert (found["SEG-02"]["accounts"], found["SEG-02"]["unknown"]) == (0, 1)
    told = {
        (row[0], row[1]): row[2] for row in period_sums([one], BEGIN, END).select("segment_id", "audience", "y").rows()
    }
    assert told[("SEG-01", "self-serve")] == 2 and told[("SEG-01", "sold")] == 1


def test_accounts_in_no_audience_are_not_asked():
    found = figures(kpi(kind="outcome", audiences=[{"title": "sold", "when": "motion = 'sold'", "counts": "gone"}]))
    assert (found[None]["accounts"], found[None]["unknown"], found[None]["value"]) == (1, 0, 0.0)


def test_a_share_is_of_the_end_alone():
    found = figures(kpi(kind="share", counts="motion = 'self'"))
    assert (found["SEG-01"]["y"], found["SEG-01"]["accounts"]) == (0.0, 1)
    assert (found["SEG-02"]["y"], found["SEG-02"]["accounts"]) == (3.0, 3)
    assert (found["SEG-02"]["low"], found["SEG-02"]["high"]) == pytest.approx(wilson(3, 3))


def test_a_mean_leaves_out_what_is_missing_or_no_number():
    found = figures(kpi(kind="mean", value="idle"))
    assert (found["SEG-01"]["accounts"], found["SEG-01"]["unknown"]) == (0, 1)
    assert (found["SEG-02"]["value"], found["SEG-02"]["unknown"]) == (20.0, 1)
    # The standard error of a mean is the standard deviation over the root of n.
    assert found["SEG-02"]["error"] == pytest.approx(pl.Series([40.0, 0.0]).std() / 2**0.5)


def test_the_error_of_a_ratio_is_that_of_its_residuals():
    found = figures(kpi(kind="net_retention", value="spend", of="idle < 4"))["SEG-01"]
    ratio = 150 / 350
    squares = (150 - ratio * 100) ** 2 + (ratio * 200) ** 2 + (ratio * 50) ** 2
    assert found["error"] == pytest.approx((squares * 3 / 2) ** 0.5 / 350)
    assert found["high"] - found["value"] == pytest.approx(1.959964 * found["error"])


def test_several_kpis_are_summed_as_each_alone():
    several = [kpi(kind="share", counts="spend > 20"), kpi(name="two", kind="mean", value="spend")]
    together = period_sums(several, BEGIN, END).sort("kpi", "segment_id")
    alone = pl.concat(period_sums([one], BEGIN, END) for one in several).sort("kpi", "segment_id")
    assert together.equals(alone)

from __future__ import annotations

import pytest

from seg_assets.segmentation.stability.estimate import Estimate
from seg_assets.segmentation.stability.verdict import Cutoffs, Gate, Origin, StabilityLimits, joint_origin, origin


@pytest.mark.parametrize(
    ("figure", "expected"),
    [
        (Estimate(0.95, 0.92, 0.98), Origin.NATURAL),
        (Estimate(0.95, 0.88, 0.98), Origin.REPRODUCIBLE),
        (Estimate(0.90, 0.88, 0.92), Origin.CONSTRUCTED),
        (Estimate(0.80, 0.78, 0.82), Origin.CONSTRUCTED),
    ],
)
def test_segments_are_natural_only_where_the_whole_interval_is_above_the_null(
    figure: Estimate, expected: Origin
) -> None:
    assert origin(figure, null_high=0.90, least=0.6) is expected


def test_what_does_not_come_back_is_not_natural_however_low_the_null_is() -> None:
    assert origin(Estimate(0.55, 0.5, 0.6), null_high=0.3, least=0.6) is Origin.CONSTRUCTED


def test_gates_are_those_of_the_configuration() -> None:
    limits = StabilityLimits()
    jaccard = [limits.jaccard.gate(value) for value in (0.75, 0.7499, 0.60, 0.5999)]
    assert jaccard == [Gate.PASS, Gate.WARN, Gate.WARN, Gate.BLOCK]
    agreement = [limits.agreement.gate(value) for value in (0.90, 0.85, 0.79)]
    assert agreement == [Gate.PASS, Gate.WARN, Gate.BLOCK]
    assert Cutoffs(passes=0.5, blocks=0.5).gate(0.5) is Gate.PASS


def test_figures_that_disagree_are_reproducible() -> None:
    natural, constructed = Origin.NATURAL, Origin.CONSTRUCTED
    assert joint_origin([natural, natural]) is natural
    assert joint_origin([constructed, constructed]) is constructed
    assert joint_origin([natural, constructed]) is Origin.REPRODUCIBLE

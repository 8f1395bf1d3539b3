from __future__ import annotations

import pytest

from seg_assets.segmentation.five_tests import (
    Answer,
    Sibling,
    accessible,
    actionable,
    differentiable,
    measurable,
    substantial,
)
from seg_assets.segmentation.rates import Interval
from seg_assets.segmentation.reach import Reach

OTHER = Interval(3.75, 3.46, 4.06)
SAME = Interval(1.1, 0.94, 1.22)


def differs(ratio: Interval | None, *indices: str) -> Answer:
    return differentiable(Sibling("SEG-03", "Nurture", ratio, indices), rate_ratio=1.25, deviations=0.5)


def test_measurable_asks_that_most_accounts_are_known() -> None:
    assert measurable(0.838) == Answer(
        "measurable", True, 0.838, "what the definition asks is known of 83.8 % of accounts (asked: 80 %)"
    )
    assert measurable(0.79).passed is False


def test_accessible_says_every_channel() -> None:
    told = accessible(Reach(0.9, (("e-mail", 0.85), ("sales", 0.4))))
    assert told.passed and told.figure == 0.9
    assert told.says == "90 % of accounts may be reached (asked: 80 %): e-mail 85 %, sales 40 %"
    assert accessible(Reach(0.3, (("e-mail", 0.3),))).passed is False


def test_what_cannot_be_told_neither_passes_nor_fails() -> None:
    told = accessible(None)
    assert (told.passed, told.figure) == (None, None)
    assert told.says.startswith("not known")


@pytest.mark.parametrize(
    ("share", "value", "passed"), [(0.05, None, True), (0.02, None, False), (0.02, 0.01, False), (0.02, 0.2, True)]
)
def test_substantial_is_enough_accounts_or_enough_value(share: float, value: float | None, passed: bool) -> None:
    told = substantial(1_234, share, value, smallest_share=0.03, smallest_value_share=0.03)
    assert told.passed is passed
    assert told.figure == share
    assert told.says.startswith("1,234 accounts, ")
    assert ("ARR" in told.says) is (value is not None)


def test_another_rate_is_enough_to_differ() -> None:
    told = differs(OTHER)
    assert told.passed and told.figure == 3.75
    assert told.says == (
        "converts 3.75 times as often as SEG-03 [3.46, 4.06] (asked: 1.25 or 0.8); no index differs by 0.5 "
        "deviations or more (or asked: 2)"
    )


def test_other_accounts_are_enough_to_differ() -> None:
    assert differs(SAME, "firm size", "usage depth").passed is True
    assert differs(SAME, "firm size").passed is False


def test_without_labels_the_indices_decide() -> None:
    told = differs(None, "firm size", "usage depth")
    assert told.passed and told.figure == 2.0
    assert told.says == "beside SEG-03 firm size and usage depth differ by 0.5 deviations or more (asked: 2 indices)"


def test_alone_a_segment_differs_from_nobody() -> None:
    assert differentiable(None, rate_ratio=1.25, deviations=0.5).passed is False


def test_actionable_says_the_play_and_whose_it_is_too() -> None:
    beside = Sibling("SEG-03", "Nurture", None, ())
    assert actionable("Call", 1, beside) == Answer(
        "actionable", True, 1.0, "Call, a play of its own; SEG-03 has Nurture"
    )
    assert actionable("Nurture", 2, beside).says == "Nurture, a play of 2 segments; SEG-03 has the same"
    assert actionable("Call", 1, None).says == "Call, a play of its own"
    assert actionable(None, 8, beside).passed is False

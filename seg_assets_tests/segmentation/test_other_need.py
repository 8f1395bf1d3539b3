from __future__ import annotations

from seg_assets.segmentation.other_need import OtherNeed, similar_conversion_other_need
from seg_assets.segmentation.rates import Rate

SMALL = {"firm_size": 0.0, "usage": 0.0, "value": 0.0}
LARGE = {"firm_size": 2.0, "usage": 1.0, "value": 0.1}
ALIKE, HIGHER = Rate(10_000, 110), Rate(10_000, 1_000)


def pairs(rates: list[Rate | None], plays: list[str | None], needs: list[dict[str, float]]) -> tuple[OtherNeed, ...]:
    return similar_conversion_other_need(rates, plays, needs, rate_ratio=1.25, deviations=0.5)


def test_segments_that_convert_alike_and_want_something_else_are_found() -> None:
    found = pairs([Rate(10_000, 100), ALIKE, HIGHER], ["a", "b", "c"], [SMALL, LARGE, LARGE])
    assert found == (OtherNeed(0, 1, ("firm_size", "usage")),)


def test_the_same_play_one_index_or_another_rate_is_not_enough() -> None:
    assert pairs([Rate(10_000, 100), ALIKE], ["a", "a"], [SMALL, LARGE]) == ()
    assert pairs([Rate(10_000, 100), ALIKE], ["a", None], [SMALL, LARGE]) == ()
    assert pairs([Rate(10_000, 100), ALIKE], ["a", "b"], [SMALL, SMALL | {"usage": 3.0}]) == ()
    assert pairs([Rate(10_000, 100), HIGHER], ["a", "b"], [SMALL, LARGE]) == ()


def test_rates_that_chance_may_have_made_different_are_alike() -> None:
    assert len(pairs([Rate(100, 1), Rate(100, 3)], ["a", "b"], [SMALL, LARGE])) == 1


def test_large_rates_that_differ_a_little_are_alike() -> None:
    assert len(pairs([Rate(10**6, 10_000), Rate(10**6, 11_000)], ["a", "b"], [SMALL, LARGE])) == 1


def test_without_rates_nothing_is_alike() -> None:
    assert pairs([None, None], ["a", "b"], [SMALL, LARGE]) == ()

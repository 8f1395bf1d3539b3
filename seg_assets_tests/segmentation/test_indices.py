from __future__ import annotations

import pytest

from seg_assets.segmentation.indices import SPOKEN_INTENT, SpokenIndex

SIZE = SpokenIndex("size", "firm size", "small firm", "mid-size firm", "large firm")


@pytest.mark.parametrize(
    ("mean", "side", "word"),
    [
        (33.0, 0.0, "small firm"),
        (38.0, 0.0, "mid-size firm"),
        (38.0, -1.0, "small firm"),
        (38.0, 1.0, "mid-size firm"),
        (60.0, 0.0, "mid-size firm"),
        (60.0, 1.0, "large firm"),
        (67.0, 0.0, "large firm"),
    ],
)
def test_who_was_asked_to_be_below_is_called_low_sooner(mean: float, side: float, word: str) -> None:
    assert SIZE.word(mean, side) == word


@pytest.mark.parametrize(
    ("mean", "word"),
    [
        (34.0, "very low intent"),
        (34.5, "low intent"),
        (44.0, "low intent"),
        (50.0, "medium intent"),
        (56.0, "high intent"),
        (65.9, "high intent"),
        (66.0, "very high intent"),
    ],
)
def test_intent_has_words_for_three_times_the_odds_and_a_third(mean: float, word: str) -> None:
    assert SPOKEN_INTENT.word(mean) == word


def test_a_ranked_index_has_no_extremes() -> None:
    assert SIZE.word(99.0) == "large firm"
    assert SIZE.is_middling(50.0) and not SIZE.is_middling(20.0)

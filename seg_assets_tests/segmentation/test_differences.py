from __future__ import annotations

from dataclasses import replace

from seg_assets.segmentation.differences import differences
from seg_assets.segmentation.portraits import Portrait
from seg_assets.segmentation.wording import Term, Vocabulary

WORDS = Vocabulary((Term("visits", "web visits", unit="count"), Term("arr", "ARR", unit="USD")))
TOPIC = {"visits": "engagement", "clicks": "engagement"}
OWN = Portrait(
    accounts=100,
    share=0.1,
    indices={},
    applicable={},
    numbers={"visits": 26.64, "clicks": 0.1949, "arr": 56_213.0},
    standings={"visits": 1.2, "clicks": 1.1, "arr": 0.4},
    levels={"member": {"true": 0.9, "false": 0.1}, "city": {"north": 0.3, "south": 0.7}},
    known={"visits": 100, "clicks": 100, "arr": 100, "member": 100, "city": 100},
)
REST = replace(
    OWN,
    accounts=900,
    numbers={"visits": 5.0, "clicks": 0.0, "arr": 10.0},
    standings={"visits": 0.0, "clicks": 0.0, "arr": 0.0},
    levels={"member": {"true": 0.4, "false": 0.6}, "city": {"north": 0.3, "south": 0.7}},
    known=dict.fromkeys(OWN.known, 900),
)


def told(own: Portrait = OWN, rest: Portrait = REST, count: int = 5, but: tuple[str, ...] = ()) -> list[str]:
    return differences(own, rest, WORDS, TOPIC, beside="elsewhere", told=count, but=but)


def test_differences_are_said_in_units_largest_first() -> None:
    assert told()[:2] == ["web visits 26.6 on average (elsewhere 5)", "clicks 0.19 on average (elsewhere 0)"]
    assert "member 90 % (elsewhere 40 %)" in told()
    assert "ARR 56,200 USD on average (elsewhere 10 USD)" in told()


def test_a_second_feature_of_an_index_waits_for_the_others() -> None:
    assert [text.split(" ")[0] for text in told(count=3)] == ["web", "member", "ARR"]


def test_what_the_definition_asks_is_not_told_again() -> None:
    assert not any("member" in text for text in told(but=("member",)))


def test_a_mean_of_few_accounts_is_not_told() -> None:
    """Usage of the few trials among leads led the differences of a segment of leads."""
    few = replace(REST, known=REST.known | {"arr": 449})
    assert not any("ARR" in text for text in told(rest=few))
    assert any("ARR" in text for text in told(rest=replace(REST, known=REST.known | {"arr": 450})))

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seg_assets.catalogs import default_catalogue
from seg_assets.segmentation.definitions import Box, Condition, Definition, Test
from seg_assets.segmentation.indices import IndexSet
from seg_assets.segmentation.names import LENGTH, alikeness, names, overridden, signature
from seg_assets.segmentation.portraits import Portrait
from seg_assets_tests.segmentation.conftest import Fitted

TRIAL = Portrait(
    accounts=100,
    share=0.1,
    indices={"firm_size": 20.0, "engagement": 80.0, "usage_depth": 50.0},
    applicable={"firm_size": 1.0, "engagement": 1.0, "usage_depth": 1.0},
    numbers={},
    standings={},
    levels={"lifecycle_stage": {"trial": 0.9, "customer": 0.1}, "sales_motion": {"self_serve": 0.5, "commercial": 0.5}},
    known={},
)
EVERYONE = Definition((Box(()),))


def named(fitted: Fitted, *portraits: Portrait, kept: dict[int, str] | None = None) -> list[str]:
    """Names of segments that are asked for their usage depth."""
    definitions = [
        Definition((Box((Condition("usage_depth", Test.AT_LEAST, float(n)),)),)) for n in range(len(portraits))
    ]
    return names_of(fitted, list(portraits), definitions, kept)


def names_of(
    fitted: Fitted, portraits: list[Portrait], definitions: list[Definition], kept: dict[int, str] | None = None
) -> list[str]:
    index_names = [index.name for index in fitted.preprocessor.reference.indices]
    full = [
        replace(
            p,
            indices={name: p.indices.get(name, 50.0) for name in index_names},
            applicable={name: p.applicable.get(name, 1.0) for name in index_names},
        )
        for p in portraits
    ]
    return names(full, definitions, fitted.catalogue, IndexSet(fitted.preprocessor.reference), kept or {})


def test_a_name_says_the_stage_and_what_is_high_or_low(fitted: Fitted) -> None:
    customer = {"lifecycle_stage": {"customer": 1.0}}
    pictures = [
        TRIAL,
        replace(TRIAL, indices={"engagement": 80.0, "firm_size": 60.0}, levels=customer),
        replace(TRIAL, indices={"engagement": 20.0, "firm_size": 60.0}, levels=customer),
    ]
    assert named(fitted, *pictures) == [
        "Trial, regular use, engaged",
        "Customer, regular use, engaged",
        "Customer, regular use, unengaged",
    ]


def test_what_the_definition_asks_is_said_before_what_else_is_true(fitted: Fitted) -> None:
    """ "Lead, self serve, low intent" led with a level that no condition asked, and left out the size that one did."""
    small = replace(TRIAL, levels={"sales_motion": {"self_serve": 0.79, "commercial": 0.21}})
    large = replace(small, indices={"firm_size": 80.0, "engagement": 40.0})
    definitions = [
        Definition((Box((Condition("firm_size", Test.BELOW, 63.0),)),)),
        Definition((Box((Condition("firm_size", Test.AT_LEAST, 63.0),)),)),
    ]
    assert names_of(fitted, [small, large], definitions) == ["Small firm", "Large firm"]


def test_two_bands_of_one_index_are_told_apart_by_their_conditions(fitted: Fitted) -> None:
    high = replace(TRIAL, indices={"engagement": 75.0})
    higher = replace(TRIAL, indices={"engagement": 85.0})
    stage = Condition("lifecycle_stage", Test.ONE_OF, 0.0, ("trial",))
    definitions = [
        Definition(
            (Box((stage, Condition("engagement", Test.AT_LEAST, 70.0), Condition("engagement", Test.BELOW, 80.0))),)
        ),
        Definition((Box((stage, Condition("engagement", Test.AT_LEAST, 80.0))),)),
    ]
    assert names_of(fitted, [high, higher], definitions) == [
        "Trial, engagement 70 to 79",
        "Trial, engagement at least 80",
    ]


def test_levels_that_are_excluded_name_those_who_are_left(fitted: Fitted) -> None:
    prospects = replace(TRIAL, levels={"lifecycle_stage": {"lead": 0.4, "mql": 0.4, "trial": 0.2}})
    customers = replace(TRIAL, levels={"lifecycle_stage": {"customer": 1.0}})
    inside = Condition("lifecycle_stage", Test.ONE_OF, 0.0, ("customer",))
    definitions = [Definition((Box((inside.negation,)),)), Definition((Box((inside,)),))]
    assert names_of(fitted, [prospects, customers], definitions) == ["Not customer", "Customer"]


def test_an_index_that_rises_with_one_already_said_is_not_said_too(fitted: Fitted) -> None:
    """ "High intent, strong buying signals, engaged" says one thing three times."""
    definitions = [Definition((Box((Condition("engagement", Test.BELOW, float(limit)),)),)) for limit in (30, 60, 90)]
    pictures = [
        replace(TRIAL, levels={}, indices={"engagement": place, "buying_interest": place + 5, "firm_size": size})
        for place, size in ((10.0, 90.0), (50.0, 10.0), (85.0, 90.0))
    ]
    found = names_of(fitted, pictures, definitions)
    assert found[0] == "Unengaged, large firm"
    assert not any("buying" in name for name in found)


def test_an_index_that_does_not_apply_names_nothing(fitted: Fitted) -> None:
    lead = replace(TRIAL, indices={"usage_depth": 0.0, "engagement": 90.0}, applicable={"usage_depth": 0.0}, levels={})
    assert "use" not in named(fitted, lead, TRIAL)[0].lower()


def test_everyone_is_called_everyone(fitted: Fitted) -> None:
    assert names_of(fitted, [replace(TRIAL, share=1.0)], [EVERYONE]) == ["Everyone"]


def test_segments_that_look_the_same_are_told_apart_by_their_definitions(fitted: Fitted) -> None:
    twins = named(fitted, TRIAL, TRIAL, TRIAL)
    assert twins == [f"Usage depth at least {n}" for n in range(3)]


def test_a_settled_name_is_not_given_twice_in_whatever_case(fitted: Fitted) -> None:
    other = replace(TRIAL, indices={"engagement": 20.0}, levels={"lifecycle_stage": {"customer": 1.0}})
    derived = named(fitted, TRIAL, other)[0]
    settled = {1: derived.upper()}
    found = named(fitted, TRIAL, other, kept=settled)
    assert found[1] == derived.upper()
    assert found[0].casefold() != derived.casefold()


def test_a_name_is_filled_up_only_while_it_stays_short(fitted: Fitted) -> None:
    for name in named(fitted, TRIAL, replace(TRIAL, levels={}, indices={"engagement": 10.0, "firm_size": 90.0})):
        assert len(name) <= LENGTH


def test_a_long_name_goes_without_middling_words(fitted: Fitted) -> None:
    """ "GTX, medium intent, manager Celia Rouche or Summer Sewald" was cut off in every list."""
    long = Condition("industry", Test.ONE_OF, 0.0, ("Motor Vehicle Manufacturing", "Software Publishers"))
    middle = Condition("engagement", Test.BELOW, 60.0)
    picture = replace(TRIAL, levels={}, indices={"engagement": 50.0})
    found = names_of(fitted, [picture, picture], [Definition((Box((c, middle)),)) for c in (long, long.negation)])
    assert found[0] == "Industry Motor Vehicle Manufacturing or Software Publishers"


def test_a_persons_name_wins_over_kept_ones() -> None:
    kept = {"SEG-01": "Trial, engaged", "SEG-02": "Customer", "SEG-03": "Growing  Customers"}
    given = {"SEG-02": "Growing customers", "SEG-09": "Of a segment that has ended"}
    assert overridden(kept, given) == {"SEG-01": "Trial, engaged"} | given


def test_without_a_persons_names_the_kept_ones_stay() -> None:
    assert overridden({"SEG-01": "Trial"}, {}) == {"SEG-01": "Trial"}


def test_names_of_a_fit_are_short_unique_and_in_words(fitted: Fitted) -> None:
    found = [segment.name for segment in fitted.segmentation.segments]
    assert len(set(found)) == len(found)
    for name in found:
        assert name[0].isupper()
        assert len(name.split(", ")) <= 4
        assert len(name) <= 60
        assert "_" not in name
        assert "cluster" not in name.lower()


def test_alike_portraits_have_a_high_cosine_and_opposite_ones_a_low_one() -> None:
    catalogue = default_catalogue()
    own = signature(TRIAL, catalogue)
    assert alikeness(own, own) == pytest.approx(1.0)
    slightly = replace(TRIAL, indices=TRIAL.indices | {"engagement": 76.0})
    other = replace(TRIAL, indices={"firm_size": 85.0, "engagement": 20.0}, levels={"lifecycle_stage": {"lead": 1.0}})
    assert alikeness(own, signature(slightly, catalogue)) > 0.99
    assert alikeness(own, signature(other, catalogue)) < 0.3


@given(st.dictionaries(st.sampled_from("abcd"), st.floats(-1, 1), max_size=4))
def test_alikeness_is_symmetric_and_bounded(values: dict[str, float]) -> None:
    one, other = tuple(sorted(values.items())), (("a", 0.5), ("c", -0.2))
    assert alikeness(one, other) == pytest.approx(alikeness(other, one))
    assert -1.000001 <= alikeness(one, other) <= 1.000001

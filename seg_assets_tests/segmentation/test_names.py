from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seg_assets.catalogs import default_catalogue
from seg_assets.segmentation.definitions import Box, Condition, Definition, Test
from seg_assets.segmentation.indices import IndexSet
from seg_assets.segmentation.names import alikeness, names, signature
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
    index_names = [index.name for index in fitted.preprocessor.reference.indices]
    full = [
        replace(
            p,
            indices={name: p.indices.get(name, 50.0) for name in index_names},
            applicable={name: p.applicable.get(name, 1.0) for name in index_names},
        )
        for p in portraits
    ]
    definitions = [
        Definition((Box((Condition("usage_depth", Test.AT_LEAST, float(n)),)),)) for n in range(len(portraits))
    ]
    return names(full, definitions, fitted.catalogue, IndexSet(fitted.preprocessor.reference), kept or {})


def test_a_name_says_the_stage_and_what_is_high_or_low(fitted: Fitted) -> None:
    customers = replace(
        TRIAL, indices={"engagement": 20.0}, levels={"lifecycle_stage": {"customer": 1.0}}, applicable={}
    )
    assert named(fitted, TRIAL, customers) == ["Trial, engaged, small firm", "Customer, unengaged, regular use"]


def test_an_index_that_does_not_apply_names_nothing(fitted: Fitted) -> None:
    lead = replace(TRIAL, indices={"usage_depth": 0.0, "engagement": 90.0}, applicable={"usage_depth": 0.0}, levels={})
    assert "use" not in named(fitted, lead)[0]


def test_segments_that_look_the_same_are_told_apart_by_their_definitions(fitted: Fitted) -> None:
    twins = named(fitted, TRIAL, TRIAL, TRIAL)
    assert len(set(twins)) == 3
    assert all(name.startswith("Trial, ") for name in twins)


def test_a_kept_name_is_not_given_twice(fitted: Fitted) -> None:
    kept = {0: "Trial, engaged, small firm"}
    found = named(fitted, TRIAL, TRIAL, kept=kept)
    assert found[0] == kept[0]
    assert found[1] != kept[0]


def test_names_of_a_fit_are_short_unique_and_in_words(fitted: Fitted) -> None:
    found = [segment.name for segment in fitted.segmentation.segments]
    assert len(set(found)) == len(found)
    for name in found:
        assert name[0].isupper()
        assert len(name.split(", ")) <= 4
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

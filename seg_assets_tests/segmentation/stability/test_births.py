"""Who was there at a birth, and that refits which know it find the new kind again, if it is one."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seg_assets.segmentation import Preprocessor
from seg_assets.segmentation.growing import grow
from seg_assets.segmentation.refresh import known_intent
from seg_assets.segmentation.stability.births import ABSENT, KNOWN, NEW, Birth, presences
from seg_assets.segmentation.stability.bootstrap_jaccard import best_jaccards
from seg_assets.segmentation.stability.prepared import Prepared
from seg_assets.segmentation.stability.tree_family import TreeFamily
from seg_assets.segmentation.tree import Split, leaf_paths
from seg_assets_tests.segmentation.arrivals import CATALOGUE, SEGMENTS, Arrival, arrival


def numbered(numbers: set[int]) -> pl.Series:
    return pl.Series([f"A{number}" for number in sorted(numbers)], dtype=pl.String)


@given(st.sets(st.integers(0, 9)), st.sets(st.integers(0, 9)))
def test_an_account_is_new_at_a_birth_where_it_came_after_the_champion_and_is_absent_where_it_came_later(
    before: set[int], present: set[int]
) -> None:
    found = Birth(7, numbered(before), numbered(present)).presence(numbered(set(range(10))))
    expected = [KNOWN if n in before else NEW if n in present else ABSENT for n in range(10)]
    assert found.tolist() == expected
    now = Birth(7, numbered(before)).presence(numbered(set(range(10))))
    assert now.tolist() == [KNOWN if n in before else NEW for n in range(10)]


def test_accounts_without_births_have_a_past_without_columns() -> None:
    assert presences((), numbered({1, 2, 3})).shape == (3, 0)


@dataclass(frozen=True, eq=False)
class Grown:
    """The segments of a refresh that found the new kind, and the family whose refits carry the birth out again."""

    arrival: Arrival
    splits: tuple[Split, ...]
    family: TreeFamily

    @property
    def newborn(self) -> int:
        """The position of its segment: the one with the largest share of new accounts."""
        whole = self.prepared(self.arrival.before)
        labels = self.family.assign(self.splits)(whole)[:, 0]
        new = (whole.presence[:, 0] == NEW).astype(np.float64)
        return int(np.argmax(np.bincount(labels, new) / np.bincount(labels)))

    def prepared(self, known: pl.Series | None) -> Prepared:
        births = () if known is None else (Birth(SEGMENTS, known),)
        frame = self.arrival.frame
        return self.family.prepare(frame, presence=presences(births, frame["account_id"]))

    def jaccards(self, known: pl.Series | None) -> np.ndarray:
        """(segments,) mean over refits that take `known` for those who were there before; None: that know of nobody."""
        whole = self.prepared(known)
        asked = self.family.assign(self.splits)(whole)
        (found,) = best_jaccards(whole, self.family.refit, asked, bootstraps=6, rows=len(whole), seed=0)
        return np.asarray(found.mean(axis=0))


@pytest.fixture(scope="module")
def grown() -> Grown:
    found = arrival()
    sample = found.frame.with_columns(found.preprocessor.reference.index_expressions())
    known = known_intent(sample, found.learned, found.learned.index)
    tree = grow(sample, CATALOGUE, found.preprocessor, found.champion, known, SEGMENTS + 1, before=found.before)
    assert tree.born == 1
    family = TreeFamily(CATALOGUE, found.preprocessor, (SEGMENTS + 1,), found.learned.index, tree.weight, (SEGMENTS,))
    return Grown(found, tree.splits, family)


def test_a_new_kind_comes_back_in_refits_that_know_who_came_and_in_no_others(grown: Grown) -> None:
    """Cold refits never found it (Jaccard 0.44), so that its number of segments was stopped and it was not promoted."""
    assert grown.jaccards(grown.arrival.before)[grown.newborn] > 0.75
    assert grown.jaccards(None)[grown.newborn] < 0.6


def test_newcomers_that_are_no_kind_do_not_bring_a_segment_back(grown: Grown) -> None:
    """As many others are said to have come, drawn by lot: what the refits then find is not the segment asked about."""
    accounts = grown.arrival.frame["account_id"]
    drawn = accounts.sample(len(accounts) - len(grown.arrival.before), seed=1, shuffle=True)
    others = accounts.filter(~accounts.is_in(drawn.implode()))
    assert grown.jaccards(others)[grown.newborn] < 0.6


def test_a_refit_begins_with_the_tree_of_those_who_were_known(grown: Grown) -> None:
    whole = grown.prepared(grown.arrival.before)
    known = whole[np.flatnonzero(whole.presence[:, 0] == KNOWN)]
    alone = replace(known, population=replace(known.population, points=known.population.before[0]))
    splits = grown.family.grow(whole)
    cold = replace(grown.family, counts=(SEGMENTS,), before=()).grow(alone)
    assert len(leaf_paths(splits)) == SEGMENTS + 1
    assert {(split.path, split.condition) for split in cold} < {(split.path, split.condition) for split in splits}


def test_those_who_were_known_are_measured_by_themselves(grown: Grown) -> None:
    """A tenth that stands far apart makes all others alike, and trees of them a matter of chance."""
    frame, whole = grown.arrival.frame, grown.prepared(grown.arrival.before)
    known = frame.filter(pl.Series(whole.presence[:, 0] == KNOWN))
    alone = Preprocessor.fit(known, CATALOGUE, grown.family.preprocessor.reference).transform(known)
    rows = np.flatnonzero(whole.presence[:, 0] == KNOWN)
    assert whole[rows].points_before(0).tolist() == alone.drop("account_id").to_numpy().astype(np.float64).tolist()


def test_a_birth_of_long_ago_is_carried_out_among_those_who_were_there_then(grown: Grown) -> None:
    """Whoever came later neither hides the new kind nor counts as known."""
    accounts = grown.arrival.frame["account_id"]
    later = accounts.filter(accounts.is_in(grown.arrival.before.implode())).gather_every(10)
    then = grown.arrival.before.filter(~grown.arrival.before.is_in(later.implode()))
    birth = Birth(SEGMENTS, then, accounts.filter(~accounts.is_in(later.implode())))
    whole = grown.family.prepare(grown.arrival.frame, presence=presences((birth,), accounts))
    assert (whole.presence == ABSENT).sum() == len(later)
    found = grown.family.refit(whole, 0)(whole)[:, 0]
    asked = grown.family.assign(grown.splits)(whole)[:, 0]
    newborn = asked == grown.newborn
    best = max(float((newborn & (found == n)).sum() / (newborn | (found == n)).sum()) for n in range(found.max() + 1))
    assert best > 0.75

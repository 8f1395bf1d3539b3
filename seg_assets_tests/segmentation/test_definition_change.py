"""A change of definitions is counted on the same accounts: who moves, what ends, which plays come and go."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from seg_assets.segmentation import Segmentation, fit
from seg_assets.segmentation.definition_change import MOVES, DefinitionChange, definition_change
from seg_assets_tests.segmentation.conftest import Fitted
from seg_assets_tests.segmentation.test_refresh_report import stricter

VALUE = "estimated_arr"


def change(before: Segmentation | None, after: Segmentation, fitted: Fitted) -> DefinitionChange:
    """On the accounts that both were fitted on."""
    return definition_change(before, after, fitted.snapshot, VALUE, fitted.outcomes, horizon_days=60)


@pytest.fixture(scope="module")
def smaller(fitted: Fitted) -> Segmentation:
    """Fewer segments over the same accounts, fitted from the same champion: some of its ids end."""
    return fit(
        fitted.snapshot,
        fitted.catalogue,
        fitted.segmentation,
        fitted.outcomes,
        preprocessor=fitted.preprocessor,
        count=len(fitted.segmentation.segments) - 2,
    )


def test_equal_definitions_change_nothing(fitted: Fitted) -> None:
    found = change(fitted.segmentation, fitted.segmentation, fitted)
    assert (found.moved, found.moved_arr) == (0, 0.0)
    assert found.moves.is_empty() and found.moves.schema == MOVES
    assert found.borders == found.plays_added == found.plays_dropped == found.retired == ()
    assert all(one.before == one.after for one in found.segments)
    assert all(figure.before == figure.after for figure in found.figures)


def test_moves_are_what_the_sizes_differ_by(fitted: Fitted, smaller: Segmentation) -> None:
    found = change(fitted.segmentation, smaller, fitted)
    came = dict(found.moves.group_by("to_segment_id").agg(pl.col("accounts").sum()).iter_rows())
    went = dict(found.moves.group_by("from_segment_id").agg(pl.col("accounts").sum()).iter_rows())
    for one in found.segments:
        before, after = (0 if side is None else side.accounts for side in (one.before, one.after))
        assert after - before == came.get(one.segment_id, 0) - went.get(one.segment_id, 0)
    assert found.moved == found.moves["accounts"].sum() > 0
    assert found.moved_arr == pytest.approx(found.moves["arr"].sum())
    assert found.accounts == fitted.snapshot.height


def test_an_id_that_ends_has_heirs_that_live(fitted: Fitted, smaller: Segmentation) -> None:
    found = change(fitted.segmentation, smaller, fitted)
    living = {segment.segment_id for segment in smaller.segments}
    gone = {segment.segment_id for segment in fitted.segmentation.segments} - living
    assert {tombstone.segment_id for tombstone in found.retired} == gone != set()
    assert {heir for tombstone in found.retired for heir in tombstone.heirs} <= living
    recorded = {tombstone.segment_id: tombstone for tombstone in smaller.tombstones}
    assert all(recorded[tombstone.segment_id] == tombstone for tombstone in found.retired)


def test_a_rollback_ends_the_ids_that_came_later(fitted: Fitted, smaller: Segmentation) -> None:
    """No refresh has a tombstone for these; where their accounts go is counted."""
    forth, back = change(fitted.segmentation, smaller, fitted), change(smaller, fitted.segmentation, fitted)
    assert back.moved == forth.moved
    assert back.retired == ()
    assert {one.segment_id for one in back.segments if one.before is None} == {t.segment_id for t in forth.retired}
    assert (back.plays_added, back.plays_dropped) == (forth.plays_dropped, forth.plays_added)
    bare = replace(smaller, tombstones=())
    assert {t.segment_id for t in change(fitted.segmentation, bare, fitted).retired} == {
        t.segment_id for t in forth.retired
    }


def test_a_border_that_moved_is_said_in_words(fitted: Fitted) -> None:
    found = change(fitted.segmentation, stricter(fitted.segmentation, 3.0), fitted)
    assert found.borders and all("it was" in sentence for sentence in found.borders)


def test_the_first_definitions_have_nothing_before_them(fitted: Fitted) -> None:
    found = change(None, fitted.segmentation, fitted)
    assert found.moved == 0 and found.moves.is_empty() and found.retired == ()
    assert all(one.before is None and one.after is not None for one in found.segments)
    assert all(figure.before is None for figure in found.figures)
    assert len(found.plays_added) > 0


def test_the_order_of_accounts_does_not_matter(fitted: Fitted, smaller: Segmentation) -> None:
    found = change(fitted.segmentation, smaller, fitted)
    shuffled = definition_change(
        fitted.segmentation, smaller, fitted.snapshot.reverse(), VALUE, fitted.outcomes, horizon_days=60
    )
    assert found.moves.equals(shuffled.moves)
    assert [figure.after for figure in found.figures] == pytest.approx([figure.after for figure in shuffled.figures])

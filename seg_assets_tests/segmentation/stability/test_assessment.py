from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl
import pytest

from seg_assets.catalogs import Catalogue
from seg_assets.segmentation.sampling import hash_sample
from seg_assets.segmentation.stability.assessment import Effort, Stability, stability
from seg_assets.segmentation.stability.births import KNOWN, NEW, Birth, presences
from seg_assets.segmentation.stability.clusterer import free_kmeans
from seg_assets.segmentation.stability.verdict import Cutoffs, Gate, Origin, StabilityLimits
from seg_assets_tests.segmentation.population import population
from seg_assets_tests.segmentation.small_catalogue import small_catalogue
from seg_assets_tests.segmentation.stability.blobs import GROUPED, planted

EFFORT = Effort(half=300, splits=6, bootstraps=6, nulls=10, null_splits=2, null_bootstraps=2)
COUNTS = (3, 6)


@dataclass(frozen=True)
class Means:
    """k-means on the numbers, for 3 and for 6 segments. seen: what `prepare` was given beside the frames."""

    catalogue: Catalogue = field(default_factory=small_catalogue)
    seen: list[np.ndarray | None] = field(default_factory=list)
    past: list[np.ndarray | None] = field(default_factory=list)

    def prepare(
        self, frame: pl.DataFrame, intent: np.ndarray | None = None, presence: np.ndarray | None = None
    ) -> np.ndarray:
        self.seen.append(intent)
        self.past.append(presence)
        return frame.select(GROUPED).to_numpy()

    def refit(self, rows: np.ndarray, seed: int):
        return free_kmeans(COUNTS, starts=3)(rows, seed)


def judged(frame: pl.DataFrame, effort: Effort = EFFORT, *, seed: int = 0, **more) -> tuple[Stability, ...]:
    return stability(frame, Means(), seed=seed, effort=effort, **more)


def continuum(accounts: int) -> pl.DataFrame:
    random = np.random.default_rng(3)
    shared = random.normal(size=accounts)
    values = [pl.Series(name, shared + random.normal(size=accounts)) for name in GROUPED]
    return population(small_catalogue(), accounts).with_columns(values)


@pytest.fixture(scope="module")
def groups() -> tuple[Stability, ...]:
    return judged(planted(700))


def test_planted_groups_are_natural_and_pass(groups: tuple[Stability, ...]) -> None:
    three = groups[0]
    assert three.origin is Origin.NATURAL
    assert three.prediction_strength.estimate.value > 0.95 > three.prediction_strength.null_high
    assert [segment.figure.origin for segment in three.segments] == [Origin.NATURAL] * 3
    assert (three.worst_jaccard_gate, three.agreement_gate) == (Gate.PASS, Gate.PASS)
    assert three.half == 300


def test_groups_cut_once_more_are_not_natural(groups: tuple[Stability, ...]) -> None:
    six = groups[1]
    assert len(six.segments) == 6
    assert six.origin is not Origin.NATURAL
    assert six.prediction_strength.estimate.value < groups[0].prediction_strength.estimate.value
    assert six.agreement_gate is Gate.BLOCK


def test_segments_of_a_continuum_are_not_natural() -> None:
    for partition in judged(continuum(700)):
        assert partition.origin is not Origin.NATURAL
        assert sum(segment.figure.origin is Origin.NATURAL for segment in partition.segments) <= 1


def test_the_worst_segment_decides(groups: tuple[Stability, ...]) -> None:
    for partition in groups:
        values = [segment.figure.estimate.value for segment in partition.segments]
        assert partition.worst_jaccard.estimate.value == min(values)
        assert [segment.position for segment in partition.segments] == list(range(len(values)))
        assert partition.agreement_low.value <= partition.agreement.estimate.value


def test_limits_move_the_gates_and_not_the_figures(groups: tuple[Stability, ...]) -> None:
    strict = Cutoffs(passes=1.1, blocks=1.05)
    found = judged(planted(700), limits=StabilityLimits(jaccard=strict, agreement=strict))
    assert found[0].worst_jaccard.estimate == groups[0].worst_jaccard.estimate
    assert (found[0].worst_jaccard_gate, found[0].agreement_gate) == (Gate.BLOCK, Gate.BLOCK)


FEW = replace(EFFORT, splits=2, bootstraps=2, nulls=2)


def test_neither_the_order_of_rows_nor_anything_but_the_seed_matters() -> None:
    frame = planted(120)
    shuffled = frame.sample(fraction=1, shuffle=True, seed=1)
    runs = [judged(rows, FEW, seed=seed) for rows, seed in ((frame, 0), (shuffled, 0), (frame, 1))]
    assert runs[0] == runs[1]
    assert runs[0] != runs[2]
    assert runs[0][0].half == 60


def test_segments_that_are_handed_in_are_those_asked_about() -> None:
    def halves(rows: np.ndarray) -> np.ndarray:
        return np.column_stack([rows[:, 0] > 3.0, np.arange(len(rows)) % 2]).astype(np.intp)

    planted_part, arbitrary = judged(planted(300), FEW, original=halves)
    assert [segment.figure.estimate.value > 0.9 for segment in planted_part.segments] == [False, True]
    assert all(segment.figure.estimate.value < 0.6 for segment in arbitrary.segments)
    assert planted_part.agreement == judged(planted(300), FEW)[0].agreement


def test_intent_stays_with_its_accounts_and_nulls_have_none_given() -> None:
    """The sample takes accounts in another order than the snapshot has them."""
    frame = planted(200)
    family = Means()
    visits = frame["visits"].to_numpy()
    stability(frame, family, intent=visits, seed=0, effort=replace(FEW, half=50))
    given, *nulls = family.seen
    assert given is not None
    assert given.tolist() == hash_sample(frame)["visits"].to_list()
    assert nulls == [None, None]


def test_accounts_have_the_past_that_is_theirs_and_nulls_have_none() -> None:
    frame = planted(200)
    family = Means()
    birth = Birth(3, frame["account_id"].gather_every(2))
    stability(frame, family, births=[birth], seed=0, effort=replace(FEW, half=50))
    given, *nulls = family.past
    assert given is not None
    assert given.tolist() == presences([birth], hash_sample(frame)["account_id"]).tolist()
    assert set(given[:, 0]) == {KNOWN, NEW}
    assert nulls == [None, None]


def test_each_population_is_prepared_once_and_whole() -> None:
    """Data as the sample that a refresh grows on, so that what may be asked is cut as there; nulls as what is used."""
    sizes = []

    @dataclass(frozen=True)
    class Counted(Means):
        def prepare(
            self, frame: pl.DataFrame, intent: np.ndarray | None = None, presence: np.ndarray | None = None
        ) -> np.ndarray:
            sizes.append(frame.height)
            return super().prepare(frame, intent, presence)

    stability(planted(200), Counted(), seed=0, effort=replace(FEW, half=50))
    assert sizes == [200, 100, 100]


def test_too_few_accounts_are_refused() -> None:
    one = lambda rows: np.zeros((len(rows), 2), dtype=np.intp)  # noqa: E731
    with pytest.raises(ValueError, match="3 accounts cannot be split"):
        judged(planted(3), original=one)

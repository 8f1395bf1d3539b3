from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from seg_assets.segmentation.conversion.figures import (
    ATTAINABLE,
    AUC,
    BRIER,
    GINI,
    INFORMATION_VALUE,
    LIFTS,
    MUTUAL_INFORMATION,
    QUALIFIED,
    WITHIN,
    Figures,
    figures,
)
from seg_assets.segmentation.conversion.ranking import Judged, Ranking, Stratum, split
from seg_assets.segmentation.lift import auc, auc_difference
from seg_assets_tests.segmentation.conversion.judged_accounts import AS_OF, judged, ranking, score

RATES = np.array([0.02, 0.05, 0.10, 0.20])


def town(accounts: int = 4_000, seed: int = 3) -> tuple[Judged, Ranking, Ranking, Ranking]:
    """Accounts of two a family in tiers that tell a little, segments that tell more, and chances that tell all."""
    random = np.random.default_rng(seed)
    segments = random.integers(0, 4, accounts)
    tiers = np.where(random.random(accounts) < 0.4, segments // 2, random.integers(0, 2, accounts))
    chance = RATES[segments] * random.uniform(0.3, 1.7, accounts)
    tier = Stratum(tiers, ("C", "A"))
    people = judged(random.random(accounts) < chance, np.arange(accounts) // 2, strata={"tier": tier})
    return people, ranking("segments", segments, RATES), ranking("tiers", tiers, [0.03, 0.12]), score("best", chance)


@pytest.fixture(scope="module")
def found() -> Figures:
    people, *candidates = town()
    return figures(people, candidates, ceiling="best", within="tier", capacity=400, draws=200)


def value(found: Figures, *key: str) -> float:
    estimate = found.estimate(*key)
    assert estimate is not None
    return estimate.value


def test_figures_by_hand() -> None:
    """Ten accounts, classes of 3, 4 and 3 with 0, 1 and 2 conversions; the best 4 contacts are class 2 and a quarter
    of class 1's four: 2.25 conversions."""
    classes = np.repeat([0, 1, 2], [3, 4, 3])
    converted = np.array([0, 0, 0, 1, 0, 0, 0, 1, 1, 0], dtype=bool)
    found = figures(judged(converted), [ranking("one", classes, [0.1, 0.2, 0.6])], capacity=4, draws=20)
    assert (found.accounts, found.conversions, found.families) == (10, 3, 10)
    assert value(found, "one", AUC) == pytest.approx(17.5 / 21)
    assert value(found, "one", GINI) == pytest.approx(2 * 17.5 / 21 - 1)
    assert value(found, "one", LIFTS[20]) == pytest.approx((2 / 3) / 0.3)
    assert value(found, "one", "capture_30") == pytest.approx(2 / 3)
    assert value(found, "one", QUALIFIED) == pytest.approx(1000 * 2.25 / 4)
    assert value(found, "one", BRIER) == pytest.approx(np.mean([0.01] * 3 + [0.64] + [0.04] * 3 + [0.16] * 2 + [0.36]))


def test_classes_of_one_rate_are_tied() -> None:
    people = judged(np.array([1, 1, 0, 0], dtype=bool))
    tied = figures(people, [ranking("tied", [0, 1, 1, 0], [0.2, 0.2]), ranking("apart", [1, 1, 0, 0], [0.1, 0.2])])
    assert value(tied, "tied", AUC) == 0.5
    assert value(tied, "tied", LIFTS[20]) == pytest.approx(1)
    assert value(tied, "apart", AUC) == 1.0


def test_a_score_without_classes_is_ranked_to_the_fifth_digit() -> None:
    random = np.random.default_rng(1)
    scores = random.normal(size=50_000)
    people = judged(random.random(50_000) < 1 / (1 + np.exp(3 - scores)))
    found = figures(people, [score("best", scores)], draws=2)
    assert value(found, "best", AUC) == pytest.approx(auc(scores, people.converted), abs=1e-5)
    assert found.estimate("best", INFORMATION_VALUE) is None
    assert found.estimate("best", BRIER) is None


def test_the_interval_of_an_auc_and_of_a_paired_difference_is_as_wide_as_delong_says() -> None:
    people, segments, tiers, _ = town(8_000)
    people = replace(people, families=np.arange(8_000))
    found = figures(people, [segments, tiers], draws=1_000)
    difference, deviation = auc_difference(segments.scores, tiers.scores, people.converted)
    paired = found.difference("segments", "tiers", AUC)
    assert paired is not None
    assert paired.value == pytest.approx(difference)
    assert paired.deviation == pytest.approx(deviation, rel=0.08)


def test_what_segments_add_within_each_tier(found: Figures) -> None:
    people, segments, _, _ = town()
    tier = people.strata["tier"]
    parts = {}
    for code, label in enumerate(tier.labels):
        own = tier.codes == code
        parts[label] = (auc(segments.scores[own], people.converted[own]), people.converted[own], own)
        assert value(found, "segments", WITHIN, label) == pytest.approx(parts[label][0])
    pairs = {label: converted.sum() * (~converted).sum() for label, (_, converted, _) in parts.items()}
    pooled = sum(parts[label][0] * pairs[label] for label in parts) / sum(pairs.values())
    assert value(found, "segments", WITHIN) == pytest.approx(pooled)
    within = found.estimate("segments", WITHIN)
    assert within is not None
    assert within.interval().low > 0.5
    assert value(found, "tiers", WITHIN) == 0.5


def test_the_share_of_attainable_lift_is_that_of_the_ceiling(found: Figures) -> None:
    share = found.estimate("segments", ATTAINABLE)
    assert share is not None
    assert share.value == pytest.approx((value(found, "segments", AUC) - 0.5) / (value(found, "best", AUC) - 0.5))
    assert share.interval().low < share.value < share.interval().high
    ceiling = found.estimate("best", ATTAINABLE)
    assert ceiling is not None
    assert (ceiling.value, ceiling.deviation) == (1, pytest.approx(0, abs=1e-12))


def test_a_share_of_a_low_ceiling_is_not_given() -> None:
    people, segments, *_ = town()
    noise = score("best", np.random.default_rng(0).random(4_000))
    assert figures(people, [segments, noise], ceiling="best", draws=5).estimate("segments", ATTAINABLE) is None


def test_extra_qualified_accounts_are_those_of_the_contacts_that_a_team_has(found: Figures) -> None:
    """400 contacts of 4,000: the best tenth by segments, and by tiers."""
    extra = found.difference("segments", "tiers", QUALIFIED)
    assert extra is not None
    rate = 1000 * found.conversions / found.accounts
    assert extra.value == pytest.approx(rate * (value(found, "segments", LIFTS[10]) - value(found, "tiers", LIFTS[10])))
    assert extra.interval().low > 0


def test_a_team_that_reaches_everybody_gains_nothing() -> None:
    people, segments, tiers, _ = town()
    extra = figures(people, [segments, tiers], capacity=10_000, draws=20).difference("segments", "tiers", QUALIFIED)
    assert extra is not None
    assert extra.value == pytest.approx(0, abs=1e-9)


def test_classes_that_say_nothing_tell_nothing_once_chance_is_taken_away() -> None:
    """Twenty classes by chance seem to tell something about 150 conversions, until permuted outcomes tell as much."""
    values = []
    for seed in range(40):
        random = np.random.default_rng(seed)
        classes = random.integers(0, 20, 1_500)
        people = judged(random.random(1_500) < 0.1)
        found = figures(people, [ranking("chance", classes, random.random(20))], draws=2, seed=seed)
        values.append([value(found, "chance", INFORMATION_VALUE), value(found, "chance", MUTUAL_INFORMATION)])
    means, errors = np.mean(values, axis=0), np.std(values, axis=0) / np.sqrt(len(values))
    assert (np.abs(means) < 3 * errors).all()


def test_the_order_of_rows_makes_no_difference() -> None:
    people, *candidates = town(600)
    order = np.random.default_rng(5).permutation(600)
    keywords = {"ceiling": "best", "within": "tier", "capacity": 50, "draws": 30}
    one = figures(people, candidates, **keywords)
    two = figures(people.of(order), [candidate.of(order) for candidate in candidates], **keywords)
    assert one.rows("tiers") == two.rows("tiers")


def test_accounts_of_several_months_are_ranked_among_those_of_their_own() -> None:
    """In May everyone has a higher score than in April: that says nothing about who converts in either."""
    as_of = pl.Series([dt.date(2026, 4, 27)] * 4 + [dt.date(2026, 5, 25)] * 4)
    scores = np.array([0.1, 0.1, 0.2, 0.2, 0.6, 0.6, 0.7, 0.7])
    converted = np.array([0, 0, 0, 1, 0, 1, 1, 1], dtype=bool)
    found = figures(judged(converted, as_of=as_of), [score("one", scores)], capacity=2, draws=5)
    # April: 1 x 3 pairs, 2 right and 1 tied; May: 3 x 1 pairs, 2 right and 1 tied.
    assert value(found, "one", AUC) == pytest.approx(5 / 6)
    assert value(found, "one", QUALIFIED) == pytest.approx(1000 * 3 / 4)


def test_without_conversions_figures_are_unknown_and_nothing_fails() -> None:
    people, *candidates = town(200)
    nobody = replace(people, converted=np.zeros(200, dtype=bool))
    found = figures(nobody, candidates, ceiling="best", within="tier", capacity=10, draws=5)
    assert found.estimate("segments", AUC) is None
    assert found.difference("segments", "tiers", AUC) is None
    rows = {row.figure: row for row in found.rows("tiers") if row.candidate == "segments" and row.versus is None}
    assert rows.keys() == {BRIER, QUALIFIED}
    assert np.isnan(rows[BRIER].low)
    assert figures(judged([]), [ranking("segments", [], [0.1])]).estimate("segments", AUC) is None


def test_one_segment_has_no_lift_and_a_single_conversion_no_interval() -> None:
    random = np.random.default_rng(0)
    everyone = ranking("one", np.zeros(300, dtype=int), [0.1])
    found = figures(judged(random.random(300) < 0.1), [everyone], draws=20)
    whole = found.estimate("one", AUC)
    assert whole is not None
    assert (whole.interval().low, whole.interval().high) == (0.5, 0.5)
    single = figures(judged(np.arange(300) == 7), [ranking("r", np.arange(300) % 3, [0.1, 0.2, 0.3])], draws=20)
    alone = single.estimate("r", AUC)
    assert alone is not None
    assert np.isnan(alone.interval().low)


def test_a_population_is_split_by_stage_and_never_pooled() -> None:
    people, segments, tiers, _ = town(400)
    stage = Stratum(np.arange(400) % 2, ("lead", "customer", "churned"))
    parts = list(split(replace(people, strata={"stage": stage}), [segments, tiers], "stage"))
    assert [label for label, *_ in parts] == ["lead", "customer"]
    for _, own, rankings in parts:
        assert len(own.converted) == 200
        assert all(len(each.scores) == 200 for each in rankings)
        assert own.as_of == AS_OF

"""The table of quality judges every contender alike, on outcomes that none has seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from pydantic import ValidationError

from benchmarks.quality.contenders import GUIDED, RULES, UNGUIDED, Contender, contenders
from benchmarks.quality.hand_rules import FOLDER, HandRules, hand_rules
from benchmarks.quality.judging import Line, Spread, Verdicts, judge, lines, one_scores
from benchmarks.quality.populations import Population
from benchmarks.quality.public import PUBLIC_SETS
from benchmarks.quality.sample import JUDGED, MATURED, TRAINED_ON, sample_population
from benchmarks.quality.splits import Split, at_random, in_time
from benchmarks.quality.table import aims, quality_table, verdict
from seg_assets.catalogs import Catalogue, default_catalogue
from seg_assets.segmentation.lift import Interval, auc_deviation_by_chance
from seg_assets.segmentation.outcomes import CONVERTED
from seg_assets_tests.segmentation.leads import leads
from seg_assets_tests.segmentation.small_catalogue import small_catalogue

ACCOUNTS, COUNT = 2_500, 4
CATALOGUES = {"sample_data": default_catalogue()} | {one.name: one.catalogue for one in PUBLIC_SETS}
HALF = Interval(0.5, 0.4, 0.6)


@pytest.fixture(scope="module")
def population(tmp_path_factory: pytest.TempPathFactory) -> Population:
    """The sample data, its one split made once."""
    made = sample_population(ACCOUNTS, tmp_path_factory.mktemp("quality"))
    split = next(made.splits())
    return replace(made, splits=lambda: iter([split]))


@pytest.fixture(scope="module")
def split(population: Population) -> Split:
    return next(population.splits())


@pytest.fixture(scope="module")
def found(population: Population, split: Split) -> list[Contender]:
    return contenders(split, population.catalogue, population.rules, COUNT)


@pytest.fixture(scope="module")
def verdicts(population: Population, split: Split, found: list[Contender]) -> Verdicts:
    return judge(population, split, found)


@pytest.fixture(scope="module")
def shop() -> Population:
    """A population whose odds are known, small enough to be fitted again and again."""
    classes = [
        {"name": "north", "when": "city = 'north'", "because": "-"},
        {"name": "often", "when": "visits >= 4", "because": "-"},
        {"name": "member", "when": "member", "because": "-"},
        {"name": "rest", "because": "-"},
    ]
    rules = HandRules.model_validate({"catalogue": "shop", "classes": classes})
    split = at_random(leads(9_000).drop("log_odds"), 0)
    return Population("shop", "random", small_catalogue(), rules, lambda: iter([split]))


@pytest.fixture(params=sorted(CATALOGUES))
def written(request: pytest.FixtureRequest) -> tuple[HandRules, Catalogue]:
    return hand_rules(request.param), CATALOGUES[request.param]


def test_every_set_has_rules_and_all_rules_have_a_set() -> None:
    assert {file.stem for file in FOLDER.glob("*.yaml")} == set(CATALOGUES)


def test_rules_ask_for_nothing_but_the_columns_of_their_catalogue(written: tuple[HandRules, Catalogue]) -> None:
    rules, catalogue = written
    assert rules.columns <= set(catalogue.feature_names)
    assert rules.catalogue in (catalogue.name, "default")
    assert 6 <= len(rules.classes) <= 8
    assert len({one.name for one in rules.classes}) == len(rules.classes)


def test_an_account_of_which_nothing_is_known_is_in_the_last_class(written: tuple[HandRules, Catalogue]) -> None:
    rules, catalogue = written
    dtypes = {"numeric": pl.Float64, "boolean": pl.Boolean}
    nothing = pl.DataFrame(
        {feature.name: pl.Series([None], dtype=dtypes.get(feature.kind, pl.String)) for feature in catalogue.features}
    )
    assert nothing.select(rules.code).item() == len(rules.classes) - 1


def test_the_first_rule_that_holds_takes_the_account() -> None:
    rules = HandRules.model_validate(
        {
            "catalogue": "any",
            "classes": [
                {"name": "old", "when": "age >= 60", "because": "-"},
                {"name": "rich", "when": "money > 10", "because": "-"},
                {"name": "rest", "because": "-"},
            ],
        }
    )
    frame = pl.DataFrame({"age": [60, 70, 20, None, None], "money": [0, 99, 99, 99, None]})
    assert frame.select(rules.code).to_series().to_list() == [0, 0, 1, 1, 2]


@pytest.mark.parametrize("conditions", [("a > 0", "a > 1"), (None, "a > 1", None), (None, "a > 1")])
def test_rules_must_end_with_everyone_else_and_only_there(conditions: tuple[str | None, ...]) -> None:
    classes = [{"name": f"c{n}", "when": when, "because": "-"} for n, when in enumerate(conditions)]
    with pytest.raises(ValidationError, match="exactly the last class"):
        HandRules.model_validate({"catalogue": "any", "classes": classes})


def test_labels_have_matured_60_days_before_segments_are_made_and_judged_months_come_after() -> None:
    assert all((TRAINED_ON - day).days >= 60 for day in MATURED)
    assert min(JUDGED) > TRAINED_ON
    assert (min(JUDGED) - max(MATURED)).days >= 60


def test_the_whole_table_on_a_small_population(population: Population, split: Split, verdicts: Verdicts) -> None:
    table = lines(population.title, [verdicts])
    assert table[0].name == GUIDED
    for line in table:
        assert (line.accounts, line.conversions) == (split.judged.height, split.judged[CONVERTED].sum())
        assert line.count == (len(population.rules.classes) if line.name == RULES else COUNT)
        assert (line.difference is None) == (line.name == RULES)
        assert 0 < line.auc.mean <= line.ceiling.mean + 0.02
    assert len(quality_table(table).splitlines()) == 2 + len(table) + 1
    assert len(aims(table)) == 2


def test_explained_variance_of_our_segments_is_the_refreshs_own_figure(
    found: list[Contender], verdicts: Verdicts
) -> None:
    mine = found[0].segmentation
    assert mine is not None
    judged = next(one for one in verdicts.contenders if one.name == GUIDED)
    assert judged.explained == pytest.approx(mine.metrics["explained_of_free"], abs=0.005)
    assert judged.intent_share == mine.metrics["intent_share"]


def test_outcomes_dealt_out_by_chance_give_an_auc_of_a_half(shop: Population) -> None:
    dealt = next(shop.splits()).permuted(1)
    permuted = judge(shop, dealt, contenders(dealt, shop.catalogue, shop.rules, COUNT))
    hits = permuted.conversions
    by_chance = auc_deviation_by_chance(hits, permuted.accounts - hits)
    aucs = {one.name: one.lift.auc.value for one in permuted.contenders} | {"ceiling": permuted.ceiling.value}
    assert aucs == {name: pytest.approx(0.5, abs=3 * by_chance) for name in aucs}


def test_judged_outcomes_change_neither_classes_nor_rates(shop: Population) -> None:
    split = next(shop.splits())
    turned = replace(split, judged=split.judged.with_columns(~pl.col(CONVERTED)))
    ones, others = (contenders(part, shop.catalogue, shop.rules, COUNT) for part in (split, turned))
    assert ones[0].segmentation is not None and ones[0].segmentation.intent is not None
    for one, other in zip(ones, others, strict=True):
        assert np.array_equal(one_scores(one, split), one_scores(other, turned)), one.name


def test_every_way_beats_chance_where_there_is_something_to_find_and_the_ceiling_is_above(shop: Population) -> None:
    split = next(shop.splits())
    judged = judge(shop, split, contenders(split, shop.catalogue, shop.rules, COUNT))
    aucs = {one.name: one.lift.auc.value for one in judged.contenders}
    assert all(0.52 < auc <= judged.ceiling.value + 0.01 for auc in aucs.values()), aucs
    assert aucs[GUIDED] > aucs[UNGUIDED]


def accounts() -> pl.DataFrame:
    days = np.arange(1_000)
    return pl.DataFrame(
        {"account_id": [f"A{day:04d}" for day in days], "began": days, "known": days + 60, CONVERTED: days % 3 == 0}
    )


def test_random_parts_are_60_to_40_and_share_no_account() -> None:
    draws = [at_random(accounts(), number) for number in range(2)]
    for draw in draws:
        assert draw.snapshot.height == pytest.approx(600, abs=50)
        assert not set(draw.snapshot["account_id"]) & set(draw.judged["account_id"])
    assert draws[0].judged["account_id"].to_list() != draws[1].judged["account_id"].to_list()


def test_in_time_nothing_is_learned_that_was_not_known_when_the_first_judged_account_began() -> None:
    drawn = in_time(accounts(), "began", "known")
    learned = drawn.outcomes.frame.collect()
    assert drawn.snapshot["began"].max() == 599
    assert drawn.judged["began"].min() == 600
    assert learned["known"].max() == 599


def line(name: str, difference: tuple[float, float, float] | None, ceiling_low: float = 0.7) -> Line:
    spread = None if difference is None else Spread(*difference, difference[0], difference[0])
    top = Spread(0.8, ceiling_low, 0.85, 0.8, 0.8)
    return Line("bank_full, late", name, 6, top, spread, None, 0.7, None, top, 1_000, 100, 1)


@pytest.mark.parametrize(
    ("difference", "said"),
    [
        ((0.02, 0.01, 0.03), "better than rules"),
        ((-0.002, -0.009, 0.005), "not told apart"),
        ((-0.02, -0.05, 0.01), "WORSE than rules"),
        ((-0.005, -0.009, -0.001), "WORSE than rules"),
        (None, "the measure"),
    ],
)
def test_verdicts_follow_the_interval_and_the_hundredth_that_was_asked(
    difference: tuple[float, float, float] | None, said: str
) -> None:
    assert verdict(line(GUIDED, difference)) == said


def test_there_is_no_verdict_where_the_best_model_finds_nothing() -> None:
    assert verdict(line(GUIDED, (0.03, 0.01, 0.05), ceiling_low=0.49)) == "nothing to find"


def test_a_share_is_given_only_where_every_split_allows_one(verdicts: Verdicts) -> None:
    first = verdicts.contenders[0]
    without = replace(verdicts, contenders=(replace(first, lift=replace(first.lift, share=None)),))
    with_share = replace(verdicts, contenders=(first,))
    assert lines("any", [with_share])[0].share is not None
    assert lines("any", [with_share, without])[0].share is None


def test_a_figure_over_splits_is_the_mean_with_the_range() -> None:
    found = Spread.of([Interval(0.6, 0.5, 0.7), Interval(0.8, 0.6, 1.0)])
    assert found == Spread(pytest.approx(0.7), pytest.approx(0.55), pytest.approx(0.85), 0.6, 0.8)


def test_families_are_parents_and_the_account_itself_without_one(split: Split) -> None:
    known = split.judged.select(pl.coalesce("parent_account_id", "account_id")).to_series()
    assert split.families.to_list() == known.to_list()
    alone = replace(split, judged=split.judged.drop("parent_account_id"))
    assert alone.families.to_list() == split.judged["account_id"].to_list()

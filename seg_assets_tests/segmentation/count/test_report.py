"""The report grows the segments that a refresh then fits, judges them on months apart, and says what it did."""

from __future__ import annotations

import polars as pl

from seg_assets.schemas import SEGMENT_COUNT_REPORT
from seg_assets.segmentation import Segmentation, fit
from seg_assets.segmentation.count.choose import EVERYONE
from seg_assets.segmentation.count.history import Rehearsal, rehearse, split_history
from seg_assets.segmentation.count.report import CountReport, count_report
from seg_assets.segmentation.count.table import report_markdown, report_rows
from seg_assets.segmentation.outcomes import Outcomes
from seg_assets.segmentation.stability.verdict import Gate
from seg_assets_tests.segmentation.count.conftest import COUNTS, MONTH_ENDS, QUICK, Reported, month_end, reported
from seg_assets_tests.segmentation.small_catalogue import small_catalogue


def test_every_number_has_a_row_of_all_figures(found: Reported) -> None:
    rows = report_rows(found.report)
    assert rows["k"].to_list() == list(COUNTS)
    assert dict(rows.schema) == {n: t for n, t in SEGMENT_COUNT_REPORT.schema.items() if n != "service_month"}
    always = [
        name for name in rows.columns if not name.startswith(("verdict_", "churn", "smallest_arr", "qualified_added"))
    ]
    assert sum(rows.select(always).null_count().row(0)) == 0
    assert rows["churn"].null_count() == rows["smallest_arr_share"].null_count() == rows.height
    assert rows["qualified_added"].null_count() == 1
    assert rows.filter("chosen")["verdict_auc"].null_count() == 0
    assert rows.filter(~pl.col("chosen"))["verdict_auc"].null_count() == rows.height - 1


def test_the_months_that_chose_are_not_those_that_judge(found: Reported) -> None:
    assert found.report.history == ("fitted on 2025-10-27, 2025-11-24; selected on 2026-02-23; judged on 2026-04-27")


def test_a_refresh_with_the_choice_makes_the_reported_segments(found: Reported) -> None:
    report = found.report
    segmentation = fit(
        found.snapshot,
        found.catalogue,
        None,
        found.outcomes,
        preprocessor=found.preprocessor,
        count=report.choice.count,
        weight=report.weight,
        kinds=report.kinds,
    )
    made = {segment.definition.sql(): segment.kind for segment in segmentation.segments}
    assert made == report.kinds
    sizes = {s["definition_sql"]: s["accounts"] for s in report_rows(report).filter("chosen")["segments"].to_list()[0]}
    scored = dict(segmentation.assign(found.snapshot).collect().group_by("segment_id").len().iter_rows())
    assert {s.definition.sql(): scored[s.segment_id] for s in segmentation.segments} == sizes


def test_leads_that_convert_by_known_odds_are_ranked_better_than_chance(found: Reported) -> None:
    verdict = found.report.verdict
    assert verdict is not None
    assert verdict.ranking.prospect.auc.low > 0.6
    assert verdict.ranking.prospect.auc.value <= verdict.ceiling.value + 0.02
    assert len(verdict.within_quintiles) == 5


def test_labels_of_the_months_that_judge_change_nothing_but_the_verdict(found: Reported) -> None:
    """A leak from the verdict into the choice would move a figure of some row."""
    last = pl.col("snapshot_date") == MONTH_ENDS[-1]
    turned = found.accounts.with_columns(
        pl.when(last).then(~pl.col("converted")).otherwise("converted").alias("converted")
    )
    # Indices and sizes learn from all matured labels; the rehearsal must not.
    before, after = (selected(accounts, found) for accounts in (found.accounts, turned))
    assert before == after


def selected(accounts: pl.DataFrame, found: Reported) -> dict[int, float]:
    history = split_history(Outcomes(accounts.lazy(), MONTH_ENDS), accounts.lazy(), found.catalogue)
    assert not isinstance(history, str)
    rehearsal = rehearse(history, found.catalogue, found.preprocessor.reference, list(COUNTS), 4, seed=1)
    assert isinstance(rehearsal, Rehearsal)
    return {count: ranking.prospect.auc.value for count, ranking in rehearsal.rankings(1).items()}


def test_permuted_labels_rank_no_better_than_chance(found: Reported) -> None:
    """Within every month labels are dealt anew: AUC 0.5 within three standard errors."""
    dealt = found.accounts.with_columns(pl.col("converted").shuffle(seed=3).over("snapshot_date"))
    converted = int(dealt.filter(pl.col("snapshot_date") == MONTH_ENDS[4])["converted"].sum())
    for auc in selected(dealt, found).values():
        assert abs(auc - 0.5) < 3 * (1 / (12 * converted)) ** 0.5


def test_the_table_names_what_does_not_pass(found: Reported) -> None:
    text = report_markdown(report_rows(found.report))
    assert text.count("**chosen**") == 1
    for one in found.report.measured:
        for gate in one.judged.gates:
            assert (f"{gate.name}: {gate.seen}" in text) or gate.state is Gate.PASS


def test_too_little_history_takes_the_usual_number_and_says_so(found: Reported) -> None:
    short = found.accounts.filter(pl.col("snapshot_date").is_in(MONTH_ENDS[:2]))
    said = split_history(Outcomes(short.lazy(), MONTH_ENDS[:2]), short.lazy(), found.catalogue)
    assert said == "2 matured month-ends are too few to fit, select and judge 60 days apart"


def test_a_quiet_month_is_reported_as_if_nobody_had_come(found: Reported) -> None:
    """Who came since the champion matters where they are a kind of their own, and nowhere else."""
    champion = fit(
        found.snapshot,
        found.catalogue,
        None,
        found.outcomes,
        preprocessor=found.preprocessor,
        learned=found.report.learned,
    )
    ids = found.snapshot["account_id"]
    known = ids.filter(~ids.is_in(ids.gather_every(10).implode()))
    some_came, nobody_came = (report_rows(again(found, champion, before=before)) for before in (known, None))
    assert some_came.equals(nobody_came)
    assert "new kind" not in some_came["sentence"][0]


def again(found: Reported, champion: Segmentation, before: pl.Series | None) -> CountReport:
    return count_report(
        found.snapshot,
        found.catalogue,
        champion,
        found.outcomes,
        found.accounts.lazy(),
        preprocessor=found.preprocessor,
        counts=COUNTS,
        seed=1,
        effort=QUICK,
        before=before,
    )


def test_accounts_that_cannot_be_split_are_everyone() -> None:
    catalogue = small_catalogue(limits={"segments": 4, "smallest_share": 0.45})
    accounts = pl.concat([month_end(day, 400) for day in MONTH_ENDS])
    report = reported(catalogue, accounts).report
    assert report.choice.count == EVERYONE
    assert report.choice.state is Gate.BLOCK
    assert "cannot be split into 3 segments" in report.choice.sentence
    (row,) = report_rows(report).to_dicts()
    assert (row["k"], row["chosen"], row["sentence"]) == (1, True, report.choice.sentence)


def test_intent_does_not_arrive_where_it_misled_the_months_that_select() -> None:
    """The bank's first years ranked its later clients worse than chance would have (AUC -0.07 against no intent)."""
    turned = [month_end(day, signal=1.5 if day < MONTH_ENDS[2] else -1.5) for day in MONTH_ENDS]
    report = reported(small_catalogue(), pl.concat(turned)).report
    assert report.learned.index is None and report.weight is None
    assert "; intent does not guide: AUC -0." in report.history
    assert all(one.intent_share is None for one in report.measured)
    assert report.verdict is not None and report.verdict.within_quintiles == ()
    assert report.verdict.without_intent == report.verdict.ranking.prospect.auc

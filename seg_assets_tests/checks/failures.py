"""A home in which every check of the graph fails, each in every way that it can.

Belongs here: breaking things, and asking the check. Does not: what a failure must carry (test_on_call.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path

import dagster as dg
import polars as pl

from resources.pages import Pages
from seg_assets.assets import accounts
from seg_assets.assets.raw import RawWeek, raw_table
from seg_assets.automation.newest_week import result_of
from seg_assets.campaign_schemas import EXPERIMENT_ARMS
from seg_assets.checks.arms import shares_as_designed
from seg_assets.checks.completeness import completeness
from seg_assets.checks.controls import controls_hold
from seg_assets.checks.drift import drift_of_week
from seg_assets.checks.features import drift_of_features
from seg_assets.checks.finding import Finding, check_result
from seg_assets.checks.gates import promotion_gates
from seg_assets.checks.missingness import missingness
from seg_assets.checks.mix import mix_of_segments
from seg_assets.checks.overrides import overrides_of
from seg_assets.checks.rows import rows_against_last_week
from seg_assets.checks.steps import one_step
from seg_assets.checks.triggers import unused_triggers
from seg_assets.checks.week import Week
from seg_assets.landing import ContractError, Landing
from seg_assets.landing.triggers import read_triggers, trigger_files
from seg_assets.lift_schemas import CONVERSION_LIFT_CONTROLS
from seg_assets.sample_data import Event, snapshot
from seg_assets.schemas import SEGMENT_COUNT_REPORT, SEGMENT_SCORES, account_features
from seg_assets.segmentation.experiment.assignment import Arm, Design
from seg_assets.segmentation.experiment.power import Plan
from seg_assets.segmentation.overrides import SET, Override
from seg_assets.segmentation.promotion import Promotion
from seg_assets.steps.experiment_data import START, append_action
from seg_assets.steps.inputs import WeekToScore
from seg_assets.steps.overrides import append_override
from seg_assets.steps.score import score_week
from seg_assets.steps.triggers import Triggered, record_file
from seg_assets_tests.checks.weeks import ACCOUNTS, CATALOGUE, EVENT_WEEK, SEED, TRAINED_ON, Weeks, accounts_on
from seg_assets_tests.checks.weeks import segmentation as fitted

APRIL = EVENT_WEEK.replace(day=1)
SOURCE, RATE = "marketing_engagement", "email_open_rate_90d"


class Failures:
    """Every check of the graph by its asset and name, failed: `found` has a result a way."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.weeks = Weeks(home / "lakehouse")
        self.lakehouse = self.weeks.lakehouse
        self.landing = home / "landing"
        self.landed: dict[str, Week] = {}

    def found(self) -> dict[str, dg.AssetCheckResult]:
        """What failed, by asset, check and way."""
        ways: dict[str, Callable[[], Finding]] = {
            f"raw/{SOURCE} landing_contract rows": lambda: self._landed(pl.when(pl.int_range(pl.len()) < 60).then(1.5)),
            f"raw/{SOURCE} landing_contract refused": lambda: self._landed(pl.lit(45.0)),
            f"raw/{SOURCE} landing_contract column": lambda: self._landed(None),
            "raw/revenue_events landing_contract rows": self._event_without_a_date,
            "account_snapshots cross_field_rules rows": lambda: self._joined(0.03),
            "account_snapshots cross_field_rules refused": lambda: self._joined(0.9),
            "account_snapshots rows_against_last_week": lambda: self._week("new_kind", rows_against_last_week),
            "segment_scores segment_mix": lambda: self._week("new_kind", mix_of_segments),
            "account_snapshots steps": lambda: self._week("price_change", one_step),
            "account_snapshots missingness": lambda: self._week("outage", missingness),
            "account_snapshots drift": lambda: self._week("outage", self._drift),
            "account_features drift": self._features,
            "segment_scores completeness nulls": lambda: self._scores(ACCOUNTS),
            "segment_scores completeness few": lambda: self._scores(ACCOUNTS // 2),
            "segment_scores overrides": self._overrides,
            "triggered_scores unused_triggers": self._triggers,
            "segment_model promotion_gates": self._gates,
            "conversion_lift_report controls": self._controls,
            "experiment_arms sample_ratio": self._arms,
        }
        results = {}
        for way, fail in ways.items():
            asset, check = way.split(" ")[:2]
            results[way] = check_result(dg.AssetKey(asset.split("/")), check, {str(EVENT_WEEK): fail()})
        return results | {"segment_scores newest_week_scored": self._newest()}

    def _week(self, event: str, check: Callable[[Week], Finding]) -> Finding:
        if event not in self.landed:
            self.weeks.land(EVENT_WEEK, accounts_on(EVENT_WEEK, [Event(event, EVENT_WEEK)]))
            # What was read of a week is kept, whatever lands in its place.
            self.landed[event] = self.weeks.week(EVENT_WEEK)
            assert self.landed[event].accounts.height and self.landed[event].champion
        return check(self.landed[event])

    def _drift(self, week: Week) -> Finding:
        return drift_of_week(week, Pages(str(self.home / "pages")))

    def _landed(self, rate: pl.Expr | None) -> Finding:
        frame = snapshot(EVENT_WEEK, accounts=ACCOUNTS, seed=SEED)[SOURCE]
        changed = frame.drop(RATE) if rate is None else frame.with_columns(pl.coalesce(rate, RATE).alias(RATE))
        return self._read(SOURCE, changed)

    def _event_without_a_date(self) -> Finding:
        schema = raw_table(CATALOGUE, "revenue_events").schema
        some = self.lakehouse.scan("account_snapshots", [TRAINED_ON]).select("account_id").head(30).collect()
        filled = some.with_columns(
            pl.lit(None, dtype).alias(name) for name, dtype in schema.items() if name != "account_id"
        )
        day = pl.when(pl.int_range(pl.len()) > 0).then(EVENT_WEEK - dt.timedelta(days=3))
        return self._read("revenue_events", filled.with_columns(event_date=day))

    def _read(self, source: str, frame: pl.DataFrame) -> Finding:
        file = self.landing / source / f"snapshot_date={EVENT_WEEK}" / "part-0.parquet"
        file.parent.mkdir(parents=True, exist_ok=True)
        frame.drop("snapshot_date").write_parquet(file)
        read = RawWeek(CATALOGUE, source, self.lakehouse, Landing(str(self.landing)), accept_loss=False)
        try:
            return read.land(EVENT_WEEK)[1]
        except ContractError as error:
            return read.refused(error)

    def _joined(self, share: float) -> Finding:
        """The flag of a trial is wrong for `share` of the accounts."""
        for name, frame in snapshot(EVENT_WEEK, accounts=ACCOUNTS, seed=SEED).items():
            if name in {source.name for source in CATALOGUE.sources}:
                if "is_trial" in frame.columns:
                    wrong = pl.int_range(pl.len()) < share * frame.height
                    frame = frame.with_columns(is_trial=pl.col("is_trial") ^ wrong)
                table = raw_table(CATALOGUE, name)
                self.lakehouse.replace(table, frame.cast(dict(table.schema), strict=False), EVENT_WEEK)
        try:
            return accounts.joined_week(CATALOGUE, EVENT_WEEK, self.lakehouse)[1]
        except ContractError as error:
            return accounts.refused_week(CATALOGUE, self.lakehouse, error)

    def _features(self) -> Finding:
        indices = fitted().indices(accounts_on(TRAINED_ON)).collect()
        for month, by in ((TRAINED_ON.replace(day=1), 1.0), (APRIL, 0.3)):
            frame = indices.with_columns(pl.exclude("account_id") * by).with_columns(snapshot_date=pl.lit(TRAINED_ON))
            self.lakehouse.replace(account_features(CATALOGUE), frame, month)
        return drift_of_features(self.lakehouse, CATALOGUE, APRIL)

    def _scores(self, some: int) -> Finding:
        """A row for `some` accounts of the week, with nothing in it."""
        ids = self.lakehouse.scan("account_snapshots", [EVENT_WEEK]).select("account_id").head(some).collect()
        columns = {name: dtype for name, dtype in SEGMENT_SCORES.schema.items() if name not in ids.columns}
        scores = ids.with_columns(pl.lit(None, dtype).alias(name) for name, dtype in columns.items())
        self.lakehouse.replace(SEGMENT_SCORES, scores.select(SEGMENT_SCORES.schema.names()), EVENT_WEEK)
        return completeness(self.lakehouse, CATALOGUE, EVENT_WEEK)

    def _overrides(self) -> Finding:
        """A tenth of the accounts set to one segment, and one to a segment that is none; the week scored again."""
        ids = self.lakehouse.scan("account_snapshots", [EVENT_WEEK]).select("account_id").head(ACCOUNTS // 10).collect()
        at, until = dt.datetime(2026, 4, 20, tzinfo=dt.UTC), EVENT_WEEK + dt.timedelta(weeks=4)
        for number, account in enumerate(ids["account_id"]):
            segment = "SEG-02" if number else "SEG-99"
            append_override(self.lakehouse, Override(account, SET, segment, "Ana", "a test", EVENT_WEEK, until, at))
        task = WeekToScore(week=EVENT_WEEK, definition_version="2026-04.1", before_first_model=False)
        score_week(self.lakehouse, task, fitted(), 0)
        # Set since: the week does not show it yet, which is no fault of the segment's.
        later = self.lakehouse.scan("account_snapshots", [EVENT_WEEK]).select("account_id").tail(1).collect().item()
        append_override(self.lakehouse, Override(later, SET, "SEG-02", "Ana", "a test", EVENT_WEEK, until, at))
        found = overrides_of(self.lakehouse, CATALOGUE, EVENT_WEEK)
        assert later not in found.told
        assert "of SEG-02" in found.told and "SEG-99 by Ana, which is not a segment" in found.told
        return found

    def _triggers(self) -> Finding:
        """Four rows of accounts that there are, for events that there are none of."""
        ids = self.lakehouse.scan("account_snapshots", [EVENT_WEEK]).select("account_id").head(4).collect().to_series()
        rows = "".join(f"{account},moon_landing,2026-04-21\n" for account in ids)
        file = self.home / "landing" / "triggers" / "a.csv"
        file.parent.mkdir(parents=True)
        file.write_text("account_id,event,at\n" + rows, encoding="utf-8")
        (landed,) = trigger_files(str(self.landing))
        now = dt.datetime(2026, 4, 22, tzinfo=dt.UTC)
        found = read_triggers(landed, CATALOGUE, now)
        record_file(self.lakehouse, landed, found, Triggered((), (), ()), now)
        return unused_triggers(self.lakehouse, CATALOGUE, EVENT_WEEK, 0, found.bad)

    def _gates(self) -> Finding:
        at = dt.datetime(2026, 4, 1, tzinfo=dt.UTC)
        reason = "failed churn: the refresh alone moves 12% (at most 10%); lift: not judged"
        rejected = Promotion(APRIL, "2026-04.2", "reject", "automatic", at, reason, "2026-04.1", "2026-04.1")
        row = dict.fromkeys(SEGMENT_COUNT_REPORT.schema)
        self.lakehouse.replace(SEGMENT_COUNT_REPORT, pl.DataFrame([row], schema=SEGMENT_COUNT_REPORT.schema), APRIL)
        return promotion_gates([rejected], APRIL, self.lakehouse.uri(SEGMENT_COUNT_REPORT.name))

    def _controls(self) -> Finding:
        row = {"population": "accounts", "control": "leak screen", "passed": False, "expected": "none", "seen": "stage"}
        frame = pl.DataFrame([row], schema={name: CONVERSION_LIFT_CONTROLS.schema[name] for name in row})
        self.lakehouse.replace(CONVERSION_LIFT_CONTROLS, frame, APRIL)
        return controls_hold(self.lakehouse, APRIL)

    def _arms(self) -> Finding:
        """Nine of ten accounts have the arm of a half."""
        arms: Sequence[Arm] = (Arm("control", 0.5), Arm("nurture", 0.5))
        plan = Plan(0.2, 0.1, family_correlation=0.0)
        design = Design("nurture", tuple(arms), "control", 0.05, "seg", plan, ("segment_id",), None)
        append_action(self.lakehouse, design, START, EVENT_WEEK)
        ids = self.lakehouse.scan("account_snapshots", [TRAINED_ON]).select("account_id").head(900).collect()
        most = pl.when(pl.int_range(pl.len()) % 10 == 0).then(pl.lit("control")).otherwise(pl.lit("nurture"))
        dealt = ids.with_columns(
            family="account_id",
            stratum=pl.lit("SEG-01"),
            arm=most,
            holdout=pl.lit(False),
            assigned_on=pl.lit(EVENT_WEEK),
            experiment=pl.lit("nurture"),
        )
        self.lakehouse.append(EXPERIMENT_ARMS, dealt.select(EXPERIMENT_ARMS.schema.names()))
        return shares_as_designed(self.lakehouse, CATALOGUE, EVENT_WEEK)

    def _newest(self) -> dg.AssetCheckResult:
        with dg.DagsterInstance.ephemeral() as instance:
            return result_of(instance, CATALOGUE, self.lakehouse, EVENT_WEEK + dt.timedelta(weeks=1), scored=False)

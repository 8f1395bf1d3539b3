"""Triggers: a file of events scores its accounts at once, each event once, and says what it could not use."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from resources.lakehouse import Lakehouse
from seg_assets.assets.triggers import build_triggers
from seg_assets.automation.jobs import SCORE_TRIGGERS
from seg_assets.automation.triggers import build_trigger_sensor, next_attempt
from seg_assets.catalogs.model import Rule, Trigger
from seg_assets.landing import Landing
from seg_assets.segmentation.overrides import SET, Override
from seg_assets.segmentation.promotion import Promotion
from seg_assets.steps.models import append_promotion, read_segmentation
from seg_assets.steps.overrides import append_override
from seg_assets_tests.assets.scored_home import CATALOGUE, JULY, PARTITIONS, VERSION, WEEKS, why_failed

NEWEST = WEEKS[-1]
TRIGGERS = (
    Trigger(name="contract_renewed", description="Signed again"),
    Trigger(name="milestone", description="Many visits"),
)
RULE = Rule(
    name="visits_before_orders",
    must="orders <= 900 OR visits > 0",
    description="No order without a visit",
    severity="quarantine",
)
SHOP = CATALOGUE.model_copy(
    update={"triggers": TRIGGERS, "rules": (RULE,), "limits": CATALOGUE.limits.model_copy(update={"hold_weeks": 0})}
)
ASSET = build_triggers(SHOP, PARTITIONS)


class TriggerHome:
    """A scored home and a landing folder."""

    def __init__(self, folder: Path) -> None:
        self.lakehouse = Lakehouse(str(folder / "lakehouse"))
        self.landing = Landing(str(folder / "landing"))
        self.triggers = folder / "landing" / "triggers"
        self.triggers.mkdir(parents=True)
        at = dt.datetime(2026, 7, 1, tzinfo=dt.UTC)
        append_promotion(self.lakehouse, Promotion(JULY, VERSION, "promote", "automatic", at, "a test", None, VERSION))

    def land(self, name: str, *rows: dict[str, object]) -> None:
        (self.triggers / name).write_text("".join(json.dumps(row, default=str) + "\n" for row in rows))

    def run(self) -> dg.ExecuteInProcessResult:
        resources = {"lakehouse": self.lakehouse, "landing": self.landing}
        return dg.materialize([ASSET], partition_key=str(NEWEST), resources=resources, raise_on_error=False)

    def scored(self) -> pl.DataFrame:
        return self.lakehouse.scan("triggered_scores", [NEWEST]).sort("at").collect()

    def bad(self) -> dict[int, str]:
        return dict(self.lakehouse.scan("quarantine/triggers").select("row", "reason").collect().iter_rows())

    def read(self) -> list[tuple[int, ...]]:
        counts = ["rows", "scored", "repeated", "quarantined"]
        return self.lakehouse.scan("trigger_files").sort("read_at", "file").select(counts).collect().rows()

    def account(self, place: int) -> dict[str, object]:
        return self.lakehouse.scan("account_snapshots", [NEWEST]).collect().row(place, named=True)

    def weekly(self, account: str) -> str:
        rows = self.lakehouse.scan("segment_scores", [NEWEST]).filter(account_id=account).collect()
        return rows["segment_id"].item()


@pytest.fixture
def home(scored_folder, tmp_path) -> TriggerHome:
    shutil.copytree(scored_folder, tmp_path, dirs_exist_ok=True)
    return TriggerHome(tmp_path)


def trigger(account: object, event: object = "contract_renewed", hour: int = 9, **values: object) -> dict[str, object]:
    return {"account_id": account, "event": event, "at": f"{NEWEST + dt.timedelta(days=1)}T{hour:02}:00:00Z", **values}


def elsewhere(home: TriggerHome) -> tuple[str, dict[str, object], str]:
    """An account, values of another account of another segment, and that segment."""
    snapshot = home.lakehouse.scan("account_snapshots", [NEWEST]).collect()
    segments = read_segmentation(home.lakehouse, VERSION).assign(snapshot).collect()["segment_id"]
    other = int((segments != segments[0]).arg_true()[0])
    values = {name: snapshot[name][other] for name in SHOP.feature_names if snapshot[name][other] is not None}
    whole = snapshot[0].with_columns(**{name: pl.lit(value) for name, value in values.items()})
    return (
        snapshot["account_id"][0],
        values,
        read_segmentation(home.lakehouse, VERSION).assign(whole).collect()["segment_id"][0],
    )


def test_an_account_is_scored_at_once_by_the_values_that_the_trigger_brings(home) -> None:
    account, values, segment = elsewhere(home)
    before = home.lakehouse.partitions("segment_scores")
    home.land("a.jsonl", trigger(account, **values))
    assert home.run().success
    (row,) = home.scored().to_dicts()
    assert (row["account_id"], row["segment_id"]) == (account, segment)
    assert row["before_segment_id"] == home.weekly(account) != segment
    assert row["reason"].startswith(f"contract_renewed at {NEWEST + dt.timedelta(days=1)} 09:00 UTC: Signed again; ")
    assert f"visits is {values['visits']}, was {home.account(0)['visits']}" in row["reason"]
    assert (row["definition_version"], row["file"], row["row"]) == (VERSION, "a.jsonl", 1)
    assert home.lakehouse.partitions("segment_scores") == before


def test_a_trigger_is_scored_once_in_whatever_file_and_run_it_comes_again(home) -> None:
    first, second = trigger("A0000001"), trigger("A0000002")
    home.land("a.jsonl", first)
    assert home.run().success
    home.land("again.jsonl", first)
    home.land("b.jsonl", first, second, second)
    for _ in range(2):
        assert home.run().success
    assert home.scored()["account_id"].to_list() == ["A0000001", "A0000002"]
    assert home.read() == [(1, 1, 0, 0), (3, 1, 2, 0)]


def test_what_a_trigger_brought_counts_for_the_next_one_and_not_where_the_snapshot_is_newer(home) -> None:
    account, values, segment = elsewhere(home)
    home.land("a.jsonl", trigger(account, **values), trigger(account, "milestone", 10))
    assert home.run().success
    home.land("b.jsonl", trigger(account, "milestone", 11))
    old = trigger("A0000005", age=99.0) | {"at": str(NEWEST - dt.timedelta(days=1))}
    home.land("c.jsonl", old)
    assert home.run().success
    rows = {(row["account_id"], row["at"].hour): row for row in home.scored().to_dicts()}
    assert [rows[account, hour]["segment_id"] for hour in (9, 10, 11)] == [segment] * 3
    assert [rows[account, hour]["before_segment_id"] for hour in (10, 11)] == [segment] * 2
    assert rows["A0000005", 0]["carried"] == "{}"
    assert rows["A0000005", 0]["segment_id"] == home.weekly("A0000005")
    assert f"its values are older than the snapshot of {NEWEST}" in rows["A0000005", 0]["reason"]


def test_rows_that_cannot_be_used_are_in_quarantine_each_with_what_to_do(home) -> None:
    tomorrow = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
    home.land(
        "a.jsonl",
        trigger(None),
        trigger("A0000001", "moon_landing"),
        trigger("A0000001") | {"at": "yesterday"},
        trigger("A0000001") | {"at": tomorrow},
        trigger("A0000001", age="old"),
        trigger("nobody"),
        trigger("A0000002", orders="1000", visits="0", colour="red"),
        trigger("A0000004", city="nrth"),
        trigger("A0000003"),
    )
    result = home.run()
    assert result.success
    expected = {
        1: "account_id is missing",
        2: "none of the catalogue's triggers (contract_renewed, milestone)",
        3: "at is no moment: write it as 2026-07-08T09:30:00Z",
        4: "is in the future",
        5: "age is no number",
        6: "account 'nobody' is not among the accounts of week",
        7: "breaks rule visits_before_orders: orders <= 900 OR visits > 0; its values contradict",
        8: "city 'nrth' is none of the catalogue's levels (north, south, east): correct it, or add it",
    }
    found = home.bad()
    assert found.keys() == expected.keys()
    assert all(text in found[row] for row, text in expected.items()), found
    assert home.scored()["account_id"].to_list() == ["A0000003"]
    assert home.read() == [(9, 1, 0, 8)]
    (made,) = result.asset_materializations_for_node("triggered_scores")
    assert made.metadata["ignored_columns"].value == "colour"
    told = made.metadata["problems"].md_str.splitlines()
    assert [line.split(":")[0] for line in told] == [f"- a.jsonl, row {row}" for row in expected]
    (check,) = result.get_asset_check_evaluations()
    assert (check.passed, check.metadata["seen"].value) == (False, "1 row used, 8 not")


def test_csv_and_parquet_are_read_and_a_broken_file_keeps_none_of_the_others_out(home) -> None:
    (home.triggers / "a.csv").write_text("account_id,event,at,age\nA0000001,milestone,2026-07-21 08:00,\n")
    frame = pl.DataFrame({"account_id": ["A0000002"], "event": ["milestone"], "at": [dt.datetime(2026, 7, 21, 9)]})
    frame.write_parquet(home.triggers / "b.parquet")
    (home.triggers / "c.parquet").write_bytes(b"PAR1 half a file")
    (home.triggers / "d.csv").write_text("account,event\nA,milestone\n")
    result = home.run()
    assert not result.success
    assert "c.parquet cannot be read" in why_failed(result)
    assert home.scored()["account_id"].to_list() == ["A0000001", "A0000002"]
    assert home.bad() == {
        0: "column account_id, at is missing; a trigger has account_id, event, at: write the file again"
    }
    (home.triggers / "c.parquet").unlink()
    assert home.run().success


def test_a_persons_override_is_shown_here_too(home) -> None:
    to = next(one for one in ("SEG-01", "SEG-02") if one != home.weekly("A0000001"))
    at, until = dt.datetime(2026, 7, 20, tzinfo=dt.UTC), dt.date(2026, 12, 31)
    append_override(home.lakehouse, Override("A0000001", SET, to, "Ana", "a merger", NEWEST, until, at))
    home.land("a.jsonl", trigger("A0000001"))
    assert home.run().success
    (row,) = home.scored().to_dicts()
    assert (row["segment_id"], row["override_owner"]) == (to, "Ana")


def test_the_sensor_starts_a_run_for_unread_files_and_none_once_they_are_read(home) -> None:
    job = dg.define_asset_job(SCORE_TRIGGERS, dg.AssetSelection.assets("triggered_scores"))
    sensor = build_trigger_sensor([job])
    with dg.DagsterInstance.ephemeral() as instance:
        context = {"instance": instance, "resources": {"lakehouse": home.lakehouse, "landing": home.landing}}
        assert sensor(dg.build_sensor_context(**context)).skip_reason.skip_message == "every trigger file has been read"
        home.land("a.jsonl", trigger("A0000001"))
        (request,) = sensor(dg.build_sensor_context(**context)).run_requests
        assert (request.job_name, request.partition_key) == (SCORE_TRIGGERS, str(NEWEST))
        (same,) = sensor(dg.build_sensor_context(**context)).run_requests
        assert same.run_key == request.run_key
        assert home.run().success
        assert not sensor(dg.build_sensor_context(**context)).run_requests


def test_a_failed_run_is_tried_three_times_and_not_at_once() -> None:
    noon = dt.datetime(2026, 7, 21, 12, tzinfo=dt.UTC)
    after = [noon + dt.timedelta(minutes=minutes) for minutes in (4, 6)]
    assert next_attempt([], noon) == 1
    assert [next_attempt([noon], now) for now in after] == [None, 2]
    assert next_attempt([noon] * 3, noon + dt.timedelta(days=1)) is None

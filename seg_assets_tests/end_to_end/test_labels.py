"""Labels in the graph: what `seg run` stores is what DuckDB finds by the file's texts; a change scores again."""

from __future__ import annotations

import json

import duckdb
import polars as pl
import pytest
from typer.testing import CliRunner

from seg_assets.catalogs import default_catalogue
from seg_assets.cli import app
from seg_assets.segmentation.sql import select_sql
from seg_assets.steps.models import read_segmentation
from seg_assets.steps.week_reads import newest_tiers
from seg_assets_tests.end_to_end.conftest import JULY, JUNE
from seg_assets_tests.end_to_end.homes import Home, environment

pytestmark = pytest.mark.slow

LABELS = sorted(default_catalogue().labels, key=lambda label: label.priority)


def labels_by_sql(home: Home) -> pl.DataFrame:
    """(account_id, a Boolean a label) of July's accounts: the conditions as they are written, asked by DuckDB."""
    scores = home.scores(JULY)
    segmentation = read_segmentation(home.lakehouse, scores["definition_version"][0])
    month = newest_tiers(home.lakehouse.partitions("account_tiers"), JULY)
    with duckdb.connect() as connection:
        connection.register("accounts", home.table("account_snapshots", JULY).to_arrow())
        connection.register("shown", scores.select("account_id", "segment_id").to_arrow())
        tiers = pl.DataFrame(schema={"account_id": pl.String, "tier": pl.String})
        if month is not None:
            tiers = home.table("account_tiers", month).select("account_id", "tier")
        connection.register("tiers", tiers.to_arrow())
        intent = "" if "intent" in segmentation.index_set.names else ", NULL::DOUBLE AS intent"
        connection.sql(f"CREATE TABLE indices AS SELECT *{intent} FROM ({select_sql(segmentation, 'accounts')})")
        held = ", ".join(f"COALESCE({label.when}, FALSE) AS {label.name}" for label in LABELS)
        joined = "accounts JOIN indices USING (account_id, snapshot_date) JOIN shown USING (account_id)"
        return connection.sql(
            f"SELECT account_id, {held} FROM {joined} LEFT JOIN tiers USING (account_id) ORDER BY account_id"
        ).pl()


def test_labels_and_actions_are_those_that_duckdb_finds(finished):
    scores, found = finished.scores(JULY), labels_by_sql(finished)
    assert scores["account_id"].equals(found["account_id"])
    plays = dict(finished.table("segment_profiles").sort("service_month").select("segment_id", "action").iter_rows())
    for row, flags in zip(scores.iter_rows(named=True), found.iter_rows(named=True), strict=True):
        held = [label for label in LABELS if flags[label.name]]
        assert row["labels"] == [label.name for label in held]
        if held:
            assert (row["action"], row["action_from"]) == (held[0].action, held[0].name)
            assert row["action_reason"].startswith(f"{held[0].name} (priority {held[0].priority})")
            assert all(f"{label.name} ({label.priority})" in row["action_reason"] for label in held[1:])
        else:
            assert (row["action"], row["action_from"]) == (plays[row["segment_id"]], "segment")
            assert row["action_reason"] == "the segment's play; no label with an action holds"
    counts = [found[label.name].sum() for label in LABELS]
    assert sum(0 < count < found.height for count in counts) >= 5


def test_explain_tells_labels_and_why_the_action_won(finished):
    row = finished.scores(JULY).filter(pl.col("labels").list.len() > 1).row(0, named=True)
    arguments = ["explain", row["account_id"], "--home", str(finished.folder)]
    with environment({}):
        text = CliRunner().invoke(app, arguments).stdout
        told = json.loads(CliRunner().invoke(app, [*arguments, "--json"]).stdout)
    assert f"Labels  {', '.join(row['labels'])}" in text
    assert row["action_reason"] in " ".join(text.split())
    assert {name: told[name] for name in ("labels", "action", "action_from", "action_reason")} == {
        name: row[name] for name in ("labels", "action", "action_from", "action_reason")
    }


def test_a_changed_label_scores_again_and_fits_nothing(home):
    options = ("--months", "2026-07", "--weeks", f"{JUNE},{JULY}")
    catalogue = home.catalogue()
    file = catalogue.parent / "default_labels.yaml"
    text = file.read_text(encoding="utf-8")
    assert home.seg_run(*options, catalogue=catalogue).runs == []
    file.write_text(text.replace("A large firm,", "A big firm,"), encoding="utf-8")
    assert home.seg_run(*options, catalogue=catalogue).runs == []
    before = home.scores(JULY)
    file.write_text(text.replace("estimated_arr >= 50000", "estimated_arr >= 5000"), encoding="utf-8")
    told = home.seg_run(*options, catalogue=catalogue)
    assert told.runs == [("score", str(JUNE)), ("score", str(JULY))]
    after = home.scores(JULY)
    assert after["labels"].list.contains("high_value").sum() > before["labels"].list.contains("high_value").sum()
    assert after["segment_id"].equals(before["segment_id"])


def test_a_broken_label_stops_the_command_with_file_and_line(home):
    catalogue = home.catalogue()
    file = catalogue.parent / "default_labels.yaml"
    text = file.read_text(encoding="utf-8")
    line = text[: text.index("when: is_trial")].count("\n") + 1
    file.write_text(text.replace("when: is_trial", "when: is_trail"), encoding="utf-8")
    with environment({}):
        result = CliRunner().invoke(
            app, ["run", "--home", str(home.folder), "--landing", str(home.landing), "--catalog", str(catalogue)]
        )
    assert result.exit_code == 2
    assert f"default_labels.yaml:{line}: " in result.output
    assert "did you mean 'is_trial'?" in " ".join(result.output.split())

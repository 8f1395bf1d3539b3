"""Finding and opening what landed: real files, sound and damaged."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest
from deltalake import write_deltalake

from seg_assets.landing import ContractError, Landing, LandingError, validate

NEXT = dt.date(2026, 7, 6)


def write_delta(folder: Path, frame: pl.DataFrame, week: dt.date) -> None:
    write_deltalake(
        folder,
        frame.with_columns(snapshot_date=pl.lit(week)),
        mode="overwrite",
        predicate=f"snapshot_date = '{week}'",
        partition_by=["snapshot_date"],
    )


def write_files(folder: Path, frame: pl.DataFrame, week: dt.date, suffix: str) -> Path:
    file = folder / f"snapshot_date={week}" / f"part-0{suffix}"
    file.parent.mkdir(parents=True, exist_ok=True)
    rows = frame.drop("snapshot_date")
    if suffix == ".csv":
        rows.write_csv(file)
    else:
        rows.write_parquet(file)
    return file


def land(base: Path, frame: pl.DataFrame, week: dt.date, form: str) -> None:
    if form == "delta":
        write_delta(base / "engagement", frame, week)
    else:
        write_files(base / "engagement", frame, week, f".{form}")


@pytest.mark.parametrize("form", ["csv", "parquet", "delta"])
def test_each_format_gives_the_rows_of_one_week(tmp_path, engagement, catalogue, week, form):
    land(tmp_path, engagement, week, form)
    land(tmp_path, engagement.head(2), NEXT, form)
    landing = Landing(str(tmp_path))
    assert list(landing.weeks("engagement")) == [week, NEXT]
    accepted = validate(landing.scan("engagement", week), "engagement", catalogue, week).accepted
    expected = engagement.with_columns(pl.col("visits").cast(pl.Float64)).select(accepted.columns)
    assert accepted.sort("account_id").equals(expected)
    assert landing.read("engagement", NEXT).height == 2


@pytest.mark.parametrize("form", ["csv", "parquet", "delta"])
def test_an_identity_changes_with_its_week_and_with_no_other(tmp_path, engagement, week, form):
    land(tmp_path, engagement, week, form)
    land(tmp_path, engagement, NEXT, form)
    landing = Landing(str(tmp_path))
    before = landing.weeks("engagement")
    assert landing.weeks("engagement") == before
    land(tmp_path, engagement.head(3), NEXT, form)
    after = landing.weeks("engagement")
    assert after[week] == before[week]
    assert after[NEXT] != before[NEXT]


def test_a_csv_written_by_hand_from_the_contract_is_read(tmp_path, catalogue, week):
    folder = tmp_path / "engagement" / f"snapshot_date={week}"
    folder.mkdir(parents=True)
    (folder / "accounts.CSV").write_text(
        "account_id,snapshot_date,open_rate,visits,stage,country,is_trial\n"
        "007,2026-06-29,0.25,3,trial,DE,true\n"
        '008,2026-06-29,,NaN,lead,"",False\n'
        "009,2026-06-29 00:00:00,1,0,customer,US,0\n"
    )
    result = validate(Landing(str(tmp_path)).scan("engagement", week), "engagement", catalogue, week)
    assert result.quarantined.is_empty()
    assert result.accepted.rows() == [
        ("007", week, 0.25, 3.0, "trial", "DE", True),
        ("008", week, None, None, "lead", None, False),
        ("009", week, 1.0, 0.0, "customer", "US", False),
    ]


def test_a_file_uri_is_a_local_folder(tmp_path, engagement, week):
    land(tmp_path, engagement, week, "parquet")
    assert Landing(tmp_path.as_uri()).read("engagement", week).height == 8


def test_columns_narrow_a_scan_and_unknown_ones_are_named(tmp_path, engagement, week):
    land(tmp_path, engagement, week, "parquet")
    landing = Landing(str(tmp_path))
    assert landing.scan("engagement", week, ["account_id"]).collect().columns == ["account_id"]
    with pytest.raises(LandingError, match="no column clicks"):
        landing.scan("engagement", week, ["clicks"])


def test_several_files_of_a_week_are_one_frame(tmp_path, engagement, week):
    folder = tmp_path / "engagement" / f"snapshot_date={week}"
    folder.mkdir(parents=True)
    engagement.head(3).write_parquet(folder / "a.parquet")
    engagement.tail(5).with_columns(pl.col("visits").cast(pl.Float64)).write_parquet(folder / "b.parquet")
    (folder / "_SUCCESS").touch()
    (folder / "_temporary").mkdir()
    (folder / "_temporary" / "c.parquet").write_bytes(b"half")
    assert Landing(str(tmp_path)).read("engagement", week)["account_id"].to_list() == engagement["account_id"].to_list()


def test_a_missing_source_says_where_it_was_looked_for_and_what_is_expected(tmp_path, week):
    landing = Landing(str(tmp_path))
    assert not landing.has("engagement")
    for look in (lambda: landing.weeks("engagement"), lambda: landing.scan("engagement", week)):
        with pytest.raises(LandingError) as caught:
            look()
        for part in ("landing/engagement", str(tmp_path / "engagement"), "snapshot_date=YYYY-MM-DD/", "SEG_LANDING"):
            assert part in str(caught.value)


def test_an_object_store_without_a_delta_table_says_what_it_may_hold():
    with pytest.raises(LandingError, match="an object store can hold Delta tables only"):
        Landing("memory:///nowhere").weeks("engagement")


def test_a_store_that_cannot_be_reached_is_told_from_one_without_the_table():
    closed_port = {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
        "AWS_REGION": "none",
        "max_retries": "0",
        "timeout": "1s",
    }
    with pytest.raises(LandingError, match=r"s3://bucket/engagement cannot be reached: .* storage credentials"):
        Landing("s3://bucket", closed_port).has("engagement")


def test_a_delta_table_on_an_object_store_is_read_without_looking_at_files(tmp_path, engagement, week, monkeypatch):
    """A file URI stands in for the object store: the folder behind it is hidden from the reader."""
    land(tmp_path, engagement, week, "delta")
    for module in ("delta_table", "read"):
        monkeypatch.setattr(f"seg_assets.landing.{module}.local_folder", lambda uri: None)
    landing = Landing(tmp_path.as_uri(), {"timeout": "5s"})
    assert landing.has("engagement")
    assert list(landing.weeks("engagement")) == [week]
    assert landing.read("engagement", week).height == 8
    file = next((tmp_path / "engagement").rglob("*.parquet"))
    whole = file.read_bytes()
    file.write_bytes(whole[:4] + b"\xff" * 60 + whole[64:])
    with pytest.raises(LandingError, match="the table cannot be read"):
        landing.read("engagement", week)


def test_a_week_that_has_not_landed_names_those_that_have(tmp_path, engagement, week):
    land(tmp_path, engagement, week, "delta")
    with pytest.raises(LandingError, match=r"week 2026-07-06: the week has not landed .* 2026-06-29 to 2026-06-29"):
        Landing(str(tmp_path)).scan("engagement", NEXT)


def test_a_week_folder_without_files_has_not_landed(tmp_path, week):
    (tmp_path / "engagement" / f"snapshot_date={week}").mkdir(parents=True)
    landing = Landing(str(tmp_path))
    assert landing.has("engagement")
    assert landing.weeks("engagement") == {}
    with pytest.raises(LandingError, match="holds no week at all"):
        landing.scan("engagement", week)


def test_dates_that_are_no_monday_are_reported_for_the_caller_to_judge(tmp_path, engagement, catalogue):
    tuesday = dt.date(2026, 6, 30)
    land(tmp_path, engagement, tuesday, "csv")
    landing = Landing(str(tmp_path))
    assert list(landing.weeks("engagement")) == [tuesday]
    with pytest.raises(ContractError, match=r"2026-06-30 is a Tuesday.*snapshot_date=2026-06-29"):
        validate(landing.scan("engagement", tuesday), "engagement", catalogue, tuesday)


def test_a_partition_whose_name_is_no_date_is_named(tmp_path, engagement):
    engagement.write_parquet(tmp_path / "x.parquet")
    folder = tmp_path / "engagement" / "snapshot_date=2026-6-29"
    folder.mkdir(parents=True)
    (tmp_path / "x.parquet").rename(folder / "x.parquet")
    with pytest.raises(LandingError, match="snapshot_date=2026-6-29 is no date"):
        Landing(str(tmp_path)).weeks("engagement")


def test_files_directly_in_the_table_folder_are_not_overlooked(tmp_path, engagement):
    (tmp_path / "engagement").mkdir()
    engagement.write_csv(tmp_path / "engagement" / "all.csv")
    with pytest.raises(LandingError, match="files lie directly in"):
        Landing(str(tmp_path)).weeks("engagement")


def test_parquet_beside_csv_in_one_week_is_refused(tmp_path, engagement, week):
    land(tmp_path, engagement, week, "csv")
    land(tmp_path, engagement, week, "parquet")
    with pytest.raises(LandingError, match="both Parquet and CSV"):
        Landing(str(tmp_path)).scan("engagement", week)


def test_files_of_one_week_that_disagree_on_columns_are_refused(tmp_path, engagement, week):
    folder = write_files(tmp_path / "engagement", engagement, week, ".parquet").parent
    engagement.drop("stage", "snapshot_date").write_parquet(folder / "part-1.parquet")
    with pytest.raises(LandingError, match=r"part-1.parquet has other columns than part-0.parquet \(stage\)"):
        Landing(str(tmp_path)).scan("engagement", week)


def test_a_csv_with_another_separator_is_told(tmp_path, engagement, week):
    file = write_files(tmp_path / "engagement", engagement, week, ".csv")
    file.write_text(file.read_text().replace(",", ";"))
    with pytest.raises(LandingError, match="separates its columns by ';'"):
        Landing(str(tmp_path)).scan("engagement", week)


@pytest.mark.parametrize("content", [b"", b"account_id,country\n1,caf\xe9\n", b"account_id,country\n1,DE,x\n"])
def test_a_csv_that_cannot_be_read_is_named(tmp_path, week, content):
    folder = tmp_path / "engagement" / f"snapshot_date={week}"
    folder.mkdir(parents=True)
    (folder / "sound.csv").write_bytes(b"account_id,country\n2,DE\n")
    (folder / "bad.csv").write_bytes(content)
    with pytest.raises(LandingError, match=r"week 2026-06-29: .*bad.csv is no readable CSV"):
        Landing(str(tmp_path)).read("engagement", week)


@pytest.mark.parametrize("form", ["parquet", "delta"])
@pytest.mark.parametrize("left", [0, 0.5])
def test_a_truncated_parquet_file_is_named(tmp_path, engagement, week, form, left):
    """Polars panics, past every `except Exception`, on a Delta table with a short file (seen with polars 2.1)."""
    land(tmp_path, engagement, week, form)
    file = next((tmp_path / "engagement").rglob("*.parquet"))
    file.write_bytes(file.read_bytes()[: int(file.stat().st_size * left)])
    with pytest.raises(LandingError) as caught:
        Landing(str(tmp_path)).scan("engagement", week)
    assert str(file) in str(caught.value)
    assert "landing/engagement, week 2026-06-29" in str(caught.value)


@pytest.mark.parametrize("form", ["parquet", "delta"])
def test_damage_behind_a_sound_footer_is_named_when_read(tmp_path, engagement, catalogue, week, form):
    land(tmp_path, engagement, week, form)
    file = next((tmp_path / "engagement").rglob("*.parquet"))
    whole = file.read_bytes()
    file.write_bytes(whole[:4] + b"\xff" * 60 + whole[64:])
    landing = Landing(str(tmp_path))
    with pytest.raises(LandingError, match=file.name):
        landing.read("engagement", week)
    with pytest.raises(ContractError, match="cannot be read"):
        validate(landing.scan("engagement", week), "engagement", catalogue, week)


@pytest.mark.parametrize("left", [0, 0.5])
def test_a_half_written_delta_commit_is_named_with_the_way_out(tmp_path, engagement, week, left):
    """delta-rs takes an empty last commit for one that changed nothing: the week would look as if it never landed."""
    land(tmp_path, engagement, week, "delta")
    land(tmp_path, engagement, NEXT, "delta")
    commit = max((tmp_path / "engagement" / "_delta_log").glob("*.json"))
    whole = commit.read_bytes()
    commit.write_bytes(whole[: int(len(whole) * left)])
    landing = Landing(str(tmp_path))
    assert landing.has("engagement")
    for look in (lambda: landing.weeks("engagement"), lambda: landing.scan("engagement", week)):
        with pytest.raises(LandingError, match=r"00000000000000000001.json is half written .* move .* away"):
            look()
    commit.rename(tmp_path / "moved.json")
    assert list(landing.weeks("engagement")) == [week]
    assert landing.read("engagement", week).height == 8


def test_a_broken_older_commit_is_not_to_be_moved_away(tmp_path, engagement, week):
    land(tmp_path, engagement, week, "delta")
    land(tmp_path, engagement, NEXT, "delta")
    commit = min((tmp_path / "engagement" / "_delta_log").glob("*.json"))
    commit.write_bytes(commit.read_bytes()[:-20])
    with pytest.raises(LandingError, match=r"00000000000000000000.json is half written .* restore it from a backup"):
        Landing(str(tmp_path)).weeks("engagement")


def test_a_delta_log_without_commits_is_an_error(tmp_path):
    (tmp_path / "engagement" / "_delta_log").mkdir(parents=True)
    with pytest.raises(LandingError, match=r"the Delta log at .* cannot be read"):
        Landing(str(tmp_path)).weeks("engagement")


def test_a_data_file_that_the_delta_log_lists_but_is_gone_is_named(tmp_path, engagement, week):
    land(tmp_path, engagement, week, "delta")
    file = next((tmp_path / "engagement").rglob("*.parquet"))
    file.unlink()
    with pytest.raises(LandingError, match=f"{file.name} is gone"):
        Landing(str(tmp_path)).scan("engagement", week)


def test_a_delta_table_without_partitions_is_refused(tmp_path, engagement):
    write_deltalake(tmp_path / "engagement", engagement)
    with pytest.raises(LandingError, match="is partitioned by nothing"):
        Landing(str(tmp_path)).weeks("engagement")


@pytest.mark.parametrize("dtype", [pl.String, pl.Datetime("us")])
def test_a_delta_partition_column_may_be_text_or_a_timestamp(tmp_path, engagement, catalogue, week, dtype):
    frame = engagement.with_columns(pl.col("snapshot_date").cast(dtype))
    write_deltalake(tmp_path / "engagement", frame, partition_by=["snapshot_date"])
    landing = Landing(str(tmp_path))
    assert list(landing.weeks("engagement")) == [week]
    result = validate(landing.scan("engagement", week), "engagement", catalogue, week)
    assert result.accepted.height == 8

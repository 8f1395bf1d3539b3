"""Steps as Databricks tasks: the same programs on every kind of machines, heard in full, with no secret left behind."""

import zipfile

import dagster as dg
import pytest

from resources.databricks.connection import Connection
from resources.databricks.volume_messages import VolumeMessages
from resources.databricks.wheel import build_wheel
from seg_assets_tests.resources.stepping import REPORTS, REPORTS_LATE, WEEK, step_asset, stepped, when_running
from seg_assets_tests.workspace.leaks import leaks
from seg_assets_tests.workspace.workspace import SECRET, TASK_TOKEN, TOKEN

PERMISSIONS = [{"group": "marketing", "level": "CAN_VIEW"}]


def request(workspace):
    return workspace.jobs.runs[0].request


def test_a_job_cluster_is_made_as_the_file_says(workspace):
    machines = {"kind": "job_cluster", "spark_version": "16.4.x-scala2.12", "node_type": "D4", "workers": 2}
    changes = {"machines": {**machines, "spot": "azure", "policy": "P1", "tags": {"team": "seg"}}}
    done = stepped(workspace, compute={**changes, "permissions": PERMISSIONS, "timeout_minutes": 30})
    assert done.metadata["rows"] == 3
    (task,) = request(workspace)["tasks"]
    assert task["new_cluster"] == {
        "spark_version": "16.4.x-scala2.12",
        "node_type_id": "D4",
        "num_workers": 2,
        "policy_id": "P1",
        "custom_tags": {"team": "seg"},
        "data_security_mode": "SINGLE_USER",
        "azure_attributes": {"availability": "SPOT_WITH_FALLBACK_AZURE", "first_on_demand": 1},
    }
    assert request(workspace)["access_control_list"] == [{"group_name": "marketing", "permission_level": "CAN_VIEW"}]
    assert request(workspace)["timeout_seconds"] == 1800
    assert request(workspace)["run_name"].startswith(f"seg score {WEEK}, Dagster run {done.result.run_id}")
    assert done.metadata["databricks_run_page"] == f"{workspace.host}/jobs/runs/{done.metadata['databricks_run']}"


def test_an_existing_cluster_runs_the_same_program(workspace):
    assert stepped(workspace, kind="existing_cluster").success
    (task,) = request(workspace)["tasks"]
    assert task["existing_cluster_id"] == "1122-000000-standing"
    assert "new_cluster" not in task


def test_serverless_has_an_environment_with_the_wheel(workspace):
    machines = {"kind": "serverless", "environment_version": "4", "budget_policy": "B1"}
    assert stepped(workspace, compute={"machines": machines}).success
    (environment,) = request(workspace)["environments"]
    assert environment["spec"]["environment_version"] == "4"
    assert environment["spec"]["dependencies"][0].endswith(build_wheel().name)
    assert request(workspace)["budget_policy_id"] == "B1"


def test_a_single_step_can_have_machines_of_its_own(workspace):
    own = {"kind": "existing_cluster", "cluster": "1122-000000-standing"}
    assert stepped(workspace, kind="serverless", compute={"steps": {"score": own}}).success
    assert "existing_cluster_id" in request(workspace)["tasks"][0]


def test_the_wheel_is_uploaded_once_and_two_steps_of_one_process_are_both_heard(workspace, capfd):
    """A reader of the stock clients hears nothing the second time."""
    for _ in range(2):
        done = stepped(workspace)
        assert done.metadata["rows"] == 3
        assert "printed by the task" in capfd.readouterr().err
    puts = [call for call in workspace.asked("/api/2.0/fs/files/Volumes/main/seg/files/wheels") if call.verb == "PUT"]
    assert len(puts) == 1
    left = sorted(path.name for path in workspace.files.local("/Volumes/main/seg/files/runs").iterdir())
    assert left == []


def test_a_reader_refuses_a_second_task(workspace):
    messages = VolumeMessages(Connection(workspace.clock, 60), "/Volumes/main/seg/files/x")
    with (
        messages.read_messages(object()),
        pytest.raises(RuntimeError, match="one task"),
        messages.read_messages(object()),
    ):
        pass


def test_the_wheel_of_the_same_code_is_the_same_and_asks_for_what_steps_need(tmp_path):
    wheel = build_wheel()
    assert build_wheel() == wheel
    (tmp_path / wheel.name).write_bytes(wheel.content)
    with zipfile.ZipFile(tmp_path / wheel.name) as archive:
        names = archive.namelist()
        metadata = archive.read(next(name for name in names if name.endswith("METADATA"))).decode()
    assert {"seg_assets/catalogs/default.yaml", "resources/lakehouse.py", "seg_assets/steps/score.py"} <= set(names)
    assert not [name for name in names if "seg_assets_tests" in name or "__pycache__" in name]
    assert "Requires-Dist: polars==" in metadata
    assert "dagster-databricks" not in metadata


def test_an_earlier_wheel_on_the_volume_can_be_named(workspace):
    missing = stepped(workspace, None, compute={"wheel": "/Volumes/main/seg/files/bundle/seg.whl"})
    assert "Library installation failed" in missing.failure
    assert workspace.asked("/api/2.0/fs/files/Volumes/main/seg/files/wheels") == []


FAILS_LOUDLY = "print('about to fail'); raise RuntimeError('by itself')"


def test_no_secret_is_written_anywhere(workspace, tmp_path, capfd, monkeypatch):
    """The SDK puts the whole request, with its token, into the error of an answer that it cannot read."""
    (tmp_path / "dagster").mkdir()
    instance = dg.DagsterInstance.local_temp(str(tmp_path / "dagster"))
    assert stepped(workspace, instance=instance).success
    assert not stepped(workspace, FAILS_LOUDLY, instance=instance).success
    for name, value in workspace.machine_environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("DATABRICKS_TOKEN")
    assert stepped(workspace, instance=instance).success
    workspace.faults.answer("/api/2.2/jobs/runs/submit", 418, times=10_000, body=b"strange")
    strange = stepped(workspace, instance=instance, compute={"patience_minutes": 1})
    assert "likely a bug in the Databricks SDK" in strange.failure
    workspace.tokens = set()
    monkeypatch.setenv("DATABRICKS_CLIENT_SECRET", f"old-{SECRET}")
    assert "refuses the credentials" in stepped(workspace, instance=instance).failure
    instance.dispose()
    printed = capfd.readouterr()
    assert "about to fail" in printed.err
    assert SECRET not in printed.out + printed.err
    assert list((tmp_path / "dagster").rglob("*.db"))
    assert leaks(workspace, tmp_path) == []


def test_the_credentials_of_a_profile_are_used(workspace, tmp_path, monkeypatch):
    profiles = tmp_path / "profiles"
    profiles.write_text(f"[seg]\nhost = {workspace.host}\ntoken = {TOKEN}\n")
    for name in workspace.environment:
        monkeypatch.delenv(name)
    monkeypatch.setenv("DATABRICKS_CONFIG_FILE", str(profiles))
    monkeypatch.setenv("DATABRICKS_CONFIG_PROFILE", "seg")
    assert stepped(workspace).success


def test_a_token_that_was_renewed_in_the_profile_is_taken_up(workspace, tmp_path, monkeypatch):
    profiles = tmp_path / "profiles"

    def write(token: str) -> None:
        profiles.write_text(f"[DEFAULT]\nhost = {workspace.host}\ntoken = {token}\n")

    def renew() -> None:
        write(f"dapi-new-{SECRET}")
        workspace.tokens = {TASK_TOKEN, f"dapi-new-{SECRET}"}

    for name in workspace.environment:
        monkeypatch.delenv(name)
    write(TOKEN)
    monkeypatch.setenv("DATABRICKS_CONFIG_FILE", str(profiles))
    renewed = when_running(workspace, renew)
    assert stepped(workspace, REPORTS_LATE).success
    renewed.join()


def test_a_range_of_partitions_is_one_task_with_both_ends_in_its_name(workspace):
    single = step_asset(backfill_policy=dg.BackfillPolicy.single_run())
    tags = {"dagster/asset_partition_range_start": WEEK, "dagster/asset_partition_range_end": "2026-07-13"}
    program = REPORTS.replace("pipes.partition_key", "'both'")
    done = stepped(workspace, program, assets=[single], partition_key=None, tags=tags)
    assert done.success, done.failure
    assert len(workspace.jobs.runs) == 1
    assert request(workspace)["run_name"].startswith("seg score 2026-07-06 to 2026-07-13, Dagster run")

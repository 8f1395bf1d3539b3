"""What tasks run on is told by file and line where it is wrong, and nothing of a workspace is loaded on a laptop."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from resources.compute import LocalSteps, steps_of
from resources.databricks.configuration import Compute, JobCluster, load_compute
from resources.settings import Settings, SettingsError
from resources.tracking import tracking_of
from seg_assets_tests.shared import CHECKOUT
from seg_assets_tests.workspace.machines import MACHINES, compute_file


def mistakes(folder: Path, kind: str, more: str) -> list[str]:
    """What is wrong with the file, each as `line: message`."""
    with pytest.raises(SettingsError) as raised:
        load_compute(compute_file(folder, kind, more))
    return [line.removeprefix(f"{folder}/compute.yaml:") for line in str(raised.value).splitlines()]


@pytest.mark.parametrize("kind", MACHINES)
def test_every_kind_of_machines_has_a_short_file(tmp_path, kind):
    compute = load_compute(compute_file(tmp_path, kind))
    assert compute.machines_of("fit").kind == kind
    assert (compute.timeout_minutes, compute.permissions) == (120, ())


def test_every_mistake_has_its_line(tmp_path):
    more = "timeout: 5\npermissions:\n  - {group: a, user: b, level: CAN_VIEW}\n  - {group: a, level: ALL}\n"
    found = mistakes(tmp_path, "serverless", more)
    assert found[0] == "4: timeout: unknown field, did you mean 'timeout_minutes'?"
    assert found[1].startswith("6: permissions.0: give exactly one of group, user, service_principal")
    assert found[2].startswith("7: permissions.1.level: Input should be 'CAN_VIEW', 'CAN_MANAGE_RUN' or 'CAN_MANAGE'")


def test_a_mistake_within_the_machines_has_its_line(tmp_path):
    text = "volume: /Volumes/a/b/c\nmodels: a.b\nmachines:\n  kind: job_cluster\n  spark_version: x\n  nodetype: i3\n"
    (tmp_path / "compute.yaml").write_text(text)
    with pytest.raises(
        SettingsError, match=r"yaml:6: machines.job_cluster.nodetype: unknown field, did you mean 'node"
    ):
        load_compute(tmp_path / "compute.yaml")


def test_a_secret_has_no_field(tmp_path):
    (found,) = mistakes(tmp_path, "serverless", "token: hunter2\n")
    assert found == "4: token: unknown field"


def test_a_volume_is_named_in_full(tmp_path):
    (tmp_path / "compute.yaml").write_text("volume: /mnt/x\nmodels: a.b\nmachines: {kind: serverless}\n")
    with pytest.raises(SettingsError, match=r"compute.yaml:1: volume: String should match pattern"):
        load_compute(tmp_path / "compute.yaml")


def test_a_missing_file_is_told_with_its_setting(tmp_path):
    with pytest.raises(SettingsError, match=r"none\.yaml: No such file or directory; set SEG_COMPUTE"):
        load_compute(tmp_path / "none.yaml")


def test_the_settings_choose_where_steps_run_and_models_go(tmp_path):
    laptop = Settings(home=tmp_path, landing="x")
    assert isinstance(steps_of(laptop), LocalSteps)
    assert tracking_of(laptop).uri == f"sqlite:///{tmp_path}/mlflow/mlflow.db"
    there = Settings(home=tmp_path, landing="x", compute=compute_file(tmp_path, "serverless"))
    assert isinstance(steps_of(there).compute, Compute)
    assert tracking_of(there).model == "main.seg.account_segments"
    assert tracking_of(there).registry == "databricks-uc"


def test_the_documented_file_is_a_file_that_loads(tmp_path):
    text = (CHECKOUT / "docs" / "deployment.md").read_text(encoding="utf-8")
    example = text.split("```yaml\n")[1].split("```")[0]
    (tmp_path / "compute.yaml").write_text(example)
    compute = load_compute(tmp_path / "compute.yaml")
    assert isinstance(compute.machines, JobCluster)
    for shape in (Compute, JobCluster):
        assert [name for name in shape.model_fields if f"`{name}`" not in text] == []


def test_a_laptop_loads_nothing_of_a_workspace():
    program = "import sys, resources.compute, resources.tracking; print([m for m in sys.modules if 'databricks' in m])"
    done = subprocess.run([sys.executable, "-c", program], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

"""The asset bundle fits its schema, its jobs run commands that there are, and its wheel holds what they need."""

from __future__ import annotations

import configparser
import datetime as dt
import io
import json
import subprocess
import zipfile
from pathlib import Path

import polars as pl
import pytest
import typer
from databricks.sdk import WorkspaceClient
from databricks.sdk.service.compute import ClusterSpec, Library
from databricks.sdk.service.jobs import RunResultState, SubmitTask

from resources.databricks.configuration import (
    Compute,
    ExistingCluster,
    JobCluster,
    Permission,
    Serverless,
    load_compute,
)
from resources.lakehouse import Lakehouse
from seg_assets.cli import app
from seg_assets.schemas import PREPROCESSORS
from seg_assets_tests.bundle import TEXT, of_target, problems
from seg_assets_tests.shared import CHECKOUT

EXAMPLES = CHECKOUT / "examples" / "databricks"
TARGETS = ("dev", "staging", "prod")
MISTAKES = {
    "max_concurrent_runs: 1": "max_concurrent_runs: many",
    "entry_point: seg-job": "entrypoint: seg-job",
    "timezone_id: UTC": "timezone: UTC",
    "volume_type: MANAGED": "volume_type: MINE",
    "pause_status: ${var.weekly}": "pause_status: ${var.weakly}",
    "privileges: [USE_SCHEMA": "privileges: [READ_SCHEMA",
    "dynamic_version: true": "dynamic: true",
    "mode: development": "mode: debug",
    "root_path:": "rootpath:",
    "variables: {catalog: main}": "variables: {catalogue: main}",
    "  schemas:": "  schemata:",
    "catalog_name: ${var.catalog}": "catalogue_name: ${var.catalog}",
}


def test_the_bundle_fits_its_schema_in_every_target():
    assert problems() == []


@pytest.mark.parametrize("right", MISTAKES)
def test_a_mistake_does_not_fit(right):
    assert right in TEXT
    mistaken = TEXT.replace(right, MISTAKES[right])
    try:
        assert problems(mistaken) != []
    except KeyError as unknown:
        assert unknown.args[0] in ("weakly", "schemas")


def test_targets_differ_in_catalog_and_identity_alone():
    made = {target: of_target(target) for target in TARGETS}
    assert {target: one["resources"]["schemas"]["segments"]["catalog_name"] for target, one in made.items()} == {
        "dev": "dev",
        "staging": "staging",
        "prod": "main",
    }
    assert {target: one["mode"] for target, one in made.items()} == {
        "dev": "development",
        "staging": "production",
        "prod": "production",
    }
    assert "run_as" not in made["dev"]
    assert made["prod"]["run_as"] == made["staging"]["run_as"]
    grants = made["dev"]["resources"]["schemas"]["segments"]["grants"]
    assert [one["principal"] for one in grants] == ["marketing", "segments-maintainers", "jane@example.com"]
    assert {one["resources"]["jobs"]["weekly"]["schedule"]["pause_status"] for one in made.values()} == {"PAUSED"}


def test_jobs_give_commands_what_they_take():
    commands = typer.main.get_command(app)
    for job in of_target("prod")["resources"]["jobs"].values():
        for task in job["tasks"]:
            name, *options = task["python_wheel_task"]["parameters"]
            assert commands.commands[name].make_context(name, options).info_name == name


def test_the_policy_fixes_fields_that_a_cluster_has_and_names_the_script_that_is_here():
    policy = json.loads(of_target("prod")["resources"]["cluster_policies"]["share"]["definition"])
    assert {name.split(".")[0] for name in policy} <= set(ClusterSpec.__dataclass_fields__)
    script = EXAMPLES / Path(policy["init_scripts.0.volumes.destination"]["value"]).name
    assert subprocess.run(["bash", "-n", script], check=False).returncode == 0
    assert "spark_env_vars.SEG_SHARE" in policy
    assert "$SEG_SHARE" in script.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What setup.cfg says that the wheel holds, zipped. `pip wheel` would ask an index for setuptools first."""
    told = configparser.ConfigParser()
    told.read(CHECKOUT / "setup.cfg")
    lines = told["options"]["packages"].splitlines()
    packages = [line for line in lines if line and not line.startswith("#")]
    files = [file for package in packages for file in (CHECKOUT / package.replace(".", "/")).glob("*.py")]
    for package, patterns in told["options.package_data"].items():
        files += [file for one in patterns.split() for file in (CHECKOUT / package.replace(".", "/")).glob(one)]
    version = told["metadata"]["version"]
    built = tmp_path_factory.mktemp("dist") / f"seg_assets-{version}-py3-none-any.whl"
    with zipfile.ZipFile(built, "w") as archive:
        for file in files:
            archive.write(file, file.relative_to(CHECKOUT).as_posix())
        info, name = f"seg_assets-{version}.dist-info", told["metadata"]["name"]
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        scripts = told["options.entry_points"]["console_scripts"].strip()
        archive.writestr(f"{info}/entry_points.txt", f"[console_scripts]\n{scripts}\n")
    return built


def test_the_wheel_holds_every_file_of_the_packages(wheel):
    held = set(zipfile.ZipFile(wheel).namelist())
    wanted = {
        path.relative_to(CHECKOUT).as_posix()
        for package in ("seg_assets", "resources")
        for path in (CHECKOUT / package).rglob("*")
        if path.suffix in (".py", ".yaml", ".html", ".css")
    }
    assert wanted - held == set()


def submitted(workspace, wheel: Path, *parameters: str):
    """How a task of the bundle's weekly job ended, with other parameters, and what it printed."""
    client = WorkspaceClient()
    client.files.upload(f"/Volumes/main/seg/files/{wheel.name}", io.BytesIO(wheel.read_bytes()), overwrite=True)
    job = of_target("prod")["resources"]["jobs"]["weekly"]
    told = dict(job["tasks"][0])
    told["new_cluster"] = dict(job["job_clusters"][0]["new_cluster"])
    told["python_wheel_task"] = {**told["python_wheel_task"], "parameters": list(parameters)}
    told.pop("job_cluster_key")
    task = SubmitTask.from_dict(told)
    task.libraries = [Library(whl=f"/Volumes/main/seg/files/{wheel.name}")]
    # It looks again each ten seconds of a real clock; the run is asked after here instead.
    run = client.jobs.submit(run_name="try", tasks=[task]).response.run_id
    while (found := client.jobs.get_run(run)).state.result_state is None:
        workspace.clock.sleep(1)
    output = client.jobs.get_run_output(found.tasks[0].run_id)
    return found.state.result_state, output


def test_a_job_runs_a_command_from_the_wheel_and_fails_where_the_command_failed(workspace, wheel, tmp_path):
    """Commands leave the interpreter, and a Databricks driver takes any exit for a failure, or for none."""
    frame = pl.DataFrame({"data_month": None, "trained_on": dt.date(2026, 6, 29), "preprocessor": "{}"})
    Lakehouse(str(tmp_path / "home" / "lakehouse")).replace(PREPROCESSORS, frame, dt.date(2026, 6, 1))
    state, output = submitted(workspace, wheel, "show", "preprocessors", "--home", str(tmp_path / "home"))
    assert state == RunResultState.SUCCESS
    assert "2026-06-29" in output.logs
    state, output = submitted(workspace, wheel, "show", "preprocessors", "--home", str(tmp_path / "none"))
    assert state == RunResultState.FAILED
    assert "materialize preprocessors first" in output.logs
    assert "exit code 2" in output.error


def test_the_example_of_a_compute_file_loads_and_shows_every_field():
    file = EXAMPLES / "compute.yaml"
    compute = load_compute(file)
    assert compute.machines.policy
    assert compute.machines_of("score").kind == "existing_cluster"
    text = file.read_text(encoding="utf-8")
    for shape in (Compute, JobCluster, ExistingCluster, Serverless):
        assert [name for name in shape.model_fields if f"{name}:" not in text] == []
    assert {permission.level for permission in compute.permissions} <= {"CAN_VIEW", "CAN_MANAGE_RUN", "CAN_MANAGE"}
    assert Permission in (type(one) for one in compute.permissions)


def test_the_example_with_all_that_it_comments_out_loads_too(tmp_path):
    """What is commented out are fields and their defaults: they have to be right when someone uses them."""
    lines = (EXAMPLES / "compute.yaml").read_text(encoding="utf-8").splitlines()
    fields = ("# experiment:", "  # lift:", "  #   ", "# poll_seconds:", "# patience_minutes:", "# wheel:")
    uncommented = [line.replace("# ", "", 1) if line.startswith(fields) else line for line in lines]
    (tmp_path / "compute.yaml").write_text("\n".join(uncommented), encoding="utf-8")
    compute = load_compute(tmp_path / "compute.yaml")
    assert compute.machines_of("lift").kind == "serverless"
    defaults = Compute(volume=compute.volume, models=compute.models, machines=compute.machines)
    assert (compute.experiment, compute.poll_seconds) == (defaults.experiment, defaults.poll_seconds)
    assert compute.patience_minutes == defaults.patience_minutes
    assert compute.wheel is not None

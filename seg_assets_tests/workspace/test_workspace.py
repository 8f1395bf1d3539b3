"""The workspace of the tests is strict: the real clients get on with it, and nothing undocumented passes."""

from __future__ import annotations

import io
import time

import dagster as dg
import pytest
import requests
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import NotFound, Unauthenticated
from databricks.sdk.service.catalog import TableInfo, TableType, VolumeType
from databricks.sdk.service.compute import Environment, Library
from databricks.sdk.service.jobs import (
    JobEnvironment,
    PythonWheelTask,
    Run,
    RunResultState,
    SparkPythonTask,
    SubmitTask,
)

from resources.databricks.connection import Connection
from resources.databricks.wheel import put_wheel
from seg_assets_tests.workspace.clusters import RUNNING_CLUSTER
from seg_assets_tests.workspace.leaks import leaks
from seg_assets_tests.workspace.workspace import CLIENT_ID, CLIENT_SECRET, TOKEN, Workspace

VOLUME = "/Volumes/main/seg/files"


@pytest.fixture
def client(workspace: Workspace) -> WorkspaceClient:
    return WorkspaceClient()


def script(client: WorkspaceClient, text: str) -> SubmitTask:
    """A task that runs `text` on the cluster that is there."""
    client.files.upload(f"{VOLUME}/script.py", io.BytesIO(text.encode()), overwrite=True)
    program = SparkPythonTask(f"{VOLUME}/script.py")
    return SubmitTask("script", existing_cluster_id=RUNNING_CLUSTER, spark_python_task=program)


def ended(client: WorkspaceClient, run_id: int) -> Run:
    """The run once it is over."""
    while (run := client.jobs.get_run(run_id)).state.result_state is None:
        time.sleep(0.02)
    return run


@pytest.mark.parametrize(
    ("verb", "path", "body", "problem"),
    [
        ("POST", "/api/2.2/jobs/runs/start", {}, "no such call"),
        ("GET", "/api/2.2/jobs/runs/get?run=1", None, "query parameter run"),
        ("POST", "/api/2.2/jobs/runs/cancel", {"run_id": 1, "now": True}, "field now"),
        ("POST", "/api/2.2/jobs/runs/submit", {"tasks": [{"task_key": "a", "cluster": {}}]}, "field tasks has what"),
        ("GET", "/api/2.0/mlflow/runs/search?x=1", None, "no such call"),
        ("POST", "/api/2.0/mlflow/runs/create", {"experiment": "1"}, 'no field named "experiment"'),
    ],
)
def test_what_is_not_documented_is_refused_and_kept(workspace, verb, path, body, problem):
    told = requests.request(verb, workspace.host + path, json=body, headers={"Authorization": f"Bearer {TOKEN}"})
    assert told.status_code == 404
    (found,) = workspace.problems
    assert problem in found
    workspace.problems.clear()


def test_documented_calls_that_are_missing_here_are_kept_too(workspace, client):
    with pytest.raises(Exception, match="lacks it"):
        client.jobs.list_runs(expand_tasks=True) and client.jobs.delete_run(1)
    assert workspace.problems == [
        "POST /api/2.2/jobs/runs/delete: documented, but this workspace of the tests lacks it"
    ]
    workspace.problems.clear()


def test_catalog_volumes_files_and_clusters_answer_the_sdk(workspace, client):
    client.catalogs.create("dev")
    client.schemas.create("seg", "dev")
    client.volumes.create("dev", "seg", "files", VolumeType.MANAGED)
    client.files.upload("/Volumes/dev/seg/files/a/b.txt", io.BytesIO(b"text"))
    assert client.files.get_metadata("/Volumes/dev/seg/files/a/b.txt").content_length == 4
    assert client.files.download("/Volumes/dev/seg/files/a/b.txt").contents.read() == b"text"
    assert [entry.name for entry in client.files.list_directory_contents("/Volumes/dev/seg/files/a")] == ["b.txt"]
    with pytest.raises(NotFound, match=r"dev\.seg\.none. does not exist"):
        client.files.upload("/Volumes/dev/seg/none/x", io.BytesIO(b""))
    table = TableInfo(
        catalog_name="dev", schema_name="seg", name="scores", table_type=TableType.EXTERNAL, storage_location="s3://x/y"
    )
    workspace.catalog.create_table(table)
    assert client.tables.get("dev.seg.scores").storage_location == "s3://x/y"
    assert [one.full_name for one in client.tables.list("dev", "seg")] == ["dev.seg.scores"]
    assert client.tables.exists("dev.seg.scores").table_exists
    assert [one.cluster_id for one in client.clusters.list()] == [RUNNING_CLUSTER]


def test_a_task_is_a_process_whose_output_and_traceback_are_kept(workspace, client):
    text = "print('printed')\nopen('/Volumes/main/seg/files/out', 'w').write('written')\n1 / 0\n"
    run = ended(client, client.jobs.submit(run_name="x", tasks=[script(client, text)]).run_id)
    assert run.state.result_state == RunResultState.FAILED
    output = client.jobs.get_run_output(run.tasks[0].run_id)
    assert output.error == "ZeroDivisionError: division by zero"
    assert "script.py" in output.error_trace
    assert output.logs == "printed\n"
    assert client.files.download(f"{VOLUME}/out").contents.read() == b"written"


def test_a_volume_takes_no_appends(workspace, client):
    """Pipes' default writer appends: on a real volume the task would die of it."""
    text = "open('/Volumes/main/seg/files/out', 'a')"
    run = ended(client, client.jobs.submit(tasks=[script(client, text)]).run_id)
    assert "volumes take no appends" in client.jobs.get_run_output(run.tasks[0].run_id).error


def test_a_cancelled_run_has_no_process_left_and_a_token_finds_its_run(workspace, client):
    task = script(client, "import time; time.sleep(60)")
    first = client.jobs.submit(tasks=[task], idempotency_token="once").run_id
    assert client.jobs.submit(tasks=[task], idempotency_token="once").run_id == first
    client.jobs.cancel_run(first)
    assert ended(client, first).state.result_state == RunResultState.CANCELED
    assert workspace.jobs.runs[0].process.popen.poll() is not None
    assert len(workspace.jobs.runs) == 1


def test_credentials_are_asked_for(workspace, monkeypatch):
    with pytest.raises(Unauthenticated):
        WorkspaceClient(token="wrong").clusters.get(RUNNING_CLUSTER)
    monkeypatch.delenv("DATABRICKS_TOKEN")
    machine = WorkspaceClient(client_id=CLIENT_ID, client_secret=CLIENT_SECRET)
    assert machine.clusters.get(RUNNING_CLUSTER).cluster_id == RUNNING_CLUSTER


LOGS_A_MODEL = """
import datetime as dt
import mlflow, polars as pl
from resources.tracking import Tracking
from seg_assets.steps.signature import model_signature

tracking = Tracking.of_workspace("main.seg", "/Shared/account_segmentation", "/Volumes/main/seg/files")
seen = pl.DataFrame({"account_id": ["a"], "snapshot_date": [dt.date(2026, 6, 29)], "spend": [1.0]})
uri = tracking.log_refresh(
    definition_version="2026-07.1", segmentation_json="{}", texts={"definitions.md": "# text"},
    parameters={"segments": 4}, metrics={"jaccard": 0.9}, signature=model_signature(seen), tags={"dagster_run": "r"},
)
tracking.set_champion(uri)
print(uri, mlflow.models.get_model_info(uri).signature.inputs.input_names())
"""


def test_mlflow_logs_registers_and_finds_a_model_in_unity_catalog(workspace, client, tmp_path):
    wheel = Library(whl=put_wheel(Connection(workspace.clock, 60), VOLUME))
    workspace.faults.replace_task(LOGS_A_MODEL)
    program = PythonWheelTask("seg_assets", "seg-step")
    task = SubmitTask("fit", existing_cluster_id=RUNNING_CLUSTER, libraries=[wheel], python_wheel_task=program)
    run = ended(client, client.jobs.submit(tasks=[task]).run_id)
    output = client.jobs.get_run_output(run.tasks[0].run_id)
    assert output.error_trace is None
    assert "models:/main.seg.account_segments/1 ['account_id', 'snapshot_date', 'spend']" in output.logs
    model = client.registered_models.get("main.seg.account_segments")
    assert {(one.alias_name, one.version_num) for one in model.aliases} == {("challenger", 1), ("champion", 1)}
    (logged,) = workspace.experiments.runs.values()
    assert {"key": "segments", "value": "4"} in logged["data"]["params"]
    assert workspace.files.local("/Models/main/seg/account_segments/1/MLmodel").is_file()
    artifacts = logged["info"]["artifact_uri"].removeprefix("dbfs:")
    assert workspace.files.local(f"{artifacts}/definitions.md").read_text() == "# text"
    assert leaks(workspace, tmp_path) == []


REPORTS_TO_THE_STOCK_CLIENT = """
import dagster_pipes as pipes

with pipes.open_dagster_pipes(
    context_loader=pipes.PipesUnityCatalogVolumesContextLoader(),
    message_writer=pipes.PipesUnityCatalogVolumesMessageWriter(interval=1),
    params_loader=pipes.PipesCliArgsParamsLoader(),
) as context:
    context.report_asset_materialization(metadata={"rows": context.get_extra("rows")})
"""


def test_the_stock_pipes_client_runs_a_serverless_task(workspace, client):
    from dagster_databricks.pipes import PipesDatabricksServerlessClient, PipesUnityCatalogVolumesMessageReader

    reader = PipesUnityCatalogVolumesMessageReader(interval=1, client=client, volume_path=VOLUME)
    stock = PipesDatabricksServerlessClient(client, VOLUME, message_reader=reader, poll_interval_seconds=0.1)
    client.files.upload(f"{VOLUME}/report.py", io.BytesIO(REPORTS_TO_THE_STOCK_CLIENT.encode()))

    @dg.asset
    def counted(context):
        task = SubmitTask("t", environment_key="e", spark_python_task=SparkPythonTask(f"{VOLUME}/report.py"))
        environments = [JobEnvironment("e", Environment(environment_version="4", dependencies=[]))]
        extras = {"rows": 3}
        return stock.run(
            context=context, task=task, extras=extras, submit_args={"environments": environments}
        ).get_materialize_result()

    done = dg.materialize([counted])
    (told,) = done.asset_materializations_for_node("counted")
    assert told.metadata["rows"].value == 3

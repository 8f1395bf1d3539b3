"""Dagster in containers: the graph runs on PostgreSQL, a run is a container that outlives Dagster's own processes."""

from __future__ import annotations

import configparser
import json
import os
import re
import secrets
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from resources.dagster_home import DAGSTER_YAML
from seg_assets.automation import jobs
from seg_assets.sample_data import write_landing
from seg_assets_tests.containers.engine import Container
from seg_assets_tests.containers.postgres import binaries, postgres
from seg_assets_tests.containers.services import COMPOSE, ENTRYPOINT, FOLDER, IMAGE, Services
from seg_assets_tests.end_to_end.from_the_ui import IN_PROCESS, Launch, UserInterface
from seg_assets_tests.end_to_end.homes import Home
from seg_assets_tests.end_to_end.two_places import JUNE
from seg_assets_tests.shared import CHECKOUT

DAGSTER = ("code", "webserver", "daemon")
INSTANCE = yaml.safe_load((FOLDER / "dagster.yaml").read_text(encoding="utf-8"))
DOCKERFILE = (FOLDER / "Dockerfile").read_text(encoding="utf-8")
GRAPH = (
    Launch(jobs.LAND_SNAPSHOT, (str(JUNE),)),
    Launch(jobs.BUILD_FEATURES, ("2026-06-01",)),
    Launch(jobs.REFRESH, ("2026-07-01",)),
    Launch(jobs.SCORE, (str(JUNE),)),
    Launch(jobs.MONITOR, (str(JUNE),)),
)
LOCATION = yaml.safe_load((FOLDER / "workspace.yaml").read_text())["load_from"][0]["grpc_server"]["location_name"]
PAGE = CHECKOUT / "docs" / "deployment.md"
TERMINATE = """mutation Terminate($runId: String!) {
  terminateRun(runId: $runId, terminatePolicy: SAFE_TERMINATE) { __typename ... on PythonError { message } } }"""
SECRET = f"planted-{secrets.token_hex(12)}"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The home of the containers, which is a volume elsewhere."""
    folder = tmp_path_factory.mktemp("containers")
    write_landing(folder / "landing", accounts=1_000, mondays=(JUNE,), seed=7)
    (folder / "places").mkdir()
    return Home(folder / "places" / "home", folder / "landing")


@pytest.fixture(scope="module")
def services(home: Home) -> Iterator[Services]:
    """Everything that compose.yaml starts, healthy."""
    if binaries() is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    settings = {"SEG_LANDING": str(home.landing), "SEG_CATALOG": str(home.catalogue())}
    with postgres(SECRET) as server:
        made = Services(home.folder.parent, server, settings)
        try:
            made.start(*DAGSTER)
            assert made.is_healthy("postgres")
            yield made
            assert leaks(made, home.folder.parent) == []
            assert made.engine.problems == []
        finally:
            made.close()


def leaks(services: Services, folder: Path) -> list[str]:
    """Where the planted password is, beside the file of secrets: files and logs, asked containers, events and runs."""
    kept = [one for one in folder.rglob("*") if one.is_file() and one.parent.name != "secrets"]
    assert len(kept) > 10
    found = [one.name for one in kept if SECRET.encode() in one.read_bytes()]
    found += [call.path for call in services.engine.calls if SECRET.encode() in call.body]
    for column, table in (("event", "event_logs"), ("run_body", "runs")):
        found += [table] if SECRET in " ".join(services.postgres.query(f"SELECT {column} FROM {table}")) else []
    return found


@pytest.fixture
def interface(services: Services) -> UserInterface:
    return UserInterface(services.address, LOCATION)


def container_of(services: Services, run_id: str) -> Container | None:
    """The container of a run, once it was asked for."""
    found = services.engine.containers.values()
    return next((one for one in found if one.asked["Labels"]["dagster/run_id"] == run_id), None)


def status(services: Services, run_id: str) -> str:
    """The run's, as PostgreSQL has it."""
    (found,) = services.postgres.query(f"SELECT status FROM runs WHERE run_id = '{run_id}'")
    return found


def begun(services: Services, run_id: str) -> Container:
    """The container of a run, once the run's own process said that it began."""
    before = ("NOT_STARTED", "QUEUED", "STARTING")
    services.wait_for(lambda: status(services, run_id) not in before, "the run to begin")
    container = container_of(services, run_id)
    assert container is not None
    return container


@pytest.mark.slow
def test_the_graph_runs_in_containers_that_outlive_dagster(
    services: Services, interface: UserInterface, home: Home
) -> None:
    asked = []
    for launch in GRAPH:
        run_id = interface.start(launch, IN_PROCESS)
        if launch.job == jobs.REFRESH:
            ends_by_itself(services, run_id)
        assert interface.ended(run_id) == f"{run_id} SUCCESS"
        container = container_of(services, run_id)
        assert container is not None
        asked.append(container.asked)
    assert home.scores(JUNE).height == home.table("account_snapshots", JUNE).height > 900
    assert home.table("profile_metrics", JUNE).height > 0
    assert {one["Image"] for one in asked} == {IMAGE}
    assert {one["HostConfig"]["NetworkMode"] for one in asked} == {"segments"}
    # What steps printed, and everything else that is kept, lies in the volume; nothing where a container would lose it.
    assert not list((home.folder.parent / "opt" / "dagster_home").glob("*.db"))


def ends_by_itself(services: Services, run_id: str) -> None:
    """Kill all of Dagster's own processes while the run is under way, and start them when it is over."""
    container = begun(services, run_id)
    services.kill(*DAGSTER)
    assert not services.is_healthy("webserver") and not services.is_healthy("code")
    assert container.state["Running"]
    services.wait_for(lambda: not container.state["Running"], "the run to end by itself")
    assert status(services, run_id) == "SUCCESS"
    services.start(*DAGSTER)


@pytest.mark.slow
def test_a_run_whose_container_is_gone_fails_and_says_so(services: Services, interface: UserInterface) -> None:
    run_id = interface.start(Launch(jobs.LAND_SNAPSHOT, (str(JUNE),)), IN_PROCESS)
    services.engine.kill(begun(services, run_id).name)
    assert interface.ended(run_id) == f"{run_id} FAILURE"
    told = services.postgres.query(f"SELECT event FROM event_logs WHERE run_id = '{run_id}'")
    assert "Container status is exited" in " ".join(told)


@pytest.mark.slow
def test_a_run_that_is_cancelled_in_the_interface_ends_cancelled(services: Services, interface: UserInterface) -> None:
    run_id = interface.start(Launch(jobs.LAND_SNAPSHOT, (str(JUNE),)), IN_PROCESS)
    container = begun(services, run_id)
    interface.ask(TERMINATE, {"runId": run_id})
    assert interface.ended(run_id) == f"{run_id} CANCELED"
    (stopped,) = (call for call in services.engine.calls if call.path.endswith(f"{container.name}/stop"))
    assert float(stopped.query["t"]) == INSTANCE["run_launcher"]["config"]["container_kwargs"]["stop_timeout"]


@pytest.mark.slow
def test_automation_is_turned_on_by_the_command_of_the_page(services: Services) -> None:
    (command,) = (one for one in on_the_page("docker") if "sensor" in one)
    told = services.execute(*command[command.index("dagster") :])
    assert "Started sensor landing_sensor" in told
    services.execute(*[part.replace("start", "stop") for part in command[command.index("dagster") :]])


def test_a_run_has_the_folders_that_the_code_server_has() -> None:
    assert INSTANCE["run_launcher"]["config"]["container_kwargs"]["volumes"] == COMPOSE["services"]["code"]["volumes"]
    assert INSTANCE["run_launcher"]["config"]["network"] == COMPOSE["networks"]["segments"]["name"]
    assert COMPOSE["volumes"]["segments_home"]["name"] == "segments_home"


def test_as_many_runs_at_once_as_on_a_laptop() -> None:
    assert INSTANCE["concurrency"] == yaml.safe_load(DAGSTER_YAML)["concurrency"]


def test_every_service_is_started_again_and_asked_how_it_is() -> None:
    for service in COMPOSE["services"].values():
        assert service["restart"] == "unless-stopped"
        assert service["healthcheck"]["test"][0] == "CMD"
    launching = {name for name, one in COMPOSE["services"].items() if "docker.sock" in str(one["volumes"])}
    assert launching == {"webserver", "daemon"}
    assert COMPOSE["services"]["webserver"]["ports"] == ["127.0.0.1:3000:3000"]


def test_the_image_is_built_from_files_that_there_are_and_that_are_let_in() -> None:
    copied = [source for line in re.findall(r"^COPY (.+)$", DOCKERFILE, re.MULTILINE) for source in line.split()[:-1]]
    let_in = [line[1:] for line in (FOLDER / "Dockerfile.dockerignore").read_text().splitlines() if line[0] == "!"]
    for source in copied:
        assert (CHECKOUT / source).exists()
        assert any(source == one or source.startswith(f"{one}/") for one in let_in)
    settings = configparser.ConfigParser()
    settings.read(CHECKOUT / "setup.cfg")
    (extra,) = re.findall(r"'\.\[(\w+)\]'", DOCKERFILE)
    assert extra in settings["options.extras_require"]
    assert json.loads(re.findall(r"^ENTRYPOINT (.+)$", DOCKERFILE, re.MULTILINE)[0]) == [
        f"/opt/segments/{ENTRYPOINT.name}"
    ]
    assert "ENV DAGSTER_HOME=/opt/segments/dagster_home" in DOCKERFILE


def entered(folder: Path, script: str) -> subprocess.CompletedProcess[str]:
    """What a script prints that the entrypoint starts."""
    environment = {"SEG_ETC": str(folder), "PATH": os.environ["PATH"]}
    program = [str(ENTRYPOINT), "sh", "-c", script]
    return subprocess.run(program, env=environment, capture_output=True, text=True, check=False)


def test_the_entrypoint_gives_settings_and_secrets_to_its_process(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "settings.env").write_text("SEG_HOME=/var/lib/segments\n# SEG_LANDING=/elsewhere\n")
    (tmp_path / "secrets" / "DAGSTER_POSTGRES_PASSWORD").write_text("a b'c\n")
    (tmp_path / "secrets" / "DAGSTER_POSTGRES_PASSWORD.bak").write_text("old")
    done = entered(tmp_path, 'printf "%s|%s|%s" "$SEG_HOME" "$DAGSTER_POSTGRES_PASSWORD" "${SEG_LANDING-}"')
    assert done.stdout == "/var/lib/segments|a b'c|"
    assert "DAGSTER_POSTGRES_PASSWORD.bak is no variable's name" in done.stderr and "old" not in done.stderr


@pytest.mark.parametrize("missing", ["settings.env", "secrets"])
def test_without_settings_or_secrets_nothing_starts(tmp_path: Path, missing: str) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "settings.env").write_text("SEG_HOME=/var/lib/segments\n")
    (tmp_path / missing).rename(tmp_path / "elsewhere")
    done = entered(tmp_path, "echo started")
    assert done.returncode != 0 and "started" not in done.stdout and missing in done.stderr


def test_services_go_on_without_a_postgresql_of_their_own() -> None:
    text = (FOLDER / "compose.yaml").read_text(encoding="utf-8")
    without = re.sub(r"  postgres:\n(    .*\n)+\n", "", text)
    services = yaml.safe_load(without)["services"]
    assert set(services) == set(DAGSTER)
    assert all(one["depends_on"]["postgres"]["required"] is False for one in services.values())


def on_the_page(program: str) -> list[list[str]]:
    """The commands of docs/deployment.md that call `program`."""
    lines = re.findall(rf"^{program} .+$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    return [shlex.split(line) for line in lines]

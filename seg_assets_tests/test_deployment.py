"""The deployment page names what there is: commands, options, jobs, variables, files."""

from __future__ import annotations

import re
import shlex

import typer
import yaml

from seg_assets.cli import app
from seg_assets_tests.bundle import TEXT
from seg_assets_tests.shared import CHECKOUT

PAGE = (CHECKOUT / "docs" / "deployment.md").read_text(encoding="utf-8")
BUNDLE = yaml.safe_load(TEXT)


def blocks(language: str) -> str:
    """The page's blocks of that language, one after the other."""
    return "\n".join(re.findall(rf"^```{language}\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL))


def commands(program: str) -> list[list[str]]:
    """The page's commands of `program`, without it and without where their output goes."""
    lines = [line.split(" > ")[0] for line in blocks("sh").splitlines()]
    return [shlex.split(line)[1:] for line in lines if line.startswith(f"{program} ")]


def test_seg_takes_what_the_page_gives_it():
    known = typer.main.get_command(app)
    given = commands("seg")
    assert {name for name, *_ in given} == {"sample", "run", "show", "describe", "publish", "access", "quality-monitor"}
    for name, *options in given:
        known.commands[name].make_context(name, options)


def test_programs_and_files_that_the_page_names_are_there():
    named = [argument for argument, *_ in commands("python")] + [source for source, _ in commands("cp")]
    assert named == [f"examples/databricks/{one}" for one in ("prepare.py", "compute.yaml", "access.yaml")]
    assert all((CHECKOUT / one).is_file() for one in named)


def test_the_bundle_has_the_jobs_targets_and_variables_that_the_page_names():
    runs = [one for one in commands("databricks") if one[:2] == ["bundle", "run"]]
    assert {job for *_, job in runs} <= set(BUNDLE["resources"]["jobs"])
    targets = {one[one.index("--target") + 1] for one in commands("databricks") if "--target" in one}
    assert targets <= set(BUNDLE["targets"])
    variables = set(re.findall(r"BUNDLE_VAR_([a-z_]+)", PAGE))
    required = {name for name, one in BUNDLE["variables"].items() if "default" not in one}
    assert required <= variables <= set(BUNDLE["variables"])

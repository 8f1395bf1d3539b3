"""Nothing has to be set on a laptop; a workspace says what it lacks, by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from resources.settings import Settings, SettingsError


def test_nothing_has_to_be_set():
    settings = Settings.from_environment({})
    assert settings.home.name == ".seg"
    assert settings.landing == str(settings.home / "landing")
    assert settings.catalog is None
    assert settings.engine == "polars"


def test_settings_survive_the_way_to_another_process(tmp_path):
    given = {
        "SEG_HOME": str(tmp_path),
        "SEG_LANDING": "s3://bucket/landing",
        "SEG_CATALOG": str(tmp_path / "mine.yaml"),
        "SEG_ALERT_WEBHOOK": "https://hooks.example/services/T0/B0/secret",
        "SEG_ALERT_EMAIL": "smtps://seg:secret@mail.example/?from=seg@example.com&to=ana@example.com",
        "SEG_ENGINE": "spark",
    }
    settings = Settings.from_environment(given)
    assert Settings.from_environment(settings.to_environment()) == settings
    assert settings.landing == "s3://bucket/landing"
    assert settings.engine == "spark"


def test_a_relative_home_is_made_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert Settings.from_environment({"SEG_HOME": "here"}).home == Path(tmp_path / "here")


def test_a_workspace_names_each_missing_setting():
    needs = "needs DATABRICKS_HOST or DATABRICKS_CONFIG_PROFILE, SEG_LANDING, SEG_LAKEHOUSE, SEG_COMPUTE"
    with pytest.raises(SettingsError, match=needs):
        Settings.from_environment({"SEG_ENV": "databricks", "SEG_HOME": "/srv/seg"})


def test_settings_of_a_workspace_survive_the_way_to_another_process(tmp_path):
    given = {
        "SEG_ENV": "databricks",
        "DATABRICKS_CONFIG_PROFILE": "seg",
        "SEG_HOME": str(tmp_path),
        "SEG_LANDING": "/mnt/landing",
        "SEG_LAKEHOUSE": "/mnt/tables",
        "SEG_COMPUTE": str(tmp_path / "compute.yaml"),
    }
    settings = Settings.from_environment(given)
    assert settings.lakehouse == "/mnt/tables"
    assert Settings.from_environment({**settings.to_environment(), "DATABRICKS_CONFIG_PROFILE": "seg"}) == settings


def test_a_compute_file_on_a_laptop_is_not_looked_at(tmp_path):
    """Its presence in the environment must not send steps to a workspace that SEG_ENV does not name."""
    assert Settings.from_environment({"SEG_COMPUTE": str(tmp_path / "compute.yaml")}).compute is None


def test_an_unknown_environment_is_refused():
    with pytest.raises(SettingsError, match="SEG_ENV='cloud' is unknown: use local or databricks"):
        Settings.from_environment({"SEG_ENV": "cloud"})


def test_an_unknown_engine_is_refused():
    with pytest.raises(SettingsError, match="SEG_ENGINE='duckdb' is unknown: use polars or spark"):
        Settings.from_environment({"SEG_ENGINE": "duckdb"})


def test_the_webhook_is_shown_by_nothing():
    settings = Settings.from_environment({"SEG_ALERT_WEBHOOK": "https://hooks.example/services/T0/B0/secret"})
    assert settings.alert_webhook is not None
    assert "secret" not in repr(settings) + str(settings)


@pytest.mark.parametrize(
    "webhook", ["hunter2", "ftp://hunter2", "https://:hunter2", "https://host:hunter2/x", "https://h/a hunter2"]
)
def test_a_webhook_that_is_no_url_is_refused_by_name_not_by_value(webhook):
    with pytest.raises(SettingsError, match="SEG_ALERT_WEBHOOK is not an http or https URL") as raised:
        Settings.from_environment({"SEG_ALERT_WEBHOOK": webhook})
    assert "hunter2" not in str(raised.value)


def test_a_mail_address_is_shown_by_nothing_and_refused_by_name_not_by_value():
    whole = "smtps://seg:hunter2@mail.example/?from=seg@example.com&to=ana@example.com"
    settings = Settings.from_environment({"SEG_ALERT_EMAIL": whole})
    assert settings.alert_email == whole
    assert "hunter2" not in repr(settings)
    with pytest.raises(SettingsError, match="SEG_ALERT_EMAIL is not shaped as smtps://") as raised:
        Settings.from_environment({"SEG_ALERT_EMAIL": "smtps://seg:hunter2@mail.example"})
    assert "hunter2" not in str(raised.value)

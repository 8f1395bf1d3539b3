"""One rule for every property test: CI draws the same examples each time, so that a red run can be run again.

And one fixture for every test: `workspace`, a Databricks workspace on this machine.
"""

from __future__ import annotations

import os

from hypothesis import settings

from seg_assets_tests.workspace.fixture import workspace as workspace

settings.register_profile("ci", derandomize=True, deadline=None)
if os.environ.get("CI"):
    settings.load_profile("ci")

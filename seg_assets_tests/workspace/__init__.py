"""A Databricks workspace on this machine, for tests: the real clients talk to it, unmodified.

Use the fixture `workspace` (every test of seg_assets_tests has it). It answers on a free port of 127.0.0.1, its
DATABRICKS_HOST and DATABRICKS_TOKEN are in the environment, and it has the volume /Volumes/main/seg/files.

    def test_something(workspace, tmp_path):
        compute = compute_file(tmp_path, "job_cluster")       # machines.py: a file for SEG_COMPUTE
        ...
        assert workspace.jobs.runs[0].request["run_name"]     # what runs/submit was told
        assert workspace.asked("/api/2.0/fs/files")           # every call, in order
        assert leaks(workspace, tmp_path) == []               # leaks.py: the planted secret is nowhere
        workspace.files.local("/Volumes/main/seg/files/x")    # the local file behind a path of the workspace

Tasks run as subprocesses in a clean environment, from the wheel that the run names, with /Volumes mounted for open().
Tables are no more than names here (`workspace.catalog.create_table`): their data lie in local folders, as an external
location that this machine and the tasks both see.

Faults (`workspace.faults`): answer (any status, with headers such as Retry-After), lose_answer, cut_network, evict,
refuse_cluster, replace_task; and workspace.expire_tokens(). Time is a turned clock (`workspace.clock`): hand it to
resources.databricks.steps.DatabricksSteps, and no pause costs time.

Every call is held to the SDK's own definitions (documented.py), MLflow's to its messages: an unknown path, parameter or
field is answered with 404, kept in `workspace.problems`, and fails the test when it ends. A call that is documented
but missing here does the same: add it to the service that it belongs to.

Why not an emulator from PyPI: minilake 1.9.0, the best of them, has no MLflow and no model registry, takes unknown
fields, cannot be told to fail, lets a cancelled task run on, and needs FastAPI, uvicorn and docker installed.
"""

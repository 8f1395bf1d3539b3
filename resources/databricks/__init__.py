"""Heavy steps as tasks of a Databricks workspace: what they run on, how they are started, followed and heard.

Belongs here: the workspace's side of resources/compute.py. Loaded only where SEG_ENV=databricks, but for
message_files.py, which tasks use.
Does not: what a step does (seg_assets/steps), tables (resources/lakehouse.py), models (resources/tracking.py).
"""

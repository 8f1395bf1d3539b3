"""The heavy steps as programs: `python -m seg_assets.steps.<name>`, run through Dagster Pipes.

Belongs here: opening tables, calling the science, writing tables, reporting. A step gets table places, partition keys
and the catalogue as Pipes extras, and runs the same as a subprocess and as a Databricks task.
Does not: Dagster itself, whose import alone takes a second; the science (segmentation/).
"""

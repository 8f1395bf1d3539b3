"""The science: accounts and matured outcomes in, named segments and scores out.

Belongs here: frames and arrays in, frames and frozen dataclasses out, the same on every machine.
Does not: Dagster, tables, clocks, MLflow; those call this package (steps/, assets/).
"""

from seg_assets.segmentation.model import Segment, Segmentation
from seg_assets.segmentation.outcomes import Outcomes
from seg_assets.segmentation.preprocess import Preprocessor
from seg_assets.segmentation.profiles import profile
from seg_assets.segmentation.reference import CatalogueChange, Reference
from seg_assets.segmentation.refresh import fit

__all__ = [
    "CatalogueChange",
    "Outcomes",
    "Preprocessor",
    "Reference",
    "Segment",
    "Segmentation",
    "fit",
    "profile",
]

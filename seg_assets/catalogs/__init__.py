"""Feature catalogues: what the columns are, as data.

Belongs here: the catalogue's shape (model.py), reading one from YAML (load.py), the default catalogue (default.yaml).
Does not: anything that looks at an account's values.
"""

from seg_assets.catalogs.load import CatalogueError, catalogue_at, default_catalogue, load_catalogue
from seg_assets.catalogs.model import Catalogue, Feature, Group, Index, Kind, Label, Source

__all__ = [
    "Catalogue",
    "CatalogueError",
    "Feature",
    "Group",
    "Index",
    "Kind",
    "Label",
    "Source",
    "catalogue_at",
    "default_catalogue",
    "load_catalogue",
]

"""Unity Catalog: catalogs, schemas, volumes and tables, by their three-level names.

Belongs here: /api/2.1/unity-catalog. Does not: files of volumes (files.py), models (models.py).
"""

from __future__ import annotations

import time
import uuid
from typing import Any

from databricks.sdk.service.catalog import CatalogInfo, SchemaInfo, TableInfo, VolumeInfo, VolumeType

from seg_assets_tests.workspace.calls import Answer, Call, Refused, answers, missing
from seg_assets_tests.workspace.files import Files

ROOT = "/api/2.1/unity-catalog"


class Catalog:
    """What exists. `create_volume` and `create_table` are for tests: their parents come with them."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._catalogs: dict[str, CatalogInfo] = {}
        self._schemas: dict[str, SchemaInfo] = {}
        self._volumes: dict[str, VolumeInfo] = {}
        self.tables: dict[str, TableInfo] = {}

    def create_volume(self, full_name: str) -> str:
        """A volume with its catalog and schema; its path."""
        catalog, schema, name = full_name.split(".")
        self._catalogs.setdefault(catalog, CatalogInfo(name=catalog))
        self._schemas.setdefault(f"{catalog}.{schema}", _schema(catalog, schema))
        self._volume(catalog, schema, name, VolumeType.MANAGED, None)
        return f"/Volumes/{catalog}/{schema}/{name}"

    def create_table(self, table: TableInfo) -> None:
        """A table as Unity Catalog knows it; where its data lie is its storage_location."""
        full_name = f"{table.catalog_name}.{table.schema_name}.{table.name}"
        table.full_name, table.table_id = full_name, table.table_id or str(uuid.uuid4())
        self.tables[full_name] = table

    @answers("GET", f"{ROOT}/catalogs")
    def list_catalogs(self, call: Call) -> dict[str, Any]:
        return {"catalogs": [one.as_dict() for one in self._catalogs.values()]}

    @answers("GET", f"{ROOT}/catalogs/{{}}")
    def get_catalog(self, call: Call) -> dict[str, Any]:
        return _found(self._catalogs, call.parts[0], "Catalog").as_dict()

    @answers("POST", f"{ROOT}/catalogs")
    def make_catalog(self, call: Call) -> dict[str, Any]:
        name = call.json["name"]
        self._catalogs[name] = CatalogInfo(name=name, comment=call.json.get("comment"))
        return self._catalogs[name].as_dict()

    @answers("POST", f"{ROOT}/schemas")
    def make_schema(self, call: Call) -> dict[str, Any]:
        catalog, name = call.json["catalog_name"], call.json["name"]
        _found(self._catalogs, catalog, "Catalog")
        if f"{catalog}.{name}" in self._schemas:
            raise Refused(400, "SCHEMA_ALREADY_EXISTS", f"Schema '{name}' already exists")
        self._schemas[f"{catalog}.{name}"] = _schema(catalog, name, call.json.get("comment"))
        return self._schemas[f"{catalog}.{name}"].as_dict()

    @answers("GET", f"{ROOT}/schemas")
    def list_schemas(self, call: Call) -> dict[str, Any]:
        of = [one for one in self._schemas.values() if one.catalog_name == call.query["catalog_name"]]
        return {"schemas": [one.as_dict() for one in of]}

    @answers("GET", f"{ROOT}/schemas/{{}}")
    def get_schema(self, call: Call) -> dict[str, Any]:
        return _found(self._schemas, call.parts[0], "Schema").as_dict()

    @answers("POST", f"{ROOT}/volumes")
    def make_volume(self, call: Call) -> dict[str, Any]:
        told = call.json
        _found(self._schemas, f"{told['catalog_name']}.{told['schema_name']}", "Schema")
        kind = VolumeType(told["volume_type"])
        return self._volume(
            told["catalog_name"], told["schema_name"], told["name"], kind, told.get("comment")
        ).as_dict()

    @answers("GET", f"{ROOT}/volumes")
    def list_volumes(self, call: Call) -> dict[str, Any]:
        wanted = (call.query["catalog_name"], call.query["schema_name"])
        of = [one for one in self._volumes.values() if (one.catalog_name, one.schema_name) == wanted]
        return {"volumes": [one.as_dict() for one in of]}

    @answers("GET", f"{ROOT}/volumes/{{}}")
    def get_volume(self, call: Call) -> dict[str, Any]:
        return _found(self._volumes, call.parts[0], "Volume").as_dict()

    @answers("GET", f"{ROOT}/tables")
    def list_tables(self, call: Call) -> dict[str, Any]:
        wanted = (call.query["catalog_name"], call.query["schema_name"])
        of = [one for one in self.tables.values() if (one.catalog_name, one.schema_name) == wanted]
        return {"tables": [one.as_dict() for one in of]}

    @answers("GET", f"{ROOT}/tables/{{}}/exists")
    def table_exists(self, call: Call) -> dict[str, Any]:
        return {"table_exists": call.parts[0] in self.tables}

    @answers("GET", f"{ROOT}/tables/{{}}")
    def get_table(self, call: Call) -> dict[str, Any]:
        return _found(self.tables, call.parts[0], "Table").as_dict()

    @answers("DELETE", f"{ROOT}/tables/{{}}")
    def delete_table(self, call: Call) -> Answer:
        _found(self.tables, call.parts[0], "Table")
        del self.tables[call.parts[0]]
        return Answer()

    def _volume(self, catalog: str, schema: str, name: str, kind: VolumeType, comment: str | None) -> VolumeInfo:
        full_name = f"{catalog}.{schema}.{name}"
        if full_name in self._volumes:
            raise Refused(409, "VOLUME_ALREADY_EXISTS", f"Volume '{full_name}' already exists")
        self._files.root.joinpath("Volumes", catalog, schema, name).mkdir(parents=True)
        self._volumes[full_name] = VolumeInfo(
            catalog_name=catalog,
            schema_name=schema,
            name=name,
            full_name=full_name,
            volume_type=kind,
            volume_id=str(uuid.uuid4()),
            comment=comment,
            created_at=int(time.time() * 1000),
        )
        return self._volumes[full_name]


def _schema(catalog: str, name: str, comment: str | None = None) -> SchemaInfo:
    return SchemaInfo(catalog_name=catalog, name=name, full_name=f"{catalog}.{name}", comment=comment)


def _found(known: dict[str, Any], name: str, kind: str) -> Any:
    if name not in known:
        raise missing(f"{kind} '{name}'")
    return known[name]

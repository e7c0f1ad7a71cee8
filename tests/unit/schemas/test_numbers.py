"""Every whole number that a request may hold has a bound that the database can hold."""

import importlib
import json
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel

import understudy.schemas
from understudy.schemas.base import StrictRequest, TolerantRequest

MAX_STORED = 2**63 - 1


def test_every_whole_number_of_a_body_is_bounded():
    for module in pkgutil.walk_packages(understudy.schemas.__path__, "understudy.schemas."):
        importlib.import_module(module.name)
    requests = [*subclasses(StrictRequest), *subclasses(TolerantRequest)]
    models = [model for model in requests if model.__module__.startswith("understudy.")]
    assert len(models) > 100
    unbounded = {
        place
        for model in models
        for place in unbounded_integers(model.model_json_schema(), model.__name__)
    }
    assert unbounded == set()


def test_every_whole_number_of_a_query_or_path_is_bounded():
    document = json.loads((Path(__file__).parents[3] / "openapi.json").read_text())
    unbounded = {
        f"{method} {path} {place}"
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        for parameter in operation.get("parameters", ())
        for place in unbounded_integers(parameter["schema"], parameter["name"])
    }
    assert unbounded == set()


def subclasses(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for child in model.__subclasses__():
        yield child
        yield from subclasses(child)


def unbounded_integers(schema: Any, place: str) -> Iterator[str]:
    if isinstance(schema, list):
        for each in schema:
            yield from unbounded_integers(each, place)
    if not isinstance(schema, dict):
        return
    bounds = [schema[key] for key in ("maximum", "exclusiveMaximum") if key in schema]
    if schema.get("type") == "integer" and not (bounds and bounds[0] <= MAX_STORED):
        yield place
    for key, value in schema.items():
        yield from unbounded_integers(value, f"{place}.{key}" if key != "anyOf" else place)

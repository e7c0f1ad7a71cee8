"""The matrix of foreign ids comes from the app itself: a new route or field is in it at once."""

import inspect
import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI, Request
from fastapi.routing import APIRoute
from pydantic import BaseModel

from tests.api.admin.test_foreign_ids import FIELDS, id_fields, routes_with_ids
from tests.siege.document import METHODS, whole_document, with_bodies
from understudy.server import app as application
from understudy.server import openapi
from understudy.server.http.json_body import json_body, read_json

# Schemas that are chosen within the route stand there as another name.
READS = re.compile(r"read_json\(\s*request,\s*([A-Z]\w+)")


def routes_of_app() -> list[tuple[str, APIRoute]]:
    """Return path and route of everything that the application serves."""
    app = FastAPI()
    application.add_routes(app)
    found = [*routes_below(app.routes, "")]
    assert len(found) > 100
    return found


def routes_below(routes: Any, prefix: str) -> Iterator[tuple[str, APIRoute]]:
    for route in routes:
        if included := getattr(route, "original_router", None):
            yield from routes_below(included.routes, prefix + route.include_context.prefix)
        elif isinstance(route, APIRoute):
            yield (prefix + route.path).replace(":path}", "}"), route


def test_every_route_of_the_app_is_in_the_document():
    in_app = {(m.lower(), path) for path, route in routes_of_app() for m in route.methods}
    documented = {
        (method, path)
        for path, operations in whole_document()["paths"].items()
        for method in METHODS
        if method in operations
    }
    assert in_app == documented


def test_every_body_that_a_route_reads_is_in_the_document():
    paths, missing = whole_document()["paths"], []
    for path, route in routes_of_app():
        for schema in READS.findall(inspect.getsource(route.endpoint)):
            for method in route.methods:
                body = str(paths[path][method.lower()].get("requestBody"))
                if f"/{schema}'" not in body and f"/Whole{schema}'" not in body:
                    missing.append((method, path, schema))
    assert missing == []


class Inner(BaseModel):
    """What names a thing of somebody's."""

    thing_id: str


class Fake(BaseModel):
    """The body of a route that nobody made a row for."""

    training_file: str
    things: list[Inner]


def test_a_new_route_and_a_new_field_have_no_row_and_fail(monkeypatch: pytest.MonkeyPatch):
    async def take(request: Request, fake_id: str, run_id: str = "") -> dict[str, Any]:
        body = await read_json(request, Fake, limit_bytes=1)
        return {"id": fake_id + run_id + body.training_file}

    def add_routes(app: FastAPI) -> None:
        application.add_routes(app)
        app.post("/v1/x/fakes/{fake_id}", openapi_extra=json_body(Fake))(take)

    monkeypatch.setattr(openapi, "add_routes", add_routes)
    monkeypatch.setattr(openapi, "_BODIES", (*openapi._BODIES, Fake))
    document = with_bodies(openapi.openapi_document())
    assert set(routes_with_ids(document)) - set(routes_with_ids()) == {
        ("post", "/v1/x/fakes/{fake_id}")
    }
    route = "post /v1/x/fakes/{fake_id}"
    assert id_fields(document) - id_fields() == {
        (route, "?run_id"), (route, ".training_file"), (route, ".things[].thing_id"),
    }  # fmt: skip
    assert not {*FIELDS} & (id_fields(document) - id_fields())

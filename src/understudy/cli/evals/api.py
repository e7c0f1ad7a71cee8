"""The API calls of the evals commands, as raw JSON so that no field is lost."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from openai import OpenAI

Json = Mapping[str, Any]
Query = str | float | bool | None


def get(client: OpenAI, path: str, **query: Query) -> Json:
    """Return the response to a GET request."""
    params = {name: value for name, value in query.items() if value is not None}
    return cast("Json", client.get(path, cast_to=object, options={"params": params}))


def post(client: OpenAI, path: str, body: Mapping[str, Any] | None = None) -> Json:
    """Return the response to a POST request."""
    return cast("Json", client.post(path, cast_to=object, body=body))


def pages(client: OpenAI, path: str, **query: str | int | None) -> Iterator[Json]:
    """Iterate over all objects of a list."""
    after: str | None = None
    while True:
        page = get(client, path, after=after, limit=100, **query)
        yield from page["data"]
        if not page["has_more"]:
            return
        after = page["last_id"]


def find_run(client: OpenAI, run_id: str) -> Json:
    """Return a run by its ID alone."""
    return get(client, f"/x/eval_runs/{run_id}")

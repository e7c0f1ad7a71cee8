"""Evals and graders as OpenAI's API and dashboard write them, as requests to create an eval."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

from understudy.errors import InvalidRequestError
from understudy.schemas.evals.graders import GRADER_TYPES
from understudy.wording import worded

_ITEM_FIELD = re.compile(r"{{\s*item\.([\w-]+)")
_KNOWN = ("name", "metadata", "data_source_config", "testing_criteria")


def eval_request(value: object, *, name: str | None = None) -> dict[str, Any]:
    """Return the request that makes an eval like the one that `value` describes.

    That is an eval as the API returns it, the request that made one, or a grader alone, as the
    jobs for reinforcement fine-tuning have it; `name` replaces the eval's. Raises
    InvalidRequestError for anything else.
    """
    if not isinstance(value, Mapping):
        raise _unknown()
    given = cast("Mapping[str, Any]", value)
    if given.get("type") in GRADER_TYPES:
        request = _of_grader(given)
    elif "testing_criteria" in given and "data_source_config" in given:
        request = {key: given[key] for key in _KNOWN if given.get(key) is not None}
        request["data_source_config"] = _config(given["data_source_config"])
        request["testing_criteria"] = [_without_id(each) for each in given["testing_criteria"]]
    else:
        raise _unknown()
    return request if name is None else {**request, "name": name}


def _config(given: Mapping[str, Any]) -> dict[str, Any]:
    """Turn the schema that an eval shows back into the one that it was made from."""
    if "schema" not in given:
        return dict(given)
    if given.get("type") != "custom":
        return {key: value for key, value in given.items() if key != "schema"}
    properties = given["schema"].get("properties", {})
    return {
        "type": "custom",
        "item_schema": properties.get("item", {"type": "object"}),
        "include_sample_schema": "sample" in properties,
    }


def _without_id(criterion: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in criterion.items() if key != "id"}


def _of_grader(grader: Mapping[str, Any]) -> dict[str, Any]:
    """Wrap a grader: the data need the fields that its templates name, whatever their types."""
    fields = sorted({found for text in _texts(grader) for found in _ITEM_FIELD.findall(text)})
    schema: dict[str, Any] = {"type": "object", "properties": {field: {} for field in fields}}
    # Code reads what it likes of the item, so nothing can be demanded of that.
    if fields and grader["type"] not in ("python", "multi"):
        schema["required"] = fields
    criterion = {"name": grader["type"], **_without_id(grader)}
    return {
        "name": str(criterion["name"]),
        "data_source_config": {
            "type": "custom",
            "item_schema": schema,
            "include_sample_schema": True,
        },
        "testing_criteria": [criterion],
    }


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in cast("Mapping[str, Any]", value).values():
            yield from _texts(part)
    elif isinstance(value, list):
        for part in cast("list[Any]", value):
            yield from _texts(part)


def _unknown() -> InvalidRequestError:
    return InvalidRequestError(
        worded(
            "evals.neither_eval_data_source",
            "This is neither an eval (with 'data_source_config' and "
            "'testing_criteria') nor a grader (with one of the types {names}).",
            names=", ".join(sorted(GRADER_TYPES)),
        )
    )

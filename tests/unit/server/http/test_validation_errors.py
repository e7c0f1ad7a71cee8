"""Pydantic's errors in OpenAI's words."""

from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, ValidationError

from understudy.schemas.base import StrictRequest
from understudy.server.http.validation_errors import request_error


class Inner(StrictRequest):
    ratio: Annotated[float, Field(gt=0, le=2)] = 1.0


class Example(StrictRequest):
    count: Annotated[int, Field(ge=1, le=50)] = 1
    name: Annotated[str, Field(min_length=2, max_length=4)] = "ab"
    items: Annotated[list[int], Field(min_length=1, max_length=2)] | None = None
    color: Literal["red", "blue"] = "red"
    pairs: Annotated[dict[str, str], Field(max_length=1)] | None = None
    inner: Inner = Inner()
    flag: bool = False


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            {"count": 0},
            "Invalid 'count': integer below minimum value. "
            "Expected a value >= 1, but got 0 instead.",
        ),
        (
            {"count": 51},
            "Invalid 'count': integer above maximum value. "
            "Expected a value <= 50, but got 51 instead.",
        ),
        (
            {"count": "1"},
            "Invalid type for 'count': expected an integer, but got a string instead.",
        ),
        (
            {"inner": {"ratio": 0.0}},
            "Invalid 'inner.ratio': decimal below minimum value. "
            "Expected a value > 0.0, but got 0.0 instead.",
        ),
        (
            {"name": "abcde"},
            "Invalid 'name': string too long. Expected a string with maximum length 4, "
            "but got a string with length 5 instead.",
        ),
        (
            {"name": "a"},
            "Invalid 'name': string too short. Expected a string with minimum length 2, "
            "but got a string with length 1 instead.",
        ),
        (
            {"items": [1, 2, 3]},
            "Invalid 'items': array too long. Expected an array with maximum length 2, "
            "but got an array with length 3 instead.",
        ),
        ({"items": []}, "Invalid 'items': empty array. Expected an array with at least 1 element."),
        (
            {"items": [1, None]},
            "Invalid type for 'items[1]': expected an integer, but got null instead.",
        ),
        (
            {"color": "green"},
            "Invalid value for 'color': 'green'. Supported values are: 'red' and 'blue'.",
        ),
        (
            {"pairs": {"a": "", "b": ""}},
            "Invalid 'pairs': too many properties. Expected an object with at most 1 properties, "
            "but got an object with 2 properties instead.",
        ),
        ({"extra": 1}, "Unknown parameter: 'extra'."),
        ({"inner": 3}, "Invalid type for 'inner': expected an object, but got an integer instead."),
        ({"flag": {}}, "Invalid type for 'flag': expected a boolean, but got an object instead."),
    ],
)
def test_each_error_reads_like_openais(value: dict[str, Any], message: str):
    with pytest.raises(ValidationError) as refused:
        Example.model_validate(value)
    assert request_error(refused.value.errors()).message == message


def test_a_long_value_is_not_quoted_whole():
    with pytest.raises(ValidationError) as refused:
        Example.model_validate({"color": "x" * 10_000, "y" * 10_000: 1})
    for detail in refused.value.errors():
        error = request_error([detail])
        assert len(error.message) < 500
        assert len(error.param or "") <= 200


def test_a_prefix_says_where_the_value_stood():
    with pytest.raises(ValidationError) as refused:
        Example.model_validate({"count": 0})
    assert request_error(refused.value.errors(), prefix=("outer",)).param == "outer.count"

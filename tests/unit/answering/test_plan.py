"""What a chat request asks for once every default is applied."""

import json

import pytest

from understudy.answering.plan import AnswerPlan, plan_chat
from understudy.errors import InvalidRequestError
from understudy.schemas.chat.request import CreateChatCompletion
from understudy.server.http.json_body import parse_body

HELLO = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
TOOL = {"type": "function", "function": {"name": "f"}}


def plan(**fields: object) -> AnswerPlan:
    return plan_chat(CreateChatCompletion.model_validate(HELLO | fields))


def test_defaults():
    decided = plan()
    assert (decided.temperature, decided.top_p, decided.choices) == (1.0, 1.0, 1)
    assert (decided.max_tokens, decided.seed, decided.stop) == (None, None, ())
    assert not decided.is_streamed


def test_a_top_p_of_zero_leaves_the_likeliest_token():
    assert 0 < plan(top_p=0).top_p < 1e-6


def test_one_stop_text_is_a_list_of_one():
    assert plan(stop="x").stop == ("x",)
    assert plan(stop=["x", "y"]).stop == ("x", "y")


@pytest.mark.parametrize(
    ("fields", "code", "param"),
    [
        ({"model": None}, None, None),
        ({"model": ""}, None, None),
        ({"max_tokens": 3, "max_completion_tokens": 4}, "invalid_value", "max_tokens"),
        ({"tool_choice": "auto"}, "invalid_value", "tool_choice"),
        ({"parallel_tool_calls": False}, "invalid_value", "parallel_tool_calls"),
        ({"tools": [{"type": "custom"}]}, "unsupported_value", "tools[0].type"),
        ({"tools": [{"type": "function"}]}, "missing_required_parameter", "tools[0].function"),
        ({"stream_options": {}}, None, "stream_options"),
        ({"top_logprobs": 1}, "invalid_value", "top_logprobs"),
        ({"top_logprobs": 1, "logprobs": False}, "invalid_value", "top_logprobs"),
        ({"logit_bias": {"hello": 1}}, "invalid_value", "logit_bias"),
    ],
)
def test_contradictions_are_refused(fields: dict, code: str | None, param: str | None):
    with pytest.raises(InvalidRequestError) as refused:
        plan(**fields)
    assert (refused.value.code, refused.value.param) == (code, param)


def test_a_missing_model_is_refused_in_openais_words():
    with pytest.raises(InvalidRequestError, match=r"^you must provide a model parameter$"):
        plan(model=None)


@pytest.mark.parametrize(
    ("fields", "code", "param"),
    [
        ('"n": 0', "integer_below_min_value", "n"),
        ('"n": 129', "integer_above_max_value", "n"),
        ('"temperature": 2.5', "decimal_above_max_value", "temperature"),
        ('"temperature": "hot"', "invalid_type", "temperature"),
        ('"top_p": -0.1', "decimal_below_min_value", "top_p"),
        ('"max_tokens": 0', "integer_below_min_value", "max_tokens"),
        ('"stop": ["a", "b", "c", "d", "e"]', "array_above_max_length", "stop"),
        ('"stop": [""]', "empty_string", "stop[0]"),
        ('"stream": "yes"', "invalid_type", "stream"),
        ('"top_logprobs": 21', "integer_above_max_value", "top_logprobs"),
        ('"frequency_penalty": 3', "decimal_above_max_value", "frequency_penalty"),
        ('"presence_penalty": -2.1', "decimal_below_min_value", "presence_penalty"),
        (
            '"tools": [{"type": "function", "function": {"name": "a b"}}]',
            "invalid_value",
            "tools[0].function.name",
        ),
        ('"tools": [{"type": "function", "function": {}}]',
         "missing_required_parameter", "tools[0].function.name"),
        ('"service_tier": "gold"', "invalid_value", "service_tier"),
    ],
)  # fmt: skip
def test_values_out_of_range_are_refused(fields: str, code: str, param: str):
    body = '{"model": "m", "messages": [{"role": "user", "content": "hi"}], ' + fields + "}"
    with pytest.raises(InvalidRequestError) as refused:
        parse_body(body.encode(), CreateChatCompletion)
    assert (refused.value.code, refused.value.param) == (code, param)


def test_more_than_128_tools_are_refused():
    body = HELLO | {"tools": [TOOL] * 129}
    with pytest.raises(InvalidRequestError) as refused:
        parse_body(json.dumps(body).encode(), CreateChatCompletion)
    assert refused.value.code == "array_above_max_length"


def test_log_probabilities_are_told_only_when_they_are_asked_for():
    assert plan().top_logprobs is plan(logprobs=False).top_logprobs is None
    assert plan(logprobs=True).top_logprobs == 0
    assert plan(logprobs=True, top_logprobs=20).top_logprobs == 20

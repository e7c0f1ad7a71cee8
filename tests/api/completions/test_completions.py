"""Completions, the API before chat, through the official client."""

import json

import pytest
from openai import BadRequestError, NotFoundError, OpenAI

from tests.api.harness import ALIAS, BASE, RunningServer
from tests.api.scripted_engine import Script
from understudy.errors import InvalidRequestError

PROMPT = "Once upon a time"


def ask(client: OpenAI, **more):
    return client.completions.create(**({"model": BASE, "prompt": PROMPT} | more))


def texts(answer) -> list[str]:
    return [choice.text for choice in answer.choices]


def test_an_answer_looks_as_recorded(server: RunningServer, client: OpenAI):
    server.engine.says(" there was")
    body = json.loads(client.completions.with_raw_response.create(model=ALIAS, prompt=PROMPT).text)
    (request,) = server.engine.requests
    assert list(request.prompt_ids) == server.engine.ids_of(PROMPT)
    assert request.sampling.max_tokens == 16
    assert request.prompt_logprobs is False
    written = len(server.engine.ids_of(" there was"))
    assert body.pop("id").startswith("cmpl-")
    assert body.pop("system_fingerprint").startswith("fp_")
    assert isinstance(body.pop("created"), int)
    usage = body.pop("usage")
    assert (usage["prompt_tokens"], usage["completion_tokens"]) == (
        len(request.prompt_ids),
        written,
    )
    assert body == {
        "object": "text_completion",
        "model": ALIAS,
        "choices": [{"index": 0, "text": " there was", "logprobs": None, "finish_reason": "stop"}],
    }


def test_prompts_are_texts_or_tokens_one_or_several(server: RunningServer, client: OpenAI):
    ids = server.engine.ids_of(PROMPT)
    for prompt, count in ((ids, 1), ([PROMPT, PROMPT], 2), ([ids, ids, ids], 3), ([PROMPT], 1)):
        server.engine.says(*["ok"] * count)
        answer = ask(client, prompt=prompt)
        assert [choice.index for choice in answer.choices] == list(range(count))
        assert texts(answer) == ["ok"] * count
        assert [list(request.prompt_ids) for request in server.engine.requests] == [ids] * count
        assert answer.usage.prompt_tokens == count * len(ids)


def test_special_tokens_in_a_prompt_are_letters(server: RunningServer, client: OpenAI):
    server.engine.says("ok")
    stop = "<|im_end|>"
    ask(client, prompt=stop)
    assert server.engine.prompts() == [stop]
    assert len(server.engine.requests[0].prompt_ids) > 1


def test_tags_in_an_answer_are_text(server: RunningServer, client: OpenAI):
    text = '<think>a</think><tool_call>\n{"name": "f", "arguments": {}}\n</tool_call>'
    server.engine.says(text)
    assert texts(ask(client, max_tokens=200)) == [text]


def test_a_stop_text_ends_the_answer(server: RunningServer, client: OpenAI):
    server.engine.says("one. two. three.")
    choice = ask(client, stop=[" two"], max_tokens=100, logprobs=0).choices[0]
    assert (choice.text, choice.finish_reason) == ("one.", "stop")
    assert "".join(choice.logprobs.tokens).startswith("one.")
    assert len(server.engine.requests) == 1


def test_a_limit_ends_the_answer(server: RunningServer, client: OpenAI):
    server.engine.says(Script(text="word ", goes_on=True))
    answer = ask(client, max_tokens=5)
    assert answer.choices[0].finish_reason == "length"
    assert answer.usage.completion_tokens == 5


def test_several_answers_have_seeds_of_their_own(server: RunningServer, client: OpenAI):
    server.engine.says("a", "b", "c", "d")
    answer = ask(client, prompt=["x", "y"], n=2, seed=7)
    assert [choice.index for choice in answer.choices] == [0, 1, 2, 3]
    assert sorted(request.sampling.seed for request in server.engine.requests) == [7, 7, 8, 8]


def test_the_best_of_several_are_told(server: RunningServer, client: OpenAI):
    server.engine.says(
        Script(text="bad", logprob=-3.0),
        Script(text="good", logprob=-0.1),
        Script(text="fair", logprob=-1.0),
    )
    answer = ask(client, best_of=3, n=2)
    assert texts(answer) == ["good", "fair"]
    made = sum(len(server.engine.ids_of(text)) for text in ("bad", "good", "fair"))
    assert answer.usage.completion_tokens == made
    assert answer.usage.prompt_tokens == len(server.engine.ids_of(PROMPT))


def test_probabilities_are_told_for_every_token(server: RunningServer, client: OpenAI):
    server.engine.says(" there was")
    told = ask(client, logprobs=2).choices[0].logprobs
    assert "".join(told.tokens) == " there was"
    assert set(told.token_logprobs) == {-0.5}
    assert all(len(top) == 2 for top in told.top_logprobs)
    assert all(
        top[token] == -0.5 for token, top in zip(told.tokens, told.top_logprobs, strict=True)
    )
    assert told.text_offset[0] == len(PROMPT)
    assert told.text_offset[1] == len(PROMPT) + len(told.tokens[0])


def test_an_echo_brings_the_prompt_with_its_probabilities(server: RunningServer, client: OpenAI):
    server.engine.says(" there was")
    choice = ask(client, echo=True, logprobs=1).choices[0]
    assert choice.text == PROMPT + " there was"
    assert server.engine.requests[0].prompt_logprobs is True
    told = choice.logprobs
    assert "".join(told.tokens) == choice.text
    assert (told.token_logprobs[0], told.top_logprobs[0]) == (None, None)
    prompt_tokens = len(server.engine.ids_of(PROMPT))
    assert set(told.token_logprobs[1:prompt_tokens]) == {-0.25}
    assert set(told.token_logprobs[prompt_tokens:]) == {-0.5}
    assert told.text_offset == [len("".join(told.tokens[:at])) for at in range(len(told.tokens))]


def test_a_prompt_can_be_scored_without_an_answer(server: RunningServer, client: OpenAI):
    server.engine.says("never said")
    answer = ask(client, echo=True, logprobs=0, max_tokens=0)
    choice = answer.choices[0]
    assert (choice.text, choice.finish_reason) == (PROMPT, "length")
    assert "".join(choice.logprobs.tokens) == PROMPT
    assert answer.usage.completion_tokens == 0
    server.engine.says("never said")
    assert texts(ask(client, max_tokens=0)) == [""]


def test_an_answer_is_streamed(server: RunningServer, client: OpenAI, key: str):
    server.engine.says(" there was")
    answer = server.http.post(
        "/v1/completions",
        headers={"Authorization": f"Bearer {key}"},
        json={
            "model": BASE,
            "prompt": PROMPT,
            "stream": True,
            "echo": True,
            "logprobs": 1,
            "stream_options": {"include_usage": True, "include_obfuscation": True},
        },
    )
    *lines, done = answer.text.removesuffix("\n\n").split("\n\n")
    assert done == "data: [DONE]"
    *pieces, end, usage = [json.loads(line.removeprefix("data: ")) for line in lines]
    assert {piece["object"] for piece in pieces} == {"text_completion"}
    assert len({piece["id"] for piece in (*pieces, end, usage)}) == 1
    assert pieces[0]["choices"][0]["text"] == PROMPT
    assert pieces[0]["choices"][0]["logprobs"]["token_logprobs"][0] is None
    assert "".join(piece["choices"][0]["text"] for piece in pieces) == PROMPT + " there was"
    offsets = [o for piece in pieces for o in piece["choices"][0]["logprobs"]["text_offset"]]
    assert offsets == sorted(offsets)
    assert offsets[0] == 0
    assert all(piece["usage"] is None for piece in (*pieces, end))
    assert all(len(p["choices"][0]["text"] + p["obfuscation"]) == 64 for p in pieces)
    assert end["choices"][0] == {
        "index": 0,
        "text": "",
        "logprobs": None,
        "finish_reason": "stop",
    }
    assert usage["choices"] == []
    assert usage["usage"]["completion_tokens"] == len(server.engine.ids_of(" there was"))


def test_a_stream_tells_several_answers_by_their_index(server: RunningServer, client: OpenAI):
    server.engine.says("a b", "c d")
    found = {0: "", 1: ""}
    for piece in ask(client, n=2, stream=True):
        found[piece.choices[0].index] += piece.choices[0].text
    assert sorted(found.values()) == ["a b", "c d"]


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ({"model": None}, "missing_required_parameter", "model"),
        ({"prompt": None}, "missing_required_parameter", "prompt"),
        ({"prompt": ""}, "invalid_value", "prompt"),
        ({"prompt": []}, "empty_array", "prompt"),
        ({"prompt": ["a", ""]}, "invalid_value", "prompt[1]"),
        ({"prompt": ["a", 5]}, "invalid_type", "prompt[1]"),
        ({"prompt": [5, "a"]}, "invalid_type", "prompt[1]"),
        ({"prompt": [[]]}, "empty_array", "prompt[0]"),
        ({"prompt": [-1]}, "integer_below_min_value", "prompt[0]"),
        ({"prompt": 5}, "invalid_type", "prompt"),
        ({"suffix": "the end"}, "unsupported_parameter", "suffix"),
        ({"n": 3, "best_of": 2}, "invalid_value", "best_of"),
        ({"best_of": 2, "stream": True}, "invalid_value", "best_of"),
        ({"best_of": 21}, "integer_above_max_value", "best_of"),
        ({"logprobs": 6}, "integer_above_max_value", "logprobs"),
        ({"n": 128, "prompt": ["x"] * 17}, "invalid_value", "prompt"),
        ({"max_tokens": 510}, "context_length_exceeded", "prompt"),
        ({"prompt": "word " * 100_000}, "context_length_exceeded", "prompt"),
        ({"logit_bias": {"x": 1}}, "invalid_value", "logit_bias"),
        ({"stream_options": {"include_usage": True}}, None, "stream_options"),
    ],
)
def test_what_cannot_be_followed_is_refused_by_name(
    client: OpenAI, body: dict, code: str | None, param: str
):
    with pytest.raises(BadRequestError) as refused:
        ask(client, extra_body=body)
    assert (refused.value.code, refused.value.param) == (code, param)


def test_an_unknown_model_is_a_404(client: OpenAI):
    with pytest.raises(NotFoundError) as missing:
        ask(client, model="nobody")
    assert missing.value.code == "model_not_found"


def test_what_changes_nothing_is_accepted(server: RunningServer, client: OpenAI):
    server.engine.says("ok")
    neutral = {"suffix": "", "user": "u", "best_of": 1, "unknown": True, "stop": None}
    assert texts(ask(client, extra_body=neutral)) == ["ok"]


def test_what_fails_is_an_error_answer(server: RunningServer, client: OpenAI):
    server.engine.says(Script(error=InvalidRequestError("It stopped.")))
    with pytest.raises(BadRequestError, match="It stopped"):
        ask(client, stream=True)

"""Embeddings of a remote model, by the official client, and graders that compare with them."""

import base64
import struct
from collections.abc import Iterator

import pytest
from openai import APIError, OpenAI

from tests.api.evals.eval_requests import items_of, jsonl, make_eval, row, run_to_end
from tests.api.evals.eval_runner import running_runner
from tests.api.remote.conftest import Joined
from tests.remote import FakeRemote, Reply, Request, refusal

MODEL = "text-embedding-3-small"
VECTORS = {"cat": [1.0, 0.0], "kitten": [0.6, 0.8], "car": [-1.0, 0.0]}
COSINE = {
    "type": "text_similarity",
    "name": "alike",
    "input": "{{ sample.output_text }}",
    "reference": "{{ item.answer }}",
    "evaluation_metric": "cosine",
    "pass_threshold": 0.5,
}


@pytest.fixture(scope="module", autouse=True)
def _runner(joined: Joined) -> Iterator[None]:
    with running_runner(joined.server):
        yield


def vectors(*given: list[float], model: str = MODEL) -> Reply:
    data = [{"object": "embedding", "index": i, "embedding": v} for i, v in enumerate(given)]
    usage = {"prompt_tokens": 4, "total_tokens": 4}
    return Reply(body={"object": "list", "data": data[::-1], "model": model, "usage": usage})


def by_words(request: Request) -> Reply:
    return vectors(*(VECTORS[text] for text in request.body["input"]))


def test_texts_become_vectors_in_their_order(client: OpenAI, remote: FakeRemote):
    remote.says(by=by_words)
    made = client.embeddings.create(model="embedder", input=["cat", "kitten"])
    assert [one.embedding for one in made.data] == [
        [1.0, 0.0],
        pytest.approx([0.6, 0.8]),
    ]
    assert (made.model, made.usage.prompt_tokens, made.usage.total_tokens) == ("embedder", 4, 4)
    asked = remote.requests[0]
    assert asked.path == "/v1/embeddings"
    assert asked.body == {"model": MODEL, "input": ["cat", "kitten"], "encoding_format": "float"}


def test_numbers_come_as_float_or_as_base64(client: OpenAI, remote: FakeRemote):
    remote.says(by=by_words)
    request = {"model": "embedder", "input": "kitten"}
    plain = client.post("/embeddings", body=request, cast_to=object)
    packed = client.post(
        "/embeddings", body=request | {"encoding_format": "base64"}, cast_to=object
    )
    assert plain["data"][0]["embedding"] == [0.6, 0.8]
    content = base64.b64decode(packed["data"][0]["embedding"])
    assert struct.unpack("<2f", content) == pytest.approx((0.6, 0.8))


def test_tokens_and_dimensions_are_passed_on(client: OpenAI, remote: FakeRemote):
    remote.says(vectors([1.0, 2.0]), vectors([1.0], [2.0]))
    client.embeddings.create(model="embedder", input=[5, 6, 7], dimensions=2)
    assert remote.requests[0].body["input"] == [[5, 6, 7]]
    assert remote.requests[0].body["dimensions"] == 2
    client.embeddings.create(model="embedder", input=[[5], [6, 7]])
    assert remote.requests[1].body["input"] == [[5], [6, 7]]


@pytest.mark.parametrize(
    ("request_", "reply", "code", "words"),
    [
        ({"input": ["a", "b"]}, vectors([1.0]), "remote_invalid_answer", "1 vectors for 2 inputs"),
        ({"input": ["a", "b"]}, vectors([1.0], [1.0, 2.0]), "remote_invalid_answer", "differ"),
        ({"input": "a"}, vectors([]), "remote_invalid_answer", "differ"),
        ({"input": "a", "dimensions": 3}, vectors([1.0]), "remote_invalid_answer", "not 3"),
        ({"input": "a"}, vectors([1.0], model="ada"), "remote_model_changed", "'ada'"),
        ({"input": "a"}, Reply(body={"data": "x"}), "remote_invalid_answer", "data"),
        ({"input": "a"}, refusal(400, "Too long.", "odd"), "odd", "answered 400: Too long."),
    ],
)
def test_what_comes_back_is_checked(
    client: OpenAI, remote: FakeRemote, request_: dict, reply: Reply, code: str, words: str
):
    remote.says(reply)
    with pytest.raises(APIError) as failed:
        client.embeddings.create(model="embedder", **request_)
    assert failed.value.code == code
    assert words in failed.value.message


@pytest.mark.parametrize("model", ["teacher", "tiny/chat", "no-such-model"])
def test_models_that_make_no_embeddings_are_refused_with_those_that_do(client: OpenAI, model: str):
    with pytest.raises(APIError) as refused:
        client.embeddings.create(model=model, input="a")
    assert refused.value.param == "model"
    assert "those that do are: embedder" in refused.value.message


@pytest.mark.parametrize("given", ["", [], ["a", ""], [["a"]], 5, None])
def test_inputs_that_are_none_are_refused(client: OpenAI, remote: FakeRemote, given: object):
    with pytest.raises(APIError) as refused:
        client.embeddings.create(model="embedder", input=given)  # type: ignore[arg-type]
    assert refused.value.status_code == 400
    assert refused.value.param.startswith("input")
    assert remote.requests == []


def test_cosine_compares_with_the_embedding_model(client: OpenAI, remote: FakeRemote):
    remote.says(by=by_words)
    made = make_eval(client, testing_criteria=[COSINE])
    rows = (row("?", "cat", "kitten"), row("?", "cat", "car"), row("?", "cat", "cat"))
    run = run_to_end(client, made.id, jsonl(*rows))
    assert (run.result_counts.passed, run.result_counts.failed) == (2, 1)
    scores = [item.results[0].score for item in items_of(client, run)]
    assert scores == [pytest.approx(0.6), 0.0, 1.0]
    assert len(remote.requests) == 2


def test_an_embedder_that_fails_is_an_error_and_no_low_score(client: OpenAI, remote: FakeRemote):
    remote.says(by=lambda _: refusal(400, "Too long."))
    made = make_eval(client, testing_criteria=[COSINE])
    run = run_to_end(client, made.id, jsonl(row("?", "cat", "kitten")))
    assert run.result_counts.errored == 1
    error = items_of(client, run)[0].results[0].to_dict()["error"]
    assert "could not be embedded: The remote model `embedder`" in error["message"]

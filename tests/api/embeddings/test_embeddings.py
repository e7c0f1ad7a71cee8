"""Embeddings of a model of this server: the official client, the server, the engine process."""

import base64
import math
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from openai import APIError, OpenAI
from tokenizers import Tokenizer
from transformers import AutoModel

from tests.api.batches.inputs import begin, finished, jsonl, line, rows
from tests.api.harness import BASE, RunningServer, running_server, wait_until
from tests.embedders import DIMENSIONS, write_embedder
from understudy.bases.embedders import pool_base
from understudy.config.settings_file import write_embedder as write_settings
from understudy.registry.embedders import Pooling


@pytest.fixture(scope="module")
def near(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    home = tmp_path_factory.mktemp("embedding")
    directory = write_embedder(home / "tiny-embedder")
    table = (
        'cosine_model = "tiny-embedder"\n'
        f'[embedding_models.tiny-embedder]\ndirectory = "{directory}"\n'
    )
    with running_server(home, table, engine_process=True) as server:
        wait_until(lambda: server.http.get("/readyz").status_code == 200, timeout_seconds=60)
        yield server


@pytest.fixture
def client(near: RunningServer) -> OpenAI:
    return near.client(near.new_project()[1])


def test_texts_become_vectors_and_their_tokens_are_counted(client: OpenAI):
    made = client.embeddings.create(model="tiny-embedder", input=["the cat sat", "a car"])
    assert made.usage.prompt_tokens == 5 + 4
    first, second = (one.embedding for one in made.data)
    assert len(first) == len(second) == DIMENSIONS
    assert math.hypot(*first) == pytest.approx(1, abs=1e-5)
    alone = client.embeddings.create(model="tiny-embedder", input="THE cat sat")
    assert alone.data[0].embedding == pytest.approx(first, abs=1e-5)
    assert first != pytest.approx(second, abs=1e-2)


def test_a_base_makes_vectors_where_it_was_asked_for_by_a_name_of_its_own(
    near: RunningServer, client: OpenAI
):
    base = near.services.served.find_own("", "understudy-nano")
    made = pool_base(Path(base.weights.base_directory), near.home, "nano/vectors", Pooling.MEAN)
    write_settings(near.home / "understudy.toml", "nano-vectors", made)

    texts = ["the cat sat", "a car"]
    found = client.embeddings.create(model="nano-vectors", input=texts)
    model = AutoModel.from_pretrained(base.weights.base_directory, dtype=torch.float32)
    tokenizer = Tokenizer.from_file(str(made / "tokenizer.json"))
    for text, one in zip(texts, found.data, strict=True):
        ids = tokenizer.encode(text).ids
        with torch.inference_mode():
            mean_D = model(torch.tensor([ids]))[0][0].mean(0)
        assert one.embedding == pytest.approx((mean_D / mean_D.norm()).tolist(), abs=1e-5)
    with pytest.raises(APIError, match="makes no embeddings"):
        client.embeddings.create(model="understudy-nano", input="cat")


def test_float_and_base64_say_the_same(client: OpenAI):
    request = {"model": "tiny-embedder", "input": "cat", "dimensions": DIMENSIONS}
    plain = client.post("/embeddings", body=request, cast_to=object)
    packed = client.post(
        "/embeddings", body=request | {"encoding_format": "base64"}, cast_to=object
    )
    content = base64.b64decode(packed["data"][0]["embedding"])
    numbers = struct.unpack(f"<{DIMENSIONS}f", content)
    assert plain["data"][0]["embedding"] == pytest.approx(numbers, abs=1e-6)


def test_many_texts_keep_their_order(client: OpenAI):
    texts = ["cat", "car", "the red car ran"] * 30
    made = client.embeddings.create(model="tiny-embedder", input=texts)
    assert [one.index for one in made.data] == list(range(90))
    assert made.data[87].embedding == pytest.approx(made.data[0].embedding, abs=1e-5)
    assert made.data[88].embedding == pytest.approx(made.data[1].embedding, abs=1e-5)


@pytest.mark.parametrize(
    ("request_", "param", "words"),
    [
        ({"input": "cat", "dimensions": 8}, "dimensions", "have 16 dimensions"),
        ({"input": [5, 6]}, "input", "has a tokenizer of its own"),
        ({"input": ["cat", "cat " * 20]}, "input", "12 tokens, but text 1 has 22"),
    ],
)
def test_what_the_model_cannot_do_is_refused_and_never_cut(
    client: OpenAI, request_: dict, param: str, words: str
):
    with pytest.raises(APIError) as refused:
        client.embeddings.create(model="tiny-embedder", **request_)
    assert (refused.value.status_code, refused.value.param) == (400, param)
    assert words in refused.value.message


def test_it_is_listed_and_is_no_chat_model_and_no_base(client: OpenAI):
    shown = client.models.retrieve("tiny-embedder").to_dict()
    assert (shown["owned_by"], shown["task"]) == ("system", "embedding")
    assert "task" not in client.models.retrieve("understudy-nano").to_dict()
    assert "tiny-embedder" in [model.id for model in client.models.list()]
    ask = [{"role": "user", "content": "Hello?"}]
    with pytest.raises(APIError, match="answers no conversation"):
        client.chat.completions.create(model="tiny-embedder", messages=ask)
    with pytest.raises(APIError, match="makes no embeddings; those that do are: tiny-embedder"):
        client.embeddings.create(model="understudy-nano", input="cat")
    line = b'{"messages": [{"role": "assistant", "content": "hi"}]}\n'
    file = client.files.create(file=line, purpose="fine-tune")
    with pytest.raises(APIError, match="cannot be trained"):
        client.fine_tuning.jobs.create(model="tiny-embedder", training_file=file.id)


def test_cosine_needs_no_other_server(client: OpenAI):
    grader = {
        "type": "text_similarity",
        "name": "alike",
        "input": "{{ sample.output_text }}",
        "reference": "{{ item.answer }}",
        "evaluation_metric": "cosine",
    }
    body = {"grader": grader, "item": {"answer": "the cat sat"}}
    same = client.post(
        "/fine_tuning/alpha/graders/run",
        body=body | {"model_sample": "The cat sat"},
        cast_to=object,
    )
    other = client.post(
        "/fine_tuning/alpha/graders/run", body=body | {"model_sample": "blue"}, cast_to=object
    )
    assert same["reward"] == pytest.approx(1)
    assert 0 <= other["reward"] < 0.999


def test_a_batch_of_texts_becomes_vectors_and_a_chat_model_makes_none(client: OpenAI):
    url = "/v1/embeddings"
    lines = [line(text, {"model": "tiny-embedder", "input": text}, url) for text in ("cat", "car")]
    batch = finished(client, begin(client, jsonl(lines), url))
    assert batch.status == "completed", batch.errors
    found = rows(client, batch.output_file_id)
    alone = client.embeddings.create(model="tiny-embedder", input="cat")
    vector = found["cat"]["response"]["body"]["data"][0]["embedding"]
    assert vector == pytest.approx(alone.data[0].embedding, abs=1e-5)
    assert batch.usage.input_tokens == batch.usage.total_tokens > 0

    wrong = jsonl([line("a", {"model": BASE, "input": "cat"}, url)])
    failed = finished(client, begin(client, wrong, url))
    assert failed.errors.data[0].code == "unsupported_model"

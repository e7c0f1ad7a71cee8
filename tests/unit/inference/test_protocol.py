import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.inference.support import request_for
from understudy.errors import (
    InvalidRequestError,
    NotFoundError,
    OverloadedError,
    UnavailableError,
    UnderstudyError,
)
from understudy.inference.frames import (
    FrameTooLongError,
    MalformedFrameError,
    encode_frame,
    error_from_json,
    error_to_json,
    read_frame,
)
from understudy.inference.protocol import (
    EngineStats,
    Event,
    FinishEvent,
    Fit,
    LikelyToken,
    PromptEvent,
    StartEvent,
    TokenEvent,
    event_from_json,
    event_to_json,
    request_from_json,
    request_to_json,
    stats_from_json,
    stats_to_json,
)


def across(value: object):
    return json.loads(json.dumps(value))


@pytest.mark.parametrize("adapter", [None, Path("/models/tuned")])
@pytest.mark.parametrize("seed", [None, 7])
def test_a_request_comes_out_as_it_went_in(adapter: Path | None, seed: int | None):
    request = request_for(
        Path("/models/base"),
        [1, 2],
        adapter=adapter,
        seed=seed,
        stop_ids=(3, 4),
        top_logprobs=2,
        frequency_penalty=0.5,
        presence_penalty=-1.0,
        logit_bias=((3, -100.0),),
        prompt_logprobs=seed is None,
        grammar="start: /a/",
    )
    assert request_from_json(across(request_to_json(request))) == request


@pytest.mark.parametrize(
    "event",
    [
        StartEvent(cached_tokens=3),
        TokenEvent(5, -0.125),
        TokenEvent(5, -0.5, (LikelyToken(5, -0.5), LikelyToken(2, -1.5))),
        PromptEvent((TokenEvent(7, -2.0), TokenEvent(5, -0.5, (LikelyToken(5, -0.5),)))),
        FinishEvent(reason="length", prompt_tokens=3, completion_tokens=9),
    ],
)
def test_an_event_comes_out_as_it_went_in(event: Event):
    assert event_from_json(across(event_to_json(event))) == event


def test_statistics_come_out_as_they_went_in():
    stats = EngineStats(
        bases=("a", "b"),
        fits=(
            Fit(is_batched=True, has_packed_layers=False, words="answers many requests together"),
            Fit(is_batched=False, has_packed_layers=True, words="answers one at a time"),
        ),
        adapters=1,
        running=2,
        waiting=3,
        generated_tokens=4,
        process_id=5,
    )
    assert stats_from_json(across(stats_to_json(stats))) == stats


@pytest.mark.parametrize(
    "error",
    [
        InvalidRequestError("no", code="context_length_exceeded", param="messages"),
        NotFoundError("gone", code="model_not_found", param="model"),
        OverloadedError("later", retry_after_seconds=2.5),
        UnavailableError("down", retry_after_seconds=1.5),
    ],
)
def test_an_error_comes_out_as_it_went_in(error: UnderstudyError):
    read = error_from_json(across(error_to_json(error)))
    assert type(read) is type(error)
    assert vars(read) == vars(error)


def test_frames_follow_each_other_and_a_bad_one_does_not_spoil_the_next():
    async def scenario() -> None:
        reader = asyncio.StreamReader()
        reader.feed_data(encode_frame({"a": "ä"}) + b"\x00\x00\x00\x01{" + encode_frame([1]))
        assert await read_frame(reader) == {"a": "ä"}
        with pytest.raises(MalformedFrameError):
            await read_frame(reader)
        assert await read_frame(reader) == [1]
        reader.feed_data(b"\xff\xff\xff\xff")
        with pytest.raises(FrameTooLongError):
            await read_frame(reader)

    asyncio.run(scenario())


def test_client_and_protocol_are_imported_without_torch():
    code = "import sys, understudy.inference.client; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

"""A killed API leaves what it was making in the background in a clear state."""

import time
from pathlib import Path

import pytest
from openai import APIConnectionError, InternalServerError

from tests.acceptance import acceptance
from tests.live import live_server

# An answer that takes seconds.
LONG_FORMAT = {
    "type": "json_schema",
    "name": "many",
    "schema": {
        "type": "object",
        "properties": {"many": {"type": "array", "items": {"enum": ["ab", "cd"]}, "minItems": 150}},
        "required": ["many"],
    },
}


@acceptance
@pytest.mark.slow
@pytest.mark.timeout(200)
def test_a_response_whose_maker_was_killed_has_failed(tmp_path: Path):
    with live_server(tmp_path / "home") as server:
        client = server.client(max_retries=20, timeout=60)
        with client.responses.create(
            model="understudy-mini",
            input="Tell me everything.",
            text={"format": LONG_FORMAT},
            background=True,
            stream=True,
        ) as stream:
            for event in stream:
                if event.type == "response.in_progress":
                    break
        api = server.children()["api"]
        server.kill("api")
        deadline = time.monotonic() + 60
        while server.children().get("api", api) == api:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        events = None
        while events is None:
            try:
                events = list(
                    client.responses.retrieve(
                        event.response.id, stream=True, starting_after=event.sequence_number
                    )
                )
            except (APIConnectionError, InternalServerError):
                assert time.monotonic() < deadline
        assert events, "whoever was told of an event never hears of the end"
        assert events[-1].type == "response.failed"
        assert [e.sequence_number for e in events] == list(
            range(event.sequence_number + 1, event.sequence_number + 1 + len(events))
        )
        response = client.responses.retrieve(event.response.id)
        assert response.status == "failed"
        assert "create it again" in response.error.message

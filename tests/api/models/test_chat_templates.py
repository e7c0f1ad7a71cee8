"""Changing the chat template of a base under a running server, and what keeps its own."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from openai import BadRequestError, OpenAI

from tests import tiny
from tests.api.harness import BASE, RunningServer, add_tuned_model, running_server
from tests.unit.chat.frames import SMOLLM2
from tests.unit.cli.support import run
from understudy.storage.jobs.jobs import get_job

HELLO = {"role": "user", "content": "What is the weather in Paris?"}
TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    """A server whose base has a chat template without tools."""
    with running_server(tmp_path / "home") as running:
        tiny.write_renderer(running.home / "bases" / "tiny", SMOLLM2)
        yield running


@pytest.fixture
def project(server: RunningServer) -> tuple[str, str]:
    return server.new_project()


@pytest.fixture
def client(server: RunningServer, project: tuple[str, str]) -> OpenAI:
    return server.client(project[1])


def ask(client: OpenAI, model: str = BASE, **more: object):
    return client.chat.completions.create(model=model, messages=[HELLO], **more)


def set_template(home: Path, choice: str) -> None:
    done = run("models", "set-template", BASE, choice, "--home", str(home))
    assert done.exit_code == 0, done.output


def test_the_refusal_of_tools_names_the_command_that_helps(server: RunningServer, client: OpenAI):
    with pytest.raises(BadRequestError) as refused:
        ask(client, tools=[TOOL])
    assert (refused.value.code, refused.value.param) == ("unsupported_parameter", "tools")
    command = re.search(r"type: understudy (.*)", refused.value.body["message"])
    assert command is not None
    typed = shlex.split(command[1])
    assert typed == ["models", "set-template", BASE, "chatml-think"]

    done = run(*typed, UNDERSTUDY_HOME=str(server.home))

    assert done.exit_code == 0, done.output
    server.engine.says('<tool_call>\n{"name": "look", "arguments": {}}\n</tool_call>')
    (call,) = ask(client, tools=[TOOL]).choices[0].message.tool_calls
    assert call.function.name == "look"


def test_a_tuned_model_keeps_the_template_that_it_was_trained_with(
    server: RunningServer, project: tuple[str, str], client: OpenAI
):
    tuned = add_tuned_model(server, project[0], client)
    server.engine.says("a", "b", "c")
    ask(client, tuned.name)
    set_template(server.home, "chatml")
    ask(client, tuned.name)
    ask(client)

    before, after, of_base = server.engine.requests
    assert after.prompt_ids == before.prompt_ids
    assert after.model.base_directory == str(server.home / "bases" / "tiny")
    assert of_base.prompt_ids != before.prompt_ids
    assert "@chatml-" in of_base.model.base_directory


def test_a_tuned_model_is_trained_further_with_the_template_that_it_has(
    server: RunningServer, project: tuple[str, str], client: OpenAI
):
    tuned = add_tuned_model(server, project[0], client)
    set_template(server.home, "chatml")
    line = b'{"messages": [{"role": "assistant", "content": "hi"}]}\n'
    file = client.files.create(file=line * 10, purpose="fine-tune")

    jobs = [
        client.fine_tuning.jobs.create(model=model, training_file=file.id).id
        for model in (tuned.name, BASE)
    ]

    with server.services.database.read() as session:
        further, new = (Path(get_job(session, job).base_directory).name for job in jobs)
    assert further == "tiny"
    assert new.startswith("tiny--chat@chatml-")

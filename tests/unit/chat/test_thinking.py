"""Where a request's reasoning_effort goes: into the switch or the scale of the model's template."""

import pytest

from tests.tiny import assistant, user
from tests.unit.chat.families import renderer_of
from understudy.errors import InvalidRequestError

ASKED = [user("x")]


def prompt(name: str, effort: str | None) -> str:
    chat = renderer_of(name).thinking(effort)
    return chat.decode(chat.prompt_ids(ASKED))


@pytest.mark.parametrize("effort", ["none", "minimal"])
def test_no_effort_turns_the_switch_off(effort: str):
    assert prompt("qwen3", effort).endswith("<think>\n\n</think>\n\n")


@pytest.mark.parametrize("effort", ["low", "medium", "high", "xhigh", "max"])
def test_any_effort_turns_the_switch_on(effort: str):
    assert prompt("qwen3", effort) == prompt("qwen3", None)
    assert not prompt("qwen3", effort).endswith("</think>\n\n")


def test_a_scale_gets_the_effort_itself():
    assert "Reasoning: high" in prompt("gpt-oss", "high")
    assert "Reasoning: medium" in prompt("gpt-oss", None)


@pytest.mark.parametrize("effort", ["none", "minimal", "xhigh", "max"])
def test_what_is_not_on_the_scale_is_refused(effort: str):
    with pytest.raises(InvalidRequestError, match="'low', 'medium', and 'high'") as refused:
        renderer_of("gpt-oss").thinking(effort)
    assert (refused.value.code, refused.value.param) == ("unsupported_value", "reasoning_effort")


@pytest.mark.parametrize("name", ["built-in", "llama3.2", "qwen2.5"])
def test_a_template_without_a_switch_refuses_every_effort(name: str):
    with pytest.raises(InvalidRequestError, match="no switch") as refused:
        renderer_of(name).thinking("low")
    assert refused.value.code == "unsupported_parameter"


def test_a_model_that_shall_not_think_still_answers_and_reads_its_answers():
    chat = renderer_of("qwen3").thinking("none")
    ids = renderer_of("qwen3").training_ids([*ASKED, assistant("Four.")], [], [False, True]).ids
    prompt_ids = chat.prompt_ids(ASKED)
    parser = chat.answer_parser(prompt=prompt_ids)
    assert ids[: len(prompt_ids)] == prompt_ids
    deltas = [d for id in ids[len(prompt_ids) : -2] for d in parser.feed(id)] + parser.finish()
    assert "".join(delta.text for delta in deltas).strip() == "Four."


def test_the_renderer_of_an_effort_has_a_hash_of_its_own():
    chat = renderer_of("qwen3")
    assert chat.thinking(None) is chat
    assert chat.thinking("none") is chat.thinking("none")
    assert chat.thinking("none").hash != chat.hash

import pytest

from tests.unit.chat.templates import FAMILIES
from understudy.chat.rendering.template import ChatTemplate
from understudy.chat.rendering.turns import TurnFinder
from understudy.errors import InvalidRequestError

CONVERSATION = [
    {"role": role, "content": f"\n{role} {number}  "}
    for number in range(6)
    for role in ("user", "assistant")
]
ASSISTANTS = list(range(1, len(CONVERSATION), 2))


def header_of(template: ChatTemplate) -> str:
    question = CONVERSATION[:1]
    without = template.render(question, (), add_generation_prompt=False)
    return template.render(question, (), add_generation_prompt=True)[len(without) :]


def append_only() -> list[str]:
    return [n for n, f in FAMILIES.items() if ChatTemplate(f.template, {}).head_messages]


def test_most_families_are_proved_append_only():
    shipped = {name for name in FAMILIES if name.startswith("shipped-")}
    known = {"built-in", "qwen2.5", "qwen3-2507", "llama3.2", "gemma3", "phi4"}
    assert known | shipped <= {*append_only()}


@pytest.mark.parametrize("name", append_only())
def test_one_rendering_finds_what_the_rendering_of_every_prompt_finds(name: str):
    template = ChatTemplate(FAMILIES[name].template, {"bos_token": "<s>", "eos_token": "</s>"})

    text, turns = TurnFinder(template, header_of(template)).find(CONVERSATION, (), ASSISTANTS)
    slow_text, slow_turns = TurnFinder(template, None).find(CONVERSATION, (), ASSISTANTS)

    assert text == slow_text
    assert [turn.start for turn in turns] == [turn.start for turn in slow_turns]
    for turn, slow in zip(turns, slow_turns, strict=True):
        assert f"assistant {turn.message // 2}" in text[turn.start : turn.end]
        assert f"assistant {turn.message // 2}" in text[slow.start : slow.end]
        assert "user" not in text[turn.start : turn.end]


@pytest.mark.parametrize("header", ["assistant: ", None])
def test_turns_are_found_only_where_their_prompts_begin_the_text(header: str | None):
    source = (
        "{% for m in messages %}{% if loop.first %}{{ 'many ' if messages[1] else 'one ' }}"
        "{% endif %}{{ m.role }}: {{ m.content }}{% endfor %}"
        "{% if add_generation_prompt %}assistant: {% endif %}"
    )
    finder = TurnFinder(ChatTemplate(source, {}), header)

    with pytest.raises(InvalidRequestError, match="when message 1 is added"):
        finder.find(CONVERSATION, (), [1])
    assert len(finder.find(CONVERSATION, (), [3, 5])[1]) == 2

from dataclasses import replace

import pytest

from tests.tiny import assistant, user
from tests.unit.chat.templates import FAMILIES, renderer_of
from understudy.chat.messages import Message
from understudy.chat.rendering.written_reasoning import with_reasoning_apart

WITH_REASONING = [name for name, family in FAMILIES.items() if family.has_reasoning]


@pytest.mark.parametrize("name", WITH_REASONING)
def test_reasoning_inside_a_text_is_learned_as_reasoning(name: str):
    chat = renderer_of(name)
    written = assistant("<think>\n2 + 2\n\nis 4\n</think>\n\nFour.")
    apart = replace(assistant("Four."), reasoning="2 + 2\n\nis 4")

    def learned(message: Message):
        return chat.training_ids([user("2 + 2?"), message], [], [False, True])

    assert learned(written) == learned(apart)


@pytest.mark.parametrize("name", ["llama3.2", "gemma3", "shipped-chatml"])
def test_where_a_family_does_not_reason_it_stays_text(name: str):
    chat = renderer_of(name)
    text = "<think>2 + 2</think>Four."

    learned = chat.training_ids([user("2 + 2?"), assistant(text)], [], [False, True])

    assert text in chat.decode(learned.ids)


@pytest.mark.parametrize("name", WITH_REASONING)
def test_an_empty_reasoning_is_what_the_template_makes_of_none(name: str):
    chat = renderer_of(name)
    empty, none = assistant("<think>\n\n</think>\n\nFour."), assistant("Four.")

    def learned(message: Message):
        return chat.training_ids([user("2 + 2?"), message], [], [False, True])

    assert learned(empty) == learned(none)


@pytest.mark.parametrize("text", ["Four.", "So <think>a</think>", "<think>a", ""])
def test_a_text_without_reasoning_at_its_beginning_stays_as_it_is(text: str):
    assert with_reasoning_apart(assistant(text)) == assistant(text)


def test_reasoning_that_is_apart_already_is_kept():
    message = replace(assistant("<think>a</think>b"), reasoning="c")
    assert with_reasoning_apart(message) is message
    assert with_reasoning_apart(user("<think>a</think>b")) == user("<think>a</think>b")

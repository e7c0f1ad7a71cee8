import json

import pytest

from understudy.chat.rendering.renderer import ChatRenderer
from understudy.data.files.formats import Method
from understudy.data.report.preview import preview, read_line
from understudy.errors import InvalidRequestError
from understudy.registry.catalogue import builtin_bases


@pytest.fixture(scope="module")
def renderer() -> ChatRenderer:
    return ChatRenderer.from_directory(builtin_bases()["understudy-nano"].directory)


def line(answer: str, **more: object) -> bytes:
    messages = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": answer, **more}]
    return json.dumps({"messages": messages}).encode() + b"\n"


def test_the_texts_of_the_tokens_joined_are_the_text_of_all(renderer: ChatRenderer):
    read = read_line([line("a"), line("Zürich 東京 \N{GRINNING FACE}!")], 2)
    example, shown = read.example, preview(read, renderer)
    rendered = renderer.training_ids(example.messages, example.tools, example.trained)
    assert "".join(token.text for token in shown.tokens) == renderer.decode(rendered.ids)
    assert [token.id for token in shown.tokens] == rendered.ids
    assert [token.trained for token in shown.tokens] == rendered.trained
    learned = "".join(token.text for token in shown.tokens if token.trained)
    assert learned == "Zürich 東京 \N{GRINNING FACE}!<|im_end|>"
    assert (shown.line, shown.context_length) == (2, renderer.context_length)


def test_lines_behind_the_one_that_is_shown_are_not_read():
    def lines():
        yield line("first")
        yield line("second")
        raise AssertionError

    assert read_line(lines(), 1).example.messages[1].content == "first"


def test_both_answers_of_a_pair_are_shown_each_as_it_is_learned(renderer: ChatRenderer):
    pair = {
        "input": {"messages": [{"role": "user", "content": "hi"}]},
        "preferred_output": [{"role": "assistant", "content": "Hello!"}],
        "non_preferred_output": [{"role": "assistant", "content": "What?"}],
    }
    shown = preview(read_line([json.dumps(pair).encode()], 1, Method.DPO), renderer)
    assert shown.is_pair
    _, second = shown.row_starts
    rows = (shown.tokens[:second], shown.tokens[second:])
    learned = ["".join(token.text for token in row if token.trained) for row in rows]
    assert learned == ["Hello!<|im_end|>", "What?<|im_end|>"]


def test_of_a_prompt_and_its_completion_the_completion_alone_is_learned(renderer: ChatRenderer):
    pair = {"prompt": "Oilers lose\n\n###\n\n", "completion": " hockey"}
    shown = preview(read_line([json.dumps(pair).encode()], 1), renderer)
    assert "".join(token.text for token in shown.tokens) == "Oilers lose\n\n###\n\n hockey"
    assert "".join(token.text for token in shown.tokens if token.trained) == " hockey"


@pytest.mark.parametrize(
    ("content", "number", "complaint"),
    [
        (line("a"), 2, "The file has no example on line 2."),
        (b"", 1, "The file has no example on line 1."),
        (line("a") + b"nonsense\n", 2, "Example 2 cannot be parsed"),
        (line("a") + line("b", weight=3), 2, "weight must be 0 or 1"),
        (b'{"prompt": "a"}\n' * 3, 3, "Unexpected file format"),
    ],
)
def test_a_line_that_cannot_be_shown_is_explained(content: bytes, number: int, complaint: str):
    with pytest.raises(InvalidRequestError, match=complaint) as caught:
        read_line([content], number)
    assert caught.value.param == "line"

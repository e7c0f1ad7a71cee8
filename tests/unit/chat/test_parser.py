from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tiny import tokenizer
from understudy.chat.detokenizer import Detokenizer
from understudy.chat.parser import AnswerParser, Delta, TextDelta, ToolCallDelta
from understudy.chat.vocabulary import Vocabulary

ARGUMENTS = '{"city": "Pa\\"}ris", "n": [1, {"x": 2}]}'
CALL = '<tool_call>\n{"name": "f", "arguments": ' + ARGUMENTS + "}\n</tool_call>"
FIXTURES = [
    "plain text with \n newlines < and <tool",
    CALL,
    f"Let me look.\n{CALL}\n{CALL}",
    "<tool_call>\nnot json\n</tool_call> after",
    '<tool_call>\n{"name": "f", "arg',
    '<tool_call>\n{"arguments": {}, "name": "f"}\n</tool_call>',
    "before STOP after",
    "ST STO almost",
]


def parse(pieces: list[str], **options: object) -> tuple[str, list[tuple[str, str]]]:
    parser = AnswerParser(Detokenizer(Vocabulary(tokenizer())), **options)
    deltas: list[Delta] = [delta for piece in pieces for delta in parser.feed_text(piece)]
    return summary(deltas + parser.finish())


def summary(deltas: list[Delta]) -> tuple[str, list[tuple[str, str]]]:
    text = "".join(delta.text for delta in deltas if isinstance(delta, TextDelta))
    calls: list[tuple[str, str]] = []
    for delta in deltas:
        if isinstance(delta, ToolCallDelta):
            if delta.name is not None:
                calls.append((delta.name, ""))
            calls[delta.index] = (calls[delta.index][0], calls[delta.index][1] + delta.arguments)
    return text, calls


def test_a_call_is_read_with_its_arguments_as_they_were_written():
    assert parse([CALL]) == ("", [("f", ARGUMENTS)])
    assert parse([f"Let me look.\n{CALL}\n{CALL}"]) == (
        "Let me look.",
        [("f", ARGUMENTS), ("f", ARGUMENTS)],
    )


@pytest.mark.parametrize("text", FIXTURES)
@given(data=st.data())
def test_the_result_is_the_same_however_the_text_is_cut(text: str, data: st.DataObject):
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=12)))
    pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]

    assert parse(pieces, stop=["STOP"]) == parse([text], stop=["STOP"])


@pytest.mark.parametrize("text", FIXTURES[3:6])
def test_a_malformed_call_comes_out_as_plain_text(text: str):
    assert parse([text]) == (text, [])


def test_text_ends_before_a_stop_string_and_nothing_follows():
    assert parse(["before STOP after"], stop=["STOP", "xyz"]) == ("before ", [])


def test_without_tools_the_tags_are_text():
    assert parse([CALL], parse_tools=False) == (CALL, [])


@given(st.text(max_size=40))
def test_any_text_decodes_to_itself_token_by_token(text: str):
    vocabulary = Vocabulary(tokenizer())
    detokenizer = Detokenizer(vocabulary)

    pieces = [detokenizer.feed(id) for id in vocabulary.encode(vocabulary.guard(text))]

    assert "".join(pieces) + detokenizer.finish() == text


def test_half_a_character_at_the_end_becomes_the_replacement_character():
    vocabulary = Vocabulary(tokenizer())
    detokenizer = Detokenizer(vocabulary)

    assert detokenizer.feed(vocabulary.encode("é")[0]) == ""
    assert detokenizer.finish() == "\ufffd"


def test_a_tokenizer_file_is_read_as_it_was_written(tmp_path: Path):
    tokenizer().save(str(tmp_path / "tokenizer.json"))

    assert Vocabulary.from_file(tmp_path / "tokenizer.json").encode("weather") == Vocabulary(
        tokenizer()
    ).encode("weather")

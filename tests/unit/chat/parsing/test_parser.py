from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tiny import tokenizer
from understudy.chat.families.call_forms import (
    DEEPSEEK_BARE,
    DEEPSEEK_FENCED,
    GEMMA,
    HERMES,
    LLAMA,
    MISTRAL_ARGS,
    MISTRAL_LIST,
    PHI_LIST,
)
from understudy.chat.families.formats import THOUGHT_CHANNEL, AnswerForm, Reasoning
from understudy.chat.messages import Tool
from understudy.chat.parsing.deltas import Delta, ReasoningDelta, TextDelta, ToolCallDelta
from understudy.chat.parsing.detokenizer import Detokenizer
from understudy.chat.parsing.parser import AnswerParser
from understudy.chat.rendering.vocabulary import Vocabulary

HARMONY_TAGS = ["<|channel|>", "<|message|>", "<|end|>", "<|start|>assistant", "analysis", "final"]
ARGUMENTS = '{"city": "Pa\\"}ris", "n": [1, {"x": 2}]}'
CALL = '<tool_call>\n{"name": "f", "arguments": ' + ARGUMENTS + "}\n</tool_call>"
OTHER = '<tool_call>\n{"name": "g", "arguments": {}}\n</tool_call>'
FIXTURES = [
    "plain text with \n newlines < and <tool",
    CALL,
    f"Let me look.\n{CALL}\n{CALL}",
    "<tool_call>\nnot json\n</tool_call> after",
    '<tool_call>\n{"name": "f", "arg',
    '<tool_call>\n{"arguments": {}, "name": "f"}\n</tool_call>',
    "before STOP after",
    "ST STO almost",
    f"{CALL}\n\n and more\n",
    "two lines\n\n<tool_call>bad",
    '<tool_call>{"name": "a\\x", "arguments": {}}</tool_call>',
]
THINKING = AnswerForm(calls=HERMES, reasoning=Reasoning.IN_FIELDS)
OPEN_THINKING = AnswerForm(calls=HERMES, reasoning=Reasoning.IN_FIELDS, begins_with_reasoning=True)
LLAMA_CALL = '{"name": "f", "parameters": ' + ARGUMENTS + "}"
MISTRAL_CALLS = (
    '[TOOL_CALLS] [{"name": "f", "arguments": ' + ARGUMENTS + ', "id": "}]1"}, '
    '{"name": "g", "arguments": {}}]'
)
TO_F = " to=functions.f<|channel|>commentary json<|message|>"
HARMONY = AnswerForm(is_harmony=True, reasoning=Reasoning.IN_FIELDS)
FENCED = AnswerForm(calls=DEEPSEEK_FENCED)
FENCED_CALLS = (
    "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>f\n```json\n"
    + ARGUMENTS
    + "\n```<｜tool▁call▁end｜>\n<｜tool▁call▁begin｜>function<｜tool▁sep｜>g\n```json\n{}\n```"
    "<｜tool▁call▁end｜><｜tool▁calls▁end｜>"
)
GEMMA_4 = AnswerForm(calls=GEMMA, reasoning=Reasoning.IN_FIELDS, marks=THOUGHT_CHANNEL)
GEMMA_CALL = (
    '<|tool_call>call:f{city:<|"|>Pa"}ris,\n<|"|>,n:[1,{x:2.5,y:[]},<|"|><|"|>],yes:true,no:None}'
    "<tool_call|>"
)
GEMMA_READ = (
    "f",
    '{"city": "Pa\\"}ris,\\n", "n": [1, {"x": 2.5, "y": []}, ""], "yes": true, "no": null}',
)
G = ("g", "{}")
# A form, what a model of that form writes, and its text, reasoning and calls.
FORMS = [
    (THINKING, "<think>\na\n\nb\n</think>\n\nc STOP d", "c ", "a\n\nb", []),
    (THINKING, f"<think>a</think>{CALL}", "", "a", [("f", ARGUMENTS)]),
    (THINKING, "<think>never STOP ends</thin", "", "never STOP ends</thin", []),
    (THINKING, "<thin", "<thin", "", []),
    (THINKING, "\n <think>\n\n</think>\n\nb", "b", "", []),
    (THINKING, "no <think>a</think>", "no <think>a</think>", "", []),
    (OPEN_THINKING, "\na\n</think>\nb", "b", "a", []),
    (AnswerForm(calls=LLAMA), LLAMA_CALL, "", "", [("f", ARGUMENTS)]),
    (AnswerForm(calls=LLAMA), f"<|python_tag|>{LLAMA_CALL}", "", "", [("f", ARGUMENTS)]),
    (AnswerForm(calls=LLAMA), '{"name": "f", "x": 1}', '{"name": "f", "x": 1}', "", []),
    (AnswerForm(calls=LLAMA), '{"name": "f", ', '{"name": "f", ', "", []),
    (AnswerForm(calls=LLAMA), "{5} STOP", "{5} ", "", []),
    (AnswerForm(calls=LLAMA), f"See: {LLAMA_CALL}", f"See: {LLAMA_CALL}", "", []),
    (AnswerForm(calls=MISTRAL_LIST), MISTRAL_CALLS, "", "", [("f", ARGUMENTS), ("g", "{}")]),
    (
        AnswerForm(calls=MISTRAL_LIST),
        '[TOOL_CALLS][{"name": "f", "arguments": {}}, 5]',
        ", 5]",
        "",
        [("f", "{}")],
    ),
    (AnswerForm(calls=MISTRAL_LIST), "a [TOOL_CALLS]b", "a [TOOL_CALLS]b", "", []),
    (
        AnswerForm(calls=MISTRAL_ARGS),
        f"a\n[TOOL_CALLS]f[ARGS]{ARGUMENTS}[TOOL_CALLS]my-g.h[ARGS]{{}}",
        "a",
        "",
        [("f", ARGUMENTS), ("my-g.h", "{}")],
    ),
    (AnswerForm(calls=MISTRAL_ARGS), "[TOOL_CALLS]f x", "[TOOL_CALLS]f x", "", []),
    (AnswerForm(calls=MISTRAL_ARGS), "[TOOL_CALLS]f[ARGS]5", "[TOOL_CALLS]f[ARGS]5", "", []),
    (
        AnswerForm(calls=PHI_LIST),
        f'<|tool_call|>[{{"name": "f", "arguments": {ARGUMENTS}}}]<|/tool_call|> b',
        "b",
        "",
        [("f", ARGUMENTS)],
    ),
    (FENCED, f"a {FENCED_CALLS} b", "a b", "", [("f", ARGUMENTS), ("g", "{}")]),
    (FENCED, FENCED_CALLS.partition('"Pa')[0], "", "", [("f", '{"city": ')]),
    (FENCED, "<｜tool▁calls▁begin｜>f", "<｜tool▁calls▁begin｜>f", "", []),
    (
        AnswerForm(calls=DEEPSEEK_FENCED, reasoning=Reasoning.IN_CONTENT),
        f"<think>\nso\n</think>\n\n{FENCED_CALLS}",
        "",
        "so",
        [("f", ARGUMENTS), ("g", "{}")],
    ),
    (
        AnswerForm(calls=DEEPSEEK_BARE),
        f"<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>f<｜tool▁sep｜>{ARGUMENTS}<｜tool▁call▁end｜>"
        "<｜tool▁call▁begin｜>g<｜tool▁sep｜>{}<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
        "",
        "",
        [("f", ARGUMENTS), ("g", "{}")],
    ),
    (
        AnswerForm(calls=DEEPSEEK_BARE),
        "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>f<｜tool▁sep｜>{}<｜tool▁call▁end｜>"
        "<｜tool▁call▁begin｜>not a call",
        "<｜tool▁call▁begin｜>not a call",
        "",
        [("f", "{}")],
    ),
    (GEMMA_4, f"<|channel>thought\na\n<channel|>{GEMMA_CALL}", "", "a", [GEMMA_READ]),
    (GEMMA_4, "<|channel>thought\n<channel|>b STOP", "b ", "", []),
    (GEMMA_4, f"See.{GEMMA_CALL}<|tool_call>call:g{{}}<tool_call|>", "See.", "", [GEMMA_READ, G]),
    (GEMMA_4, "<|tool_call>call f{}", "<|tool_call>call f{}", "", []),
    (GEMMA_4, "<|tool_call>call:f{a:1", "", "", [("f", '{"a": ')]),
    (GEMMA_4, '<|tool_call>call:f{a:<|"|>b c', "", "", [("f", '{"a": "b c')]),
    (HARMONY, "<|channel|>final<|message|>a < b STOP<|return|>", "a < b ", "", []),
    (
        HARMONY,
        "<|channel|>analysis<|message|>STOP?<|end|><|start|>assistant<|channel|>final<|message|>b",
        "b",
        "STOP?",
        [],
    ),
    (HARMONY, f"{TO_F}{ARGUMENTS}<|call|>", "", "", [("f", ARGUMENTS)]),
    (
        HARMONY,
        "<|channel|>commentary<|message|>Now.<|end|><|start|>assistant<|channel|>commentary "
        f"to=functions.f <|constrain|>json<|message|>{ARGUMENTS}<|call|>",
        "Now.",
        "",
        [("f", ARGUMENTS)],
    ),
    (HARMONY, f"{TO_F}five<|call|>", f"{TO_F}five", "", []),
    (HARMONY, f"{TO_F} ", f"{TO_F} ", "", []),
    (HARMONY, "plain", "plain", "", []),
    (HARMONY, "<|channel|>fin", "<|channel|>fin", "", []),
    (HARMONY, "<|channel|>final<|message|>a <|en", "a <|en", "", []),
]


BITS = [
    *'{}[]", :\\\n a',
    *("<tool_call>", "</tool_call>", "[TOOL_CALLS]", "[ARGS]", "<think>", "</think>"),
    *HARMONY_TAGS,
    *('"name": "f"', " to=functions.f", CALL, LLAMA_CALL, MISTRAL_CALLS),
    *("<|channel>thought", "<channel|>", "<|tool_call>", "<tool_call|>", "call:f{", '<|"|>'),
    *("<｜tool▁calls▁begin｜>", "<｜tool▁call▁begin｜>", "<｜tool▁call▁end｜>", "<｜tool▁sep｜>"),
    *("function", "```json\n", "\n```", "<｜tool▁calls▁end｜>", FENCED_CALLS, GEMMA_CALL),
]


def deltas_of(pieces: list[str], **options: object) -> list[Delta]:
    parser = AnswerParser(Detokenizer(Vocabulary(tokenizer())), **options)
    deltas = [delta for piece in pieces for delta in parser.feed_text(piece)]
    return deltas + parser.finish()


def parse(pieces: list[str], **options: object) -> tuple[str, list[tuple[str, str]]]:
    return summary(deltas_of(pieces, **options))


def reasoning_of(deltas: list[Delta]) -> str:
    return "".join(delta.text for delta in deltas if isinstance(delta, ReasoningDelta))


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


@pytest.mark.parametrize(("form", "written", "text", "reasoning", "calls"), FORMS)
@given(data=st.data())
def test_every_form_is_read_the_same_however_it_is_cut(
    form: AnswerForm,
    written: str,
    text: str,
    reasoning: str,
    calls: list[tuple[str, str]],
    data: st.DataObject,
):
    cuts = sorted(data.draw(st.lists(st.integers(0, len(written)), max_size=12)))
    pieces = [written[a:b] for a, b in zip([0, *cuts], [*cuts, len(written)], strict=True)]

    for cut in ([written], list(written), pieces):
        deltas = deltas_of(cut, form=form, stop=["STOP"])
        assert summary(deltas) == (text, calls)
        assert reasoning_of(deltas) == reasoning


@pytest.mark.parametrize("form", list(dict.fromkeys(row[0] for row in FORMS)))
@given(
    pieces=st.lists(
        st.sampled_from(BITS),
        max_size=12,
    )
)
def test_no_text_breaks_a_parser_and_its_cuts_do_not_matter(form: AnswerForm, pieces: list[str]):
    written = "".join(pieces)
    expected = deltas_of([written], form=form, stop=[" a"])

    for cut in (pieces, list(written)):
        deltas = deltas_of(cut, form=form, stop=[" a"])
        assert summary(deltas) == summary(expected)
        assert reasoning_of(deltas) == reasoning_of(expected)


@pytest.mark.parametrize("text", [FIXTURES[at] for at in (3, 4, 5, 9, 10)])
def test_a_malformed_call_comes_out_as_plain_text(text: str):
    assert parse([text]) == (text, [])


@pytest.mark.parametrize(
    ("form", "written", "text", "calls"),
    [
        (AnswerForm(calls=HERMES), f"See.\n{CALL}\n{OTHER}", f"See.\n{CALL}", [G]),
        (AnswerForm(calls=LLAMA), LLAMA_CALL, LLAMA_CALL, []),
        (
            AnswerForm(calls=MISTRAL_LIST),
            '[TOOL_CALLS] [{"name": "g", "arguments": {}}, {"name": "f", "arguments": {}}]',
            ', {"name": "f", "arguments": {}}]',
            [G],
        ),
        (FENCED, FENCED_CALLS, FENCED_CALLS, []),
        (GEMMA_4, f"{GEMMA_CALL}<|tool_call>call:g{{}}<tool_call|>", GEMMA_CALL, [G]),
        (HARMONY, f"{TO_F}{ARGUMENTS}<|call|>", f"{TO_F}{ARGUMENTS}", []),
    ],
)
@given(data=st.data())
def test_a_call_of_a_function_that_was_not_offered_comes_out_as_plain_text(
    form: AnswerForm, written: str, text: str, calls: list[tuple[str, str]], data: st.DataObject
):
    cuts = sorted(data.draw(st.lists(st.integers(0, len(written)), max_size=12)))
    pieces = [written[a:b] for a, b in zip([0, *cuts], [*cuts, len(written)], strict=True)]
    only_g = [Tool(name="g")]

    for cut in ([written], list(written), pieces):
        assert parse(cut, form=form, tools=only_g) == (text, calls)


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

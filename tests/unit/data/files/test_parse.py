import json
from collections.abc import Iterator
from typing import Any

import pytest

from understudy.chat.messages import Role
from understudy.data.files.json_lines import MAX_LINE_BYTES
from understudy.data.files.line_reader import MAX_PROBLEMS
from understudy.data.files.parse import check_jsonl, parse_chat_file
from understudy.data.files.problems import ProblemCode
from understudy.errors import InvalidRequestError

USER = {"role": "user", "content": "hi"}
ANSWER = {"role": "assistant", "content": "hello"}


def line(*messages: Any, **keys: Any) -> bytes:
    return json.dumps({"messages": list(messages or (USER, ANSWER)), **keys}).encode() + b"\n"


def call(call_id: str = "call_1", name: str = "f", arguments: str = "{}") -> dict[str, Any]:
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


def only_example(*lines: bytes):
    parsed = parse_chat_file(lines)
    assert parsed.problems == ()
    (example,) = parsed.examples
    return example


def complaints(*lines: bytes) -> list[str]:
    prefix = "Invalid file format. "
    problems = parse_chat_file(lines).problems
    return [problem.message.removeprefix(prefix) for problem in problems]


# What is read


def test_the_reasoning_of_a_thinking_model_is_read_beside_its_answer():
    thinking = ANSWER | {"reasoning_content": "They greet me."}

    message = only_example(line(USER, thinking)).messages[1]

    assert (message.reasoning, message.content) == ("They greet me.", "hello")


def test_a_conversation_comes_out_as_written():
    example = only_example(
        line({"role": "system", "content": "be kind", "name": "ann"}, USER, ANSWER)
    )
    assert [m.role for m in example.messages] == [Role.SYSTEM, Role.USER, Role.ASSISTANT]
    assert [m.content for m in example.messages] == ["be kind", "hi", "hello"]
    assert example.messages[0].name == "ann"
    assert example.trained == (False, False, True)
    assert example.line == 1
    assert example.parallel_tool_calls is None


def test_a_developer_is_read_as_system():
    example = only_example(line({"role": "developer", "content": "x"}, ANSWER))
    assert example.messages[0].role is Role.SYSTEM


def test_weight_zero_is_shown_but_not_learned():
    example = only_example(line(USER, ANSWER | {"weight": 0}, USER, ANSWER | {"weight": 1}))
    assert example.trained == (False, False, False, True)


def test_tools_calls_and_results_are_read():
    tool = {"name": "f", "description": "d", "parameters": {"type": "object"}}
    example = only_example(
        line(
            USER,
            {"role": "assistant", "content": None, "tool_calls": [call("a"), call("b")]},
            {"role": "tool", "tool_call_id": "b", "content": "2"},
            {"role": "tool", "tool_call_id": "a", "content": "1"},
            ANSWER,
            tools=[{"type": "function", "function": tool}],
            parallel_tool_calls=True,
        )
    )
    assert [c.id for c in example.messages[1].tool_calls] == ["a", "b"]
    assert example.messages[1].content is None
    assert example.messages[2].tool_call_id == "b"
    assert example.tools[0].name == "f"
    assert example.tools[0].parameters == {"type": "object"}
    assert example.parallel_tool_calls is True


def test_a_call_may_end_the_conversation():
    example = only_example(line(USER, {"role": "assistant", "tool_calls": [call()]}))
    assert example.messages[1].tool_calls[0].arguments == "{}"


def test_the_legacy_form_of_functions_becomes_tools():
    example = only_example(
        line(
            USER,
            {
                "role": "assistant",
                "content": None,
                "function_call": {"name": "f", "arguments": "{}"},
            },
            {"role": "function", "name": "f", "content": "42"},
            ANSWER,
            functions=[{"name": "f"}],
        )
    )
    assert example.tools[0].name == "f"
    made, result = example.messages[1].tool_calls[0], example.messages[2]
    assert made.name == "f"
    assert result.role is Role.TOOL
    assert result.tool_call_id == made.id


def test_text_parts_are_joined():
    parts = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    assert (
        only_example(line({"role": "user", "content": parts}, ANSWER)).messages[0].content == "ab"
    )


def test_nulls_mean_absent():
    nulls: dict[str, Any] = dict.fromkeys(
        ("name", "tool_calls", "function_call", "weight", "refusal", "audio")
    )
    example = only_example(line(USER, ANSWER | nulls, tools=None, functions=None))
    assert example.trained == (False, True)
    assert example.tools == ()


def test_a_byte_order_mark_windows_line_ends_and_blank_last_lines_do_no_harm():
    text = b"\xef\xbb\xbf" + line().replace(b"\n", b"\r\n") + line().rstrip() + b"\r\n\r\n\n"
    assert len(parse_chat_file([text]).examples) == 2
    check_jsonl([text])


@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_lines_do_not_depend_on_how_the_bytes_were_cut(size: int):
    text = line() + line(USER, {"role": "assistant", "content": "ü €\u2028 end"}) + line()
    pieces = [text[start : start + size] for start in range(0, len(text), size)]
    parsed = parse_chat_file(pieces)
    assert [example.line for example in parsed.examples] == [1, 2, 3]
    assert parsed == parse_chat_file(text.splitlines(keepends=True))


# What is refused, in the words that users know


def test_a_missing_role_has_the_known_text():
    lines = [line() for _ in range(99)] + [line(USER, {"content": "hello"})]
    (problem,) = parse_chat_file(lines).problems
    assert problem.line == 100
    assert problem.code is ProblemCode.INVALID_FILE
    assert problem.message == (
        "Invalid file format. Example 100, message 2 Discriminator 'role' is missing in value"
    )


def test_an_unknown_key_has_the_known_text():
    (problem,) = parse_chat_file([line(weight=1)]).problems
    assert problem.code is ProblemCode.FILE_FORMAT
    assert problem.message == 'Invalid file format. Example 1 contains an extra "weight".'


def test_a_missing_list_of_messages_has_the_known_text():
    assert complaints(line(), b'{"tools": []}') == ['Example 2 is missing key "messages"']


def test_broken_json_has_the_known_text():
    (text,) = complaints(line(), b'{"messages": [}')
    assert text.startswith("Example 2 cannot be parsed. Error: line contains invalid json: ")
    assert text.endswith("(line 2)")


def test_another_kind_of_file_is_named_once():
    assert complaints(b'{"a": 1}\n', b'{"a": 2}\n') == [
        "Unexpected file format, expected either prompt/completion pairs or chat messages."
    ]
    preference = b'{"input": {}, "preferred_output": [], "non_preferred_output": []}'
    assert "fine-tune-preference format" in complaints(preference)[0]


def test_every_problem_of_every_line_is_collected():
    bad = line({"role": "user", "content": 1}, ANSWER | {"weight": 2, "colour": "red"})
    assert complaints(bad, line(), b"[]") == [
        'Example 1, message 1, key "content": Input should be a valid string',
        'Example 1, message 2, key "weight": weight must be 0 or 1',
        'Example 1, message 2 contains an extra "colour".',
        "Example 3 cannot be parsed. Error: line contains invalid json: "
        "it is not a JSON object (line 3)",
    ]


def test_a_file_of_nothing_but_problems_is_not_read_to_its_end():
    def endless() -> Iterator[bytes]:
        while True:
            yield b"{\n"

    assert len(parse_chat_file(endless()).problems) == MAX_PROBLEMS


IMAGE = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}


@pytest.mark.parametrize(
    ("bad", "text"),
    [
        (
            line({"role": "bot", "content": "x"}, ANSWER),
            "message 1 has the unrecognized role 'bot'",
        ),
        (line("x", ANSWER), "message 1: Input should be"),
        (line(USER | {"weight": 0}, ANSWER), 'message 1 contains an extra "weight"'),
        (line(USER, ANSWER | {"weight": True}), "weight must be 0 or 1"),
        (line(USER, ANSWER | {"weight": 0.5}), "weight must be 0 or 1"),
        (line(USER, ANSWER | {"weight": 0}), "nothing to learn"),
        (line(USER), "must have at least one message from the assistant"),
        (b'{"messages": []}', "must have at least one message"),
        (line(USER, {"role": "assistant", "content": None}), 'message 2 is missing key "content"'),
        (line({"role": "user"}, ANSWER), 'message 1 is missing key "content"'),
        (line({"role": "user", "content": [IMAGE]}, ANSWER), "images in training files are not"),
        (line({"role": "user", "content": [{"type": "x"}]}, ANSWER), "type 'x' is not supported"),
        (line({"role": "user", "content": [{"type": "text"}]}, ANSWER), "a text part holds"),
        (line({"role": "user", "content": "x", "name": "a b"}, ANSWER), 'message 1, key "name"'),
        (line(USER, {"role": "assistant", "tool_calls": [call(arguments="")]}), "arguments of 'f'"),
        (line(USER, {"role": "assistant", "tool_calls": [call(arguments="[]")]}), "arguments of"),
        (line(USER, {"role": "assistant", "tool_calls": [{"id": "x"}]}), "tool_calls[0].function"),
        (line(USER, {"role": "assistant", "tool_calls": [call(name="a b")]}), "function.name"),
        (
            line(USER, {"role": "assistant", "tool_calls": [call()]}, USER, ANSWER),
            "before the result",
        ),
        (
            line(USER, {"role": "tool", "tool_call_id": "x", "content": ""}, ANSWER),
            "answers no tool",
        ),
        (line(USER, {"role": "function", "name": "f", "content": ""}, ANSWER), "answers no tool"),
        (line(tools=[{"type": "function", "function": {}}]), "tools[0].function.name"),
        (line(tools=[{"type": "function", "function": {"name": "f"}}] * 2), "'f' twice"),
        (line(functions=[]), 'key "functions"'),
        (b'{"messages": [], "messages": []}', "given twice"),
        (line(parallel_tool_calls="no"), 'key "parallel_tool_calls"'),
        (b'{"messages": NaN}', "line contains invalid json"),
        (b'{"messages": [], "a": 1e999}', "out of range"),
        (b'{"messages": "\\ud800"}', "line contains invalid json"),
        (b'{"messages": "\xff"}', "line contains invalid json"),
        (b'{"messages":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "recursion limit exceeded"),
        (b'{"messages": ' + b"1" * 10_000 + b"}", "line contains invalid json"),
        (b"\n" + line(), "Example 1 cannot be parsed"),
        (b" " * (MAX_LINE_BYTES + 1), "longer than"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(bad: bytes, text: str):
    assert any(text in complaint for complaint in complaints(bad)), complaints(bad)
    assert parse_chat_file([bad]).problems[0].line == 1


# The check of an upload


def test_an_upload_may_hold_any_objects():
    check_jsonl([b'{"a": 1}\n{}\n{"weight": 3, "messages": 7}'])


@pytest.mark.parametrize(
    ("bad", "hint"),
    [
        (
            b"hello there, this is a letter\n",
            'Line 1 is not a dictionary (HINT: line starts with: "hello there, this is..."',
        ),
        (b"{}\n[1]\n", 'Line 2 is not a dictionary (HINT: line starts with: "[1]")'),
        (b"{}\n\n{}\n", 'Line 2 is not a dictionary (HINT: line starts with: "")'),
        (b'{"a": NaN}', "Line 1 is not a dictionary"),
        ("{}".encode("utf-16"), "Line 1 is not a dictionary"),
        (b"\x89PNG\r\n\x1a\n", "Line 1 is not a dictionary"),
    ],
)
def test_an_upload_that_is_not_json_lines_is_refused_with_a_hint(bad: bytes, hint: str):
    with pytest.raises(InvalidRequestError) as raised:
        check_jsonl([bad])
    assert raised.value.message.startswith(
        "Expected file to have JSONL format, where every line is a valid JSON dictionary. "
    )
    assert hint in raised.value.message


@pytest.mark.parametrize("empty", [b"", b"\n", b"\xef\xbb\xbf", b" \r\n\r\n"])
def test_an_empty_upload_is_refused(empty: bytes):
    with pytest.raises(InvalidRequestError, match="file is empty"):
        check_jsonl([empty])


def test_a_line_that_never_ends_is_refused_before_it_is_held():
    sent_bytes = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent_bytes
        while True:
            sent_bytes += 1 << 20
            yield b" " * (1 << 20)

    with pytest.raises(InvalidRequestError, match=f"Line 1 is longer than {MAX_LINE_BYTES} bytes"):
        check_jsonl(endless())
    assert sent_bytes <= MAX_LINE_BYTES + (1 << 20)


def test_a_weight_may_be_written_as_data_frames_write_it():
    whole, frame = (
        parse_chat_file([line(USER, ANSWER | {"weight": weight}, USER, ANSWER)]).examples
        for weight in (0, 0.0)
    )
    assert whole == frame
    assert whole[0].trained == (False, False, False, True)

import json
from typing import Any

import pytest

from understudy.chat.messages import Role
from understudy.data.examples import (
    ChatExample,
    PreferenceExample,
    ReinforcementExample,
)
from understudy.data.files.formats import FileFormat, Method
from understudy.data.files.parse import parse_chat_file, parse_file
from understudy.data.files.problems import CheckName

USER = {"role": "user", "content": "hi"}
ANSWER = {"role": "assistant", "content": "hello"}
WORSE = {"role": "assistant", "content": "what"}
CALL = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
BROKEN = CALL | {"function": {"name": "f", "arguments": "{"}}
TOOL = {"type": "function", "function": {"name": "f"}}


def line(**keys: Any) -> bytes:
    return json.dumps(keys).encode() + b"\n"


def preference(**keys: Any) -> bytes:
    whole: dict[str, Any] = {
        "input": {"messages": [USER]},
        "preferred_output": [ANSWER],
        "non_preferred_output": [WORSE],
    }
    return line(**{key: value for key, value in (whole | keys).items() if value is not None})


def complaints(method: Method, *lines: bytes) -> list[str]:
    read = parse_file(lines, method, "file-abc")
    return [problem.message.removeprefix("Invalid file format. ") for problem in read.problems]


def only_example(method: Method, text: bytes):
    assert complaints(method, text) == []
    (example,) = parse_file([text], method).examples
    return example


# What is read


def test_prompt_and_completion_are_read_as_written():
    read = parse_file([line(prompt="a ", completion="b")], Method.SUPERVISED)
    assert read.format is FileFormat.COMPLETION
    (example,) = read.examples
    assert isinstance(example, ChatExample)
    assert example.is_text
    assert [(m.role, m.content) for m in example.messages] == [
        (Role.USER, "a "),
        (Role.ASSISTANT, "b"),
    ]
    assert example.trained == (False, True)


@pytest.mark.parametrize("noun", ["output", "completion"])
def test_both_spellings_of_a_preference_are_one_thing(noun: str):
    text = line(
        **{
            "input": {"messages": [USER], "tools": [TOOL], "parallel_tool_calls": True},
            f"preferred_{noun}": [ANSWER],
            f"non_preferred_{noun}": [WORSE],
        }
    )
    example = only_example(Method.DPO, text)
    assert isinstance(example, PreferenceExample)
    assert [message.content for message in example.messages] == ["hi"]
    assert (example.preferred.content, example.non_preferred.content) == ("hello", "what")
    assert example.preferred.role is Role.ASSISTANT
    assert example.tools[0].name == "f"
    assert example.parallel_tool_calls is True


def test_an_answer_of_a_pair_may_call_a_tool_and_say_nothing():
    calling = {"role": "assistant", "content": None, "tool_calls": [CALL]}
    example = only_example(Method.DPO, preference(preferred_output=[calling]))
    assert isinstance(example, PreferenceExample)
    assert example.preferred.content is None
    assert [call.name for call in example.preferred.tool_calls] == ["f"]
    assert example.non_preferred.tool_calls == ()


def test_every_other_key_of_a_reinforcement_line_is_for_the_graders():
    text = line(
        messages=[{"role": "developer", "content": "be brief"}, USER],
        tools=[TOOL],
        reference_answer={"year": 1},
        input="anything",
    )
    example = only_example(Method.REINFORCEMENT, text)
    assert isinstance(example, ReinforcementExample)
    assert example.item == {"reference_answer": {"year": 1}, "input": "anything"}
    assert [message.role for message in example.messages] == [Role.SYSTEM, Role.USER]
    assert example.tools[0].name == "f"


def test_a_reinforcement_line_may_go_on_from_an_answer_with_a_tool_result():
    called = {"role": "assistant", "tool_calls": [CALL]}
    result = {"role": "tool", "tool_call_id": "c", "content": "1"}
    example = only_example(Method.REINFORCEMENT, line(messages=[USER, called, result]))
    assert [message.role for message in example.messages] == [Role.USER, Role.ASSISTANT, Role.TOOL]


def test_chats_are_read_as_the_trainer_reads_them():
    text = line(messages=[USER, ANSWER])
    read = parse_file([text], Method.SUPERVISED)
    assert read.format is FileFormat.CHAT
    assert read.examples == parse_chat_file([text]).examples


# A file of another method, in the words that users know


def test_a_chat_file_in_a_preference_job_has_the_known_text():
    assert complaints(Method.DPO, *[line(messages=[USER, ANSWER])] * 3) == [
        "Input file file-abc is in the fine-tune-chat format, but the specified fine-tuning job "
        "is not using 'supervised' as the training method (provided method=dpo). "
    ]


def test_a_preference_file_in_a_supervised_job_names_the_method_it_is_for():
    assert complaints(Method.SUPERVISED, *[preference()] * 3) == [
        "Input file file-abc is in the fine-tune-preference format, but the specified fine-tuning "
        "job is not using 'dpo' as the training method (provided method=supervised). "
    ]


def test_a_chat_file_without_keys_for_graders_is_no_reinforcement_file():
    (text,) = complaints(Method.REINFORCEMENT, *[line(messages=[USER, ANSWER])] * 3)
    assert "fine-tune-chat format" in text
    assert "not using 'supervised' as the training method (provided method=reinforcement)" in text


def test_a_reinforcement_file_in_a_supervised_job_names_the_method_it_is_for():
    text = line(messages=[USER], reference_answer="Oslo")
    assert complaints(Method.SUPERVISED, *[text] * 3) == [
        "Input file file-abc is in the fine-tune-reinforcement format, but the specified "
        "fine-tuning job is not using 'reinforcement' as the training method "
        "(provided method=supervised). "
    ]


def test_a_conversation_that_is_answered_already_is_no_prompt():
    text = line(messages=[USER, ANSWER], reference_answer="Oslo")
    assert complaints(Method.REINFORCEMENT, text) == [
        "Example 1 must end with a message from the user, not from the "
        "assistant: the model's own answers are what is graded"
    ]


def test_a_file_of_no_format_has_the_known_text():
    assert complaints(Method.SUPERVISED, line(a=1), line(b=2)) == [
        "Unexpected file format, expected either prompt/completion pairs or chat messages."
    ]


def test_lines_without_the_main_key_have_the_known_texts():
    good = line(messages=[USER, ANSWER])
    assert complaints(Method.SUPERVISED, good, line(tools=[])) == [
        'Example 2 is missing key "messages"'
    ]
    assert complaints(Method.DPO, preference(), preference(input=None)) == [
        'Example 2 is missing key "input"'
    ]
    assert complaints(Method.REINFORCEMENT, line(messages=[USER], a=1), line(a=1)) == [
        'Example 2 is missing key "messages"'
    ]


def test_a_file_is_one_format_from_the_first_line_that_shows_it():
    assert complaints(
        Method.SUPERVISED, line(prompt="a", completion="b"), line(messages=[USER, ANSWER])
    ) == [
        'Example 2 is missing key "prompt"',
        'Example 2 is missing key "completion"',
        'Example 2 contains an extra "messages".',
    ]


# What is refused


@pytest.mark.parametrize(
    ("method", "bad", "text", "field"),
    [
        (
            Method.SUPERVISED,
            line(prompt="a", completion=""),
            "nothing to learn: its completion is empty",
            "completion",
        ),
        (Method.SUPERVISED, line(prompt=1, completion="a"), 'key "prompt": Input', "prompt"),
        (Method.SUPERVISED, line(prompt="a", completion="b", c=1), 'extra "c"', "c"),
        (
            Method.DPO,
            preference(preferred_output=[]),
            "exactly one assistant message, not 0",
            "preferred_output",
        ),
        (
            Method.DPO,
            preference(non_preferred_output=[ANSWER, WORSE]),
            "exactly one assistant message, not 2",
            "non_preferred_output",
        ),
        (
            Method.DPO,
            preference(preferred_output=None),
            'missing key "preferred_output"',
            "preferred_output",
        ),
        (
            Method.DPO,
            preference(preferred_output=[USER]),
            "Input should be 'assistant'",
            "preferred_output[0].role",
        ),
        (
            Method.DPO,
            preference(preferred_output=[ANSWER | {"content": ""}]),
            "is empty",
            "preferred_output[0].content",
        ),
        (
            Method.DPO,
            preference(preferred_output=[ANSWER | {"content": None, "tool_calls": []}]),
            "is empty",
            "preferred_output[0].content",
        ),
        (
            Method.DPO,
            preference(non_preferred_output=[{"role": "assistant", "tool_calls": [BROKEN]}]),
            "the arguments of 'f' must be the text of a JSON object",
            "non_preferred_output[0].tool_calls[0].function.arguments",
        ),
        (
            Method.DPO,
            preference(preferred_completion=[ANSWER]),
            'extra "preferred_completion"',
            "preferred_completion",
        ),
        (Method.DPO, preference(input={"messages": []}), "at least one message", "input.messages"),
        (
            Method.DPO,
            preference(input={"messages": [USER, {"role": "bot"}]}),
            "Example 1, input message 2 has the unrecognized role 'bot'",
            "input.messages[1]",
        ),
        (
            Method.DPO,
            preference(input={"messages": [USER, {"role": "assistant", "tool_calls": [CALL]}]}),
            "ends before the result of tool call 'c'",
            "input.messages",
        ),
        (
            Method.REINFORCEMENT,
            line(messages=[{"role": "function", "name": "f", "content": ""}], a=1),
            "unrecognized role 'function'; use developer, system, user, assistant or tool",
            "messages[0]",
        ),
        (Method.REINFORCEMENT, line(messages=[], a=1), "at least one message", "messages"),
        (Method.REINFORCEMENT, line(messages=[USER], tools=[TOOL] * 2), "'f' twice", "tools"),
    ],
)
def test_what_is_wrong_is_said_with_its_field(method: Method, bad: bytes, text: str, field: str):
    assert any(text in complaint for complaint in complaints(method, bad)), complaints(method, bad)
    assert field in [problem.field for problem in parse_file([bad], method).problems]


@pytest.mark.parametrize(
    ("bad", "text"),
    [
        (line(messages=[{}] * 16_385), "at most 16384 items"),
        (line(messages=[USER] * 20_000), "at most 16384 items"),
        (line(messages=[{}] * 5_000), "Example 1 has 5000 faults"),
        (line(messages=[USER, ANSWER], **{f"key{k}": 1 for k in range(5_000)}), "has 5000 faults"),
        (
            line(messages=[USER, ANSWER | {"tool_calls": [CALL] * 129}]),
            'message 2, key "tool_calls": List should have at most 128 items',
        ),
    ],
)
def test_a_line_of_countless_faults_is_one_problem(bad: bytes, text: str):
    (complaint,) = complaints(Method.SUPERVISED, bad)
    assert text in complaint


# The names under which the cookbook counts


@pytest.mark.parametrize(
    ("bad", "check", "field"),
    [
        (b"[]", CheckName.DATA_TYPE, ""),
        (b'{"tools": []}', CheckName.MISSING_MESSAGES_LIST, "messages"),
        (line(messages=[]), CheckName.MISSING_MESSAGES_LIST, "messages"),
        (line(messages="x"), CheckName.MISSING_MESSAGES_LIST, "messages"),
        (
            line(messages=[{"content": "x"}, ANSWER]),
            CheckName.MESSAGE_MISSING_KEY,
            "messages[0]",
        ),
        (
            line(messages=[{"role": "user"}, ANSWER]),
            CheckName.MESSAGE_MISSING_KEY,
            "messages[0].content",
        ),
        (
            line(messages=[USER, {"role": "assistant"}]),
            CheckName.MESSAGE_MISSING_KEY,
            "messages[1].content",
        ),
        (
            line(messages=[USER | {"colour": 1}, ANSWER]),
            CheckName.MESSAGE_UNRECOGNIZED_KEY,
            "messages[0].colour",
        ),
        (
            line(messages=[USER | {"role": "bot"}, ANSWER]),
            CheckName.UNRECOGNIZED_ROLE,
            "messages[0]",
        ),
        (
            line(messages=[USER | {"content": None}, ANSWER]),
            CheckName.MISSING_CONTENT,
            "messages[0].content",
        ),
        (
            line(messages=[USER, ANSWER | {"content": None}]),
            CheckName.MISSING_CONTENT,
            "messages[1].content",
        ),
        (line(messages=[USER]), CheckName.EXAMPLE_MISSING_ASSISTANT_MESSAGE, "messages"),
    ],
)
def test_a_problem_bears_the_name_that_the_cookbook_gives_it(
    bad: bytes, check: CheckName, field: str
):
    good = line(messages=[USER, ANSWER])
    (problem,) = parse_file([good, bad], Method.SUPERVISED).problems
    assert (problem.line, problem.check, problem.field) == (2, check, field)


def test_what_the_cookbook_does_not_look_at_has_no_such_name():
    (problem,) = parse_file([line(messages=[USER, ANSWER], weight=1)], Method.SUPERVISED).problems
    assert (problem.check, problem.field) == (None, "weight")


def test_the_ten_weather_lines_are_good(weather_lines: list[bytes]):
    read = parse_file(weather_lines, Method.SUPERVISED)
    assert read.problems == ()
    assert len(read.examples) == 10
    assert all(isinstance(example, ChatExample) for example in read.examples)

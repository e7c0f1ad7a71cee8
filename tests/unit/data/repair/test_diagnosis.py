"""Uploads of every form are read whole: each fault with its place, the common ones repaired."""

import json

import pytest

from understudy.data.files.formats import Method
from understudy.data.repair.diagnosis import Fault, RepairedFile, look_through

GOOD = '{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}'


def looked(content: str | bytes, method: Method = Method.SUPERVISED) -> RepairedFile:
    return look_through([content.encode() if isinstance(content, str) else content], method)


def only_fault(content: str | bytes) -> Fault:
    (fault,) = looked(content).diagnosis.faults
    return fault


def said(line: str) -> list[tuple[str, str]]:
    return [(each["role"], each["content"]) for each in json.loads(line)["messages"]]


def test_a_good_file_has_no_fault_and_stays_as_it_is():
    found = looked(f"{GOOD}\n{GOOD}\n")
    assert found.lines == (GOOD, GOOD)
    assert found.diagnosis.faults == ()


def test_one_bad_line_hides_no_other():
    found = looked("\n".join((GOOD, "", "no json", GOOD[:-3], '{"messages":[]}', GOOD)))
    codes = [(fault.line, fault.code, fault.is_repaired) for fault in found.diagnosis.faults]
    assert codes == [
        (2, "empty_line", True),
        (3, "invalid_json", False),
        (4, "invalid_json", False),
        (5, "missing_messages_list", False),
    ]
    assert (found.diagnosis.good, found.diagnosis.unrepaired) == (2, 3)
    assert found.lines == (GOOD, GOOD)


@pytest.mark.parametrize(
    ("line", "marked"),
    [
        (GOOD.replace(":[", ":[,", 1), ","),
        (GOOD.replace('"b"', "3"), "3"),
        (GOOD.replace('"b"', "NaN"), "NaN"),
        (GOOD.replace('"assistant"', '"xyz"'), '{"role": "xyz", "content": "b"}'),
    ],
)
def test_the_place_of_a_fault_is_marked(line: str, marked: str):
    shown = only_fault(line).shown
    assert shown.marked == marked
    assert shown.before
    assert shown.after


def test_a_wrong_role_is_repaired_and_marked():
    found = looked(GOOD.replace("assistant", "asistant").replace("user", "Human"))
    assert said(found.lines[0]) == [("user", "a"), ("assistant", "b")]
    assert [fault.shown.marked for fault in found.diagnosis.faults] == ['"Human"', '"asistant"']


def test_arguments_that_are_an_object_become_its_text():
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": {"x": 1}}}
    row = json.loads(GOOD)
    row["messages"][1] = {"role": "assistant", "tool_calls": [call]}
    found = looked(json.dumps(row))
    repaired = json.loads(found.lines[0])["messages"][1]["tool_calls"][0]["function"]
    assert repaired == {"name": "f", "arguments": '{"x": 1}'}
    assert found.diagnosis.faults[0].code == "arguments"


@pytest.mark.parametrize(
    "line",
    [
        GOOD + ",",
        str(json.loads(GOOD)),
        '{"instruction":"a","input":"","output":"b"}',
        '{"conversations":[{"from":"human","value":"a"},{"from":"gpt","value":"b"}]}',
        '{"conversation":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}',
        '{"question":"a","answer":"b"}',
    ],
)
def test_rows_that_almost_are_chats_become_chats(line: str):
    found = looked(line)
    assert said(found.lines[0]) == [("user", "a"), ("assistant", "b")]
    assert only_fault(line).is_repaired


def test_what_has_no_place_in_a_chat_is_not_dropped():
    fault = only_fault('{"question":"a","answer":"b","score":3}')
    assert not fault.is_repaired
    assert '"score"' in fault.message


@pytest.mark.parametrize(
    ("content", "form"),
    [
        (f"[{GOOD},\n{GOOD}]", "array"),
        (json.dumps([json.loads(GOOD)] * 2, indent=2), "array"),
        ((json.dumps(json.loads(GOOD), indent=2) + "\n") * 2, "objects"),
        ('question,answer\na,b\n"a","b"\n', "table"),
        ("question;answer\r\na;b\r\na;b\r\n", "table"),
    ],
)
def test_arrays_and_tables_become_lines(content: str, form: str):
    found = looked(content)
    assert found.diagnosis.form == form
    assert [said(line) for line in found.lines] == [[("user", "a"), ("assistant", "b")]] * 2


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-8-sig", "gb18030"])
def test_other_encodings_are_read(encoding: str):
    found = looked("问题,回答\n你好,您好请讲\n".encode(encoding))
    assert said(found.lines[0]) == [("user", "你好"), ("assistant", "您好请讲")]


def test_single_lines_in_another_encoding_are_named():
    line = GOOD.replace('"a"', '"café"')
    found = looked(line.encode() + b"\n" + line.encode("cp1252"))
    assert found.lines == (line, line)
    (fault,) = found.diagnosis.faults
    assert (fault.line, fault.code, fault.value) == (2, "encoding", "cp1252")


def test_pairs_of_other_trainers_are_read_for_the_method_that_learns_from_them():
    found = looked('{"prompt":"a","chosen":"b","rejected":"c"}', Method.DPO)
    line = json.loads(found.lines[0])
    assert line["preferred_output"] == [{"role": "assistant", "content": "b"}]
    assert line["non_preferred_output"] == [{"role": "assistant", "content": "c"}]


def test_a_file_of_another_method_is_said_to_be_that_once():
    found = looked(f"{GOOD}\n{GOOD}", Method.DPO)
    (fault,) = found.diagnosis.faults
    assert fault.code == "other_kind"


def test_what_is_no_text_is_named():
    assert "Excel" in only_fault(b"PK\x03\x04...").message

import json
from itertools import islice
from pathlib import Path

from built_in_models.corpus import training_tasks
from built_in_models.jsonl import chat_example, write_chat_jsonl
from built_in_models.task import assistant, calling, text_task, tool_result, user
from understudy.data.files.parse import parse_chat_file


def test_a_training_file_is_read_back_as_the_same_conversations(tmp_path: Path):
    tasks = list(islice(training_tasks(3), 300))
    path = tmp_path / "tasks.jsonl"
    write_chat_jsonl(path, tasks)
    parsed = parse_chat_file(path.read_bytes().splitlines(keepends=True))
    assert parsed.problems == ()
    assert [example.tools for example in parsed.examples] == [task.tools for task in tasks]
    read = [[m.content or m.tool_calls for m in example.messages] for example in parsed.examples]
    assert read == [[m.content or m.tool_calls for m in task.messages] for task in tasks]


def test_a_call_is_written_as_the_official_client_writes_it():
    before = (user("Time?"), calling("clock", '{"city": "Oslo"}'), tool_result("9:00"))
    example = chat_example(text_task("any", "Well?", "It is 9:00.", before=before))
    assert example["messages"][1] == {
        "role": "assistant",
        "tool_calls": [
            {
                "id": "call_1",
                "type": "function",
                "function": {"name": "clock", "arguments": '{"city": "Oslo"}'},
            }
        ],
    }
    assert example["messages"][2]["tool_call_id"] == "call_1"
    assert "tools" not in example
    assert "parallel_tool_calls" not in example


def test_letters_beyond_ascii_are_written_as_themselves(tmp_path: Path):
    path = tmp_path / "one.jsonl"
    write_chat_jsonl(path, [text_task("any", "Malmö?", "Malmö")])
    assert "Malmö" in path.read_text(encoding="utf-8")
    assert json.loads(path.read_text(encoding="utf-8"))["messages"][-1]["content"] == "Malmö"
    assert list(tmp_path.iterdir()) == [path]
    assert assistant("Malmö").content == "Malmö"

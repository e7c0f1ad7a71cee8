"""Real lines of every format, and ways to spoil them that a seed decides."""

import json
import random
import re
from pathlib import Path
from typing import Any

from understudy.cli.demo.tasks import demo_tasks

USER = {"role": "user", "content": "hi", "name": "ann"}
ANSWER = {"role": "assistant", "content": "hello", "weight": 1}
CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"x": 1}'}}
CALLED = {"role": "assistant", "content": None, "tool_calls": [CALL, CALL | {"id": "c2"}]}
RESULTS = [{"role": "tool", "tool_call_id": name, "content": "42"} for name in ("c2", "c1")]
TOOL = {"type": "function", "function": {"name": "f", "parameters": {}, "strict": True}}
PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/"
    "pLvAAAAAElFTkSuQmCC"
)
IMAGES = [
    {"type": "text", "text": "What is this?"},
    {"type": "image_url", "image_url": {"url": "https://example.com/a.png", "detail": "low"}},
    {"type": "image_url", "image_url": {"url": PIXEL}},
]

SEEDS: dict[str, list[dict[str, Any]]] = {
    "supervised": [
        {"messages": [USER, ANSWER]},
        {"messages": [USER, CALLED, *RESULTS, ANSWER], "tools": [TOOL]},
        {
            "messages": [
                {"role": "developer", "content": "Be kind."},
                USER,
                {"role": "assistant", "function_call": CALL["function"]},
                {"role": "function", "name": "f", "content": "42"},
                ANSWER | {"weight": 0},
                USER,
                ANSWER,
            ],
            "functions": [{"name": "f", "description": "d"}],
        },
        {"messages": [{"role": "user", "content": IMAGES}, ANSWER], "parallel_tool_calls": False},
    ],
    "dpo": [
        {
            "input": {"messages": [USER], "tools": [TOOL], "parallel_tool_calls": True},
            "preferred_output": [{"role": "assistant", "content": "a"}],
            "non_preferred_output": [{"role": "assistant", "content": "b"}],
        },
        {
            "input": {"messages": [USER, CALLED, *RESULTS]},
            "preferred_completion": [{"role": "assistant", "content": "a", "name": "x"}],
            "non_preferred_completion": [{"role": "assistant", "content": [IMAGES[0]]}],
        },
    ],
    "reinforcement": [
        {"messages": [USER], "reference_answer": {"a": [1, 2.5, None]}},
        {"messages": [USER, CALLED, *RESULTS], "tools": [TOOL], "extra": "x"},
        {"messages": [{"role": "user", "content": IMAGES}], "answer": "cat"},
    ],
    "completion": [{"prompt": "a", "completion": "b"}],
}

ODD: list[Any] = [
    None, True, False, 0, 1, -1, 1.0, 2, 1e300, "", "x", "user", "assistant", "tool", "function",
    "developer", "bot", "a b", "\x00", "é€😀", "f", "c1", "{}", "[", '{"a": NaN}', '{"a":1,"a":2}',
    [], {}, [[]], [{}], [None], {"role": "user"}, {"a": {"b": []}}, USER, ANSWER, CALLED, TOOL,
    CALL, [USER, ANSWER], IMAGES, [TOOL] * 2, [TOOL] * 129, IMAGES * 6, 10**400,
    "data:image/png;base64,", "x" * 65,
]  # fmt: skip
KEYS = [
    "messages", "tools", "functions", "input", "preferred_output", "preferred_completion",
    "non_preferred_output", "prompt", "completion", "role", "content", "name", "weight", "colour",
    "tool_calls", "function_call", "tool_call_id", "parallel_tool_calls", "refusal", "annotations",
    "type", "text", "image_url", "detail", "strict", "",
]  # fmt: skip
SCRAPS = [
    b"{", b"}", b"[", b"]", b'"', b",", b":", b"\\", b"\\ud83d", b"\\u0000", b"\\n", b"\xff",
    b"\x00", b"\xed\xa0\x80", b"NaN", b"-Infinity", b"1e999", b"1" * 4400, b"[" * 300, b"null",
    b" ", b"\t", b"\r", b"\xef\xbb\xbf", b'"role":"user",', b'"messages":[],', b"01", b"1.", b"'",
    b"\x1f", b'{"a":' * 210 + b"1" + b"}" * 210,
    b"[" * 199 + b"]" * 199, b"[" * 198 + b"1" + b"]" * 198,
]  # fmt: skip


def real_lines(method: str) -> list[bytes]:
    """Give good lines that a job of this method, or of prompts and completions, may hold."""
    lines = [json.dumps(value, ensure_ascii=False).encode() for value in SEEDS[method]]
    if method == "supervised":
        lines += (Path(__file__).parent / "weather_tools.jsonl").read_bytes().splitlines()
        for task in demo_tasks():
            lines += task.training_path.read_bytes().splitlines()[:20]
    return lines


def spoiled(line: bytes, chance: random.Random) -> bytes:
    """Change a line in a few places, in its values or in its bytes."""
    if chance.random() < 0.6:
        value = json.loads(line)
        for _ in range(chance.randint(1, 3)):
            spoil_value(value, chance)
        line = json.dumps(value, ensure_ascii=chance.random() < 0.5).encode(
            "utf-8", "surrogatepass"
        )
    if chance.random() < 0.5:
        for _ in range(chance.randint(1, 2)):
            line = spoil_bytes(line, chance)
    if chance.random() < 0.1:
        line = repeat_key(line, chance)
    # A line end inside would make two lines of it; files are cut elsewhere.
    return line.replace(b"\n", b" ")


def spoil_value(value: Any, chance: random.Random) -> None:
    """Change one place somewhere inside of a list or an object."""
    places = list(containers(value))
    inside = chance.choice(places)
    if isinstance(inside, dict):
        spoil_object(inside, chance)
    else:
        spoil_list(inside, chance)


def spoil_object(inside: dict[str, Any], chance: random.Random) -> None:
    key = chance.choice([*inside, chance.choice(KEYS)])
    match chance.randrange(4):
        case 0:
            inside.pop(key, None)
        case 1:
            inside[chance.choice(KEYS)] = inside.pop(key, None)
        case _:
            inside[key] = json.loads(json.dumps(chance.choice(ODD)))


def spoil_list(inside: list[Any], chance: random.Random) -> None:
    place = chance.randint(0, len(inside))
    match chance.randrange(4):
        case 0:
            del inside[place : place + 1]
        case 1:
            inside[place:place] = json.loads(json.dumps(inside[:1]))
        case 2:
            chance.shuffle(inside)
        case _:
            inside.insert(place, json.loads(json.dumps(chance.choice(ODD))))


def containers(value: Any) -> Any:
    if isinstance(value, dict | list):
        yield value
        for inner in value.values() if isinstance(value, dict) else value:
            yield from containers(inner)


def repeat_key(line: bytes, chance: random.Random) -> bytes:
    """Give some object a second key of a name that it has, perhaps spelled in another way."""
    starts = [match.end() for match in re.finditer(rb'\{"(?=[a-z])', line)]
    if not starts:
        return line
    start = chance.choice(starts)
    name = line[start : line.index(b'"', start)] if b'"' in line[start:] else b""
    spelled = chance.choice([name, b"\\u%04x" % line[start] + name[1:]])
    return line[:start] + spelled + b'": 0, "' + line[start:]


def spoil_bytes(line: bytes, chance: random.Random) -> bytes:
    start = chance.randint(0, len(line))
    end = min(len(line), start + chance.randint(0, 12))
    match chance.randrange(5):
        case 0:
            return line[:start] + line[end:]
        case 1:
            return line[:start] + chance.choice(SCRAPS) + line[start:]
        case 2:
            return line[:start] + chance.choice(SCRAPS) + line[end:]
        case 3:
            return line[:end] + line[start:]
        case _:
            return line[:start] + bytes([chance.randrange(256)]) + line[start + 1 :]

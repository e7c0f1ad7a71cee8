"""A slow, obvious checker of training files, to compare the real one with.

It shares no code with the real one except the verdict on the bytes of a single image, and says
only which lines are wrong, which are left out, and how many are good.
"""

import json
import math
import re
from typing import Any, NamedTuple

from understudy.data.images.faults import UnusableImageError
from understudy.data.images.sources import ImageReference, LookedAtImages

ROLES = ["system", "developer", "user", "assistant", "tool", "function"]
SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)


class BadLineError(Exception):
    """The line is not good."""


class Verdict(NamedTuple):
    """What the reference says of a file."""

    is_other: bool
    """The file is not of a format that the method learns from."""
    bad: list[int]
    skipped: list[int]
    good: int


def check(content: bytes, method: str) -> Verdict:
    rows = list(rows_of(content))
    values = {number: value for number, text in rows if (value := parsed(text)) is not None}
    kinds = {number: kind_of(value, method) for number, value in values.items()}
    wanted = {
        "supervised": ["chat", "completion"],
        "dpo": ["preference"],
        "reinforcement": ["reinforcement"],
    }[method]
    shown = [number for number in kinds if kinds[number] in wanted]
    if not shown:
        names = [kind for kind in kinds.values() if kind is not None]
        if names or (kinds and method == "supervised"):
            return Verdict(True, [1], [], 0)
    bad: list[int] = []
    skipped: list[int] = []
    for number, _ in rows:
        # A line before the first that shows the format is read as the method's usual one.
        kind = kinds[shown[0]] if shown and number >= shown[0] else wanted[0]
        try:
            need(number in values)
            is_usable = CHECKS[str(kind)](values[number])
        except BadLineError:
            bad.append(number)
        else:
            if not is_usable:
                skipped.append(number)
    return Verdict(False, bad, skipped, len(rows) - len(bad) - len(skipped))


def rows_of(content: bytes) -> list[tuple[int, bytes]]:
    rows = content.split(b"\n")
    rows[0] = rows[0].removeprefix(b"\xef\xbb\xbf")
    while rows and not rows[-1].strip():
        rows.pop()
    numbered = list(enumerate(rows, start=1))
    # Of several blank lines in a row only the first is told of.
    return [
        (number, text)
        for number, text in numbered
        if text.strip() or number == 1 or rows[number - 2].strip()
    ]


def kind_of(value: dict[str, Any], method: str) -> str | None:
    if "messages" in value:
        messages = value["messages"]
        last = messages[-1] if isinstance(messages, list) and messages else None
        role = last.get("role") if isinstance(last, dict) else None
        free = set(value) - {"messages", "tools", "parallel_tool_calls", "functions"}
        if method != "reinforcement":
            return "reinforcement" if role == "user" and free else "chat"
        return "chat" if role == "assistant" and not free else "reinforcement"
    if isinstance(value.get("input"), dict):
        return "preference"
    for key in value:
        if re.fullmatch("(non_)?preferred_(output|completion)", key):
            return "preference"
    return "completion" if "prompt" in value and "completion" in value else None


# JSON


def parsed(text: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(
            text.decode(),
            object_pairs_hook=unique,
            parse_constant=refuse,
            parse_float=finite,
        )
        need(isinstance(value, dict) and depth(value) <= 200)
        # A lone surrogate has no bytes in UTF-8: writing it raises a ValueError.
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError, BadLineError):
        return None
    return value


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    for place, (name, _) in enumerate(pairs):
        need(all(name != other for other, _ in pairs[:place]))
    return dict(pairs)


def refuse(text: str) -> None:
    raise BadLineError(text)


def finite(text: str) -> float:
    need(math.isfinite(float(text)))
    return float(text)


def depth(value: Any) -> int:
    """Count the lists and objects around the innermost value."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return max((1 + depth(inner) for inner in value), default=0)
    return 0


# Lines


def chat(value: dict[str, Any]) -> bool:
    keys(value, ["messages"], ["tools", "parallel_tool_calls", "functions"])
    messages(value["messages"], ROLES)
    tools(value.get("tools"))
    need(value.get("parallel_tool_calls") in (None, True, False))
    need(type(value.get("parallel_tool_calls")) is not int)
    need(type(value.get("parallel_tool_calls")) is not float)
    functions = value.get("functions")
    if functions is not None:
        need(isinstance(functions, list) and 1 <= len(functions) <= 128)
        for entry in functions:
            function(entry)
        need(not value.get("tools"))
        distinct(functions)
    assistants = [m for m in value["messages"] if m["role"] == "assistant"]
    need(any(m.get("weight") != 0 for m in assistants))
    course(value["messages"])
    return usable(value["messages"])


def completion(value: dict[str, Any]) -> bool:
    keys(value, ["prompt", "completion"], [])
    need(isinstance(value["prompt"], str) and isinstance(value["completion"], str))
    need(value["completion"] != "")
    return True


def preference(value: dict[str, Any]) -> bool:
    answers: list[Any] = []
    for stem in ("preferred", "non_preferred"):
        spelled = [k for k in (f"{stem}_output", f"{stem}_completion") if k in value]
        need(len(spelled) == 1)
        answers.append(value[spelled[0]])
    need("input" in value and len(value) == 3)
    asked = value["input"]
    keys(asked, ["messages"], ["tools", "parallel_tool_calls"])
    messages(asked["messages"], ROLES)
    need(asked["messages"])
    tools(asked.get("tools"))
    need(asked.get("parallel_tool_calls") is None or type(asked["parallel_tool_calls"]) is bool)
    need(not course(asked["messages"]))
    need(not images(asked["messages"]))
    for answer in answers:
        need(isinstance(answer, list) and len(answer) == 1)
        only = answer[0]
        nulls = ["tool_calls", "function_call", "refusal", "audio"]
        keys(only, ["role", "content"], ["name", "annotations", *nulls])
        need(only["role"] == "assistant")
        need(text_of(only["content"]) != "")
        speaker(only.get("name"))
        need(only.get("annotations") in (None, []))
        need(all(only.get(key) is None for key in nulls))
    return True


def reinforcement(value: dict[str, Any]) -> bool:
    need("messages" in value)
    messages(value["messages"], [role for role in ROLES if role != "function"])
    need(value["messages"])
    tools(value.get("tools"))
    need(not course(value["messages"]))
    need(value["messages"][-1]["role"] in ("user", "tool"))
    return usable(value["messages"])


CHECKS = {
    "chat": chat,
    "completion": completion,
    "preference": preference,
    "reinforcement": reinforcement,
}


# Messages


def messages(value: Any, roles: list[str]) -> None:
    need(isinstance(value, list) and len(value) <= 16_384)
    for message in value:
        need(isinstance(message, dict))
        need(isinstance(message.get("role"), str) and message["role"] in roles)
        ROLE_CHECKS[message["role"]](message)


def system(message: dict[str, Any]) -> None:
    keys(message, ["role", "content"], ["name"])
    text_of(message["content"])
    speaker(message.get("name"))


def user(message: dict[str, Any]) -> None:
    keys(message, ["role", "content"], ["name"])
    speaker(message.get("name"))
    content = message["content"]
    if isinstance(content, list):
        content = [part for part in content if not is_image(part)]
    text_of(content)
    for url, detail, _ in images([message]):
        need(isinstance(url, str))
        need(detail is None or (isinstance(detail, str) and detail in ("low", "high", "auto")))


def assistant(message: dict[str, Any]) -> None:
    optional = ["content", "name", "tool_calls", "function_call", "weight"]
    keys(message, ["role"], [*optional, "reasoning_content", "refusal", "audio", "annotations"])
    if message.get("reasoning_content") is not None:
        text_of(message["reasoning_content"])
    if message.get("content") is not None:
        text_of(message["content"])
    speaker(message.get("name"))
    weight = message.get("weight")
    need(weight is None or (type(weight) in (int, float) and weight in (0, 1)))
    need(message.get("refusal") is None and message.get("audio") is None)
    need(message.get("annotations") in (None, []))
    if message.get("tool_calls") is not None:
        need(isinstance(message["tool_calls"], list) and len(message["tool_calls"]) <= 128)
        for entry in message["tool_calls"]:
            keys(entry, ["id", "type", "function"], [])
            need(isinstance(entry["id"], str) and entry["id"] != "")
            need(entry["type"] == "function")
            call(entry["function"])
    if message.get("function_call") is not None:
        call(message["function_call"])
        need(not message.get("tool_calls"))
    has_call = message.get("tool_calls") or message.get("function_call")
    need(has_call or message.get("content") is not None)


def tool_result(message: dict[str, Any]) -> None:
    keys(message, ["role", "content", "tool_call_id"], ["name"])
    text_of(message["content"])
    need(isinstance(message["tool_call_id"], str))
    speaker(message.get("name"))


def function_result(message: dict[str, Any]) -> None:
    keys(message, ["role", "content", "name"], [])
    function_name(message["name"])
    if message["content"] is not None:
        text_of(message["content"])


ROLE_CHECKS = {
    "system": system,
    "developer": system,
    "user": user,
    "assistant": assistant,
    "tool": tool_result,
    "function": function_result,
}


def course(written: list[dict[str, Any]]) -> bool:
    """Pair calls and results; True if calls are left without a result at the end."""
    waiting: list[tuple[str, str]] = []
    for index, message in enumerate(written):
        if message["role"] in ("tool", "function"):
            key = "tool_call_id" if message["role"] == "tool" else "name"
            side = 0 if message["role"] == "tool" else 1
            matching = [made for made in waiting if made[side] == message[key]]
            need(matching)
            waiting.remove(matching[0])
        else:
            need(not waiting)
        if message["role"] == "assistant":
            if message.get("function_call"):
                waiting.append((f"call_{index}", message["function_call"]["name"]))
            else:
                made = message.get("tool_calls") or []
                waiting += [(entry["id"], entry["function"]["name"]) for entry in made]
    return bool(waiting)


def usable(written: list[dict[str, Any]]) -> bool:
    shown = images(written)
    return len(shown) <= 10 and all(is_usable(url, is_file) for url, _, is_file in shown)


def is_usable(address: str, is_file: bool) -> bool:
    try:
        LookedAtImages().image(ImageReference(address=address, is_file=is_file))
    except UnusableImageError:
        return False
    return True


# Pieces


def need(condition: Any) -> None:
    if not condition:
        raise BadLineError


def keys(value: Any, required: list[str], optional: list[str]) -> None:
    need(isinstance(value, dict))
    need(all(key in value for key in required))
    need(all(key in required or key in optional for key in value))


def text_of(content: Any) -> str:
    if isinstance(content, str):
        return content
    need(isinstance(content, list))
    for part in content:
        keys(part, ["type", "text"], [])
        need(part["type"] == "text" and isinstance(part["text"], str))
    return "".join(part["text"] for part in content)


def is_image(part: Any) -> bool:
    return isinstance(part, dict) and part.get("type") in ("image_url", "image_file")


def images(written: list[dict[str, Any]]) -> list[tuple[Any, Any, bool]]:
    found: list[tuple[Any, Any, bool]] = []
    for message in written:
        if message["role"] == "user" and isinstance(message["content"], list):
            for part in filter(is_image, message["content"]):
                kind = part["type"]
                key = "url" if kind == "image_url" else "file_id"
                keys(part, ["type", kind], [])
                keys(part[kind], [key], ["detail"])
                found.append((part[kind][key], part[kind].get("detail"), kind == "image_file"))
    return found


def speaker(name: Any) -> None:
    if name is not None:
        need(isinstance(name, str) and 1 <= len(name) <= 64)
        need(not any(c in SPACE or c in "<|\\/>" for c in name))


def function_name(name: Any) -> None:
    need(isinstance(name, str) and re.fullmatch("[A-Za-z0-9_-]{1,64}", name))


def call(value: Any) -> None:
    keys(value, ["name", "arguments"], [])
    function_name(value["name"])
    need(isinstance(value["arguments"], str))
    need(parsed(value["arguments"].encode()) is not None)


def function(value: Any) -> None:
    keys(value, ["name"], ["description", "parameters", "strict"])
    function_name(value["name"])
    need(value.get("description") is None or isinstance(value["description"], str))
    need(value.get("parameters") is None or isinstance(value["parameters"], dict))
    need(value.get("strict") is None or type(value["strict"]) is bool)


def tools(value: Any) -> None:
    if value is None:
        return
    need(isinstance(value, list) and len(value) <= 128)
    for entry in value:
        keys(entry, ["type", "function"], [])
        need(entry["type"] == "function")
        function(entry["function"])
    distinct([entry["function"] for entry in value])


def distinct(functions: list[dict[str, Any]]) -> None:
    names = [entry["name"] for entry in functions]
    need(len(set(names)) == len(names))

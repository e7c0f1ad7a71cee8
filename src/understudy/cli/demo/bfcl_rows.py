"""Rows of BFCL, the Berkeley Function Calling Leaderboard, as training examples for chat."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# BFCL's files name Python's types; JSON Schema has no others than these.
_JSON_TYPES = {"dict": "object", "float": "number", "tuple": "array", "any": "string"}
# Words of BFCL's own: which parameters may be left out, `required` says.
_FOREIGN = ("optional",)


@dataclass(frozen=True, kw_only=True)
class BfclRow:
    """A question, the one function that answers it, and every call of it that is right."""

    question: str
    tool: dict[str, Any]
    """The function as a tool in OpenAI's form, its parameters in JSON Schema."""
    allowed: dict[str, list[Any]]
    """The values that are right for each argument; "" among them says that it may be left out."""

    @property
    def name(self) -> str:
        """The function's name."""
        return str(self.tool["function"]["name"])

    def call(self) -> dict[str, Any]:
        """Return the shortest right answer as an assistant message of a training file.

        Each argument has its first value; what may be left out is left out.
        """
        required = self.tool["function"]["parameters"]["required"]
        arguments = json.dumps(_first_values(self.allowed, required), ensure_ascii=False)
        function = {"name": self.name, "arguments": arguments}
        call = {"id": "call_1", "type": "function", "function": function}
        return {"role": "assistant", "tool_calls": [call]}

    def example(self) -> dict[str, Any]:
        """Return the row as a line of a training file."""
        question = {"role": "user", "content": self.question}
        return {"messages": [question, self.call()], "tools": [self.tool]}


def read_rows(questions: str, answers: str) -> list[BfclRow]:
    """Read BFCL's two files of a category with one function and one call a row."""
    truths = {row["id"]: row["ground_truth"] for row in map(json.loads, answers.splitlines())}
    return [_row(row, truths[row["id"]]) for row in map(json.loads, questions.splitlines())]


def _row(row: Mapping[str, Any], truths: Sequence[Mapping[str, Any]]) -> BfclRow:
    (conversation,) = row["question"]
    (message,) = conversation
    (function,) = row["function"]
    (truth,) = truths
    (allowed,) = truth.values()
    return BfclRow(question=message["content"], tool=_tool(function), allowed=allowed)


def _tool(function: Mapping[str, Any]) -> dict[str, Any]:
    written = {
        # OpenAI's names of functions have no dots; BFCL asks OpenAI's models in the same way.
        "name": function["name"].replace(".", "_"),
        "description": function["description"],
        "parameters": json_schema(function["parameters"]),
    }
    return {"type": "function", "function": written}


def json_schema(written: Mapping[str, Any]) -> dict[str, Any]:
    """Return BFCL's description of a value as JSON Schema."""
    schema = {key: value for key, value in written.items() if key not in _FOREIGN}
    schema["type"] = _JSON_TYPES.get(written["type"], written["type"])
    if "properties" in written:
        properties: Mapping[str, Any] = written["properties"]
        schema["properties"] = {name: json_schema(value) for name, value in properties.items()}
    if "items" in written:
        schema["items"] = json_schema(written["items"])
    return schema


def _first_values(
    allowed: Mapping[str, Sequence[Any]], required: Sequence[str] = ()
) -> dict[str, Any]:
    return {
        name: _plain(next(value for value in values if value != ""))
        for name, values in allowed.items()
        if "" not in values or name in required
    }


def _plain(value: Any) -> Any:
    """Return an allowed value as a call writes it: objects list allowed values for each key."""
    if isinstance(value, dict):
        return _first_values(value)
    return [_plain(item) for item in value] if isinstance(value, list) else value

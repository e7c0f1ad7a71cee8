"""The sample that a grader sees: a model's answer, as text, as JSON, with its tool calls."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from understudy.data.files.strict_json import parse_value

Item = Mapping[str, Any]
"""The row of the data that the sample answers; its content is the user's."""


@dataclass(frozen=True, kw_only=True)
class Sample:
    """An answer of a model; what templates call `sample`."""

    given: Mapping[str, Any]
    """As it was produced or stored: `output_text`, `output_tools`, `choices`, or what else."""

    @cached_property
    def fields(self) -> Mapping[str, Any]:
        """What `sample` holds: as given, with `output_json` when the text is JSON."""
        text = self.given.get("output_text")
        if "output_json" in self.given or not isinstance(text, str):
            return self.given
        try:
            return {**self.given, "output_json": parse_value(text.encode())}
        except ValueError:  # lone surrogates among them
            return self.given


def sample_of_answer(text: str, tool_calls: Sequence[Mapping[str, Any]] = ()) -> Sample:
    """Return the sample for an answer, its tool calls as chat completions write them."""
    message: dict[str, Any] = {"role": "assistant", "content": text}
    if tool_calls:
        message["tool_calls"] = list(tool_calls)
    return Sample(
        given={
            "output_text": text,
            "output_tools": list(tool_calls),
            "choices": [{"index": 0, "message": message}],
        }
    )

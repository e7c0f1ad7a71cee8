"""Graded answers of runs to one prompt as pairs: the best of them preferred to the worst."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, cast

from understudy.data.files.formats import Method
from understudy.data.files.parse import parse_file

_TEXT_PARTS = frozenset({"text", "input_text", "output_text"})


class LeftOut(StrEnum):
    """Why an answer takes no part."""

    NOT_GRADED = "not_graded"
    """There is no answer, or the grader could not grade it."""
    NO_PROMPT = "no_prompt"
    """The row has an answer, but not what was asked."""
    CUT_OFF = "cut_off"
    """It ended at its token limit."""
    CALLS_TOOLS = "calls_tools"
    """Only texts are paired."""
    NOT_TRAINABLE = "not_trainable"
    """Its conversation or tools cannot stand in a preference file: images, or another form."""


@dataclass(frozen=True, kw_only=True)
class GradedAnswer:
    """What a model answered, and how good a criterion found it."""

    messages: Sequence[Mapping[str, Any]]
    """The conversation before it, as requests carry it."""
    tools: Sequence[Mapping[str, Any]]
    text: str
    score: float
    model: str


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two answers to one prompt, of which the first was found better."""

    better: GradedAnswer
    worse: GradedAnswer

    @property
    def line(self) -> bytes:
        """Return it as a line of a preference file, with its end."""
        given: dict[str, Any] = {"messages": list(self.better.messages)}
        if self.better.tools:
            given["tools"] = list(self.better.tools)
        written = {
            "input": given,
            "preferred_output": [{"role": "assistant", "content": self.better.text}],
            "non_preferred_output": [{"role": "assistant", "content": self.worse.text}],
        }
        return json.dumps(written, ensure_ascii=False).encode() + b"\n"


@dataclass(frozen=True, kw_only=True)
class FoundPairs:
    """The pairs that answers make, and what became of the rest."""

    pairs: tuple[Pair, ...]
    prompts: int
    """Prompts with an answer that takes part."""
    single: int
    """Prompts to which there is one answer only, or one that is always the same."""
    too_close: int
    """Prompts whose best and worst answer differ by less than was asked for."""
    left_out: Mapping[LeftOut, int]
    """Answers by the reason why they take no part."""

    @property
    def preferred_longer(self) -> int:
        """Count pairs whose better answer is the longer one: a grader may just like length."""
        return sum(len(pair.better.text) > len(pair.worse.text) for pair in self.pairs)


def find_pairs(
    answers: Iterable[GradedAnswer | LeftOut], *, min_difference: float = 0.0
) -> FoundPairs:
    """Pair the best with the worst answer to each prompt, the first ones of equals.

    Their scores differ, and by at least `min_difference`.
    """
    left_out: Counter[LeftOut] = Counter()
    of_prompt: dict[str, dict[str, GradedAnswer]] = {}
    for answer in answers:
        if isinstance(answer, LeftOut):
            left_out[answer] += 1
            continue
        key = json.dumps([answer.messages, answer.tools], sort_keys=True)
        # A text that came twice is one answer.
        of_prompt.setdefault(key, {}).setdefault(answer.text.strip(), answer)
    pairs: list[Pair] = []
    single = too_close = 0
    for given in of_prompt.values():
        best = max(given.values(), key=lambda answer: answer.score)
        worst = min(given.values(), key=lambda answer: answer.score)
        difference = best.score - worst.score
        if len(given) == 1:
            single += 1
        elif difference <= 0 or difference < min_difference:
            too_close += 1
        elif _is_trainable(pair := Pair(better=best, worse=worst)):
            pairs.append(pair)
        else:
            left_out[LeftOut.NOT_TRAINABLE] += len(given)
    return FoundPairs(
        pairs=tuple(pairs),
        prompts=len(of_prompt),
        single=single,
        too_close=too_close,
        left_out=left_out,
    )


def lines_of_pairs(pairs: Iterable[Pair]) -> Iterator[bytes]:
    """Yield the lines of a preference file."""
    return (pair.line for pair in pairs)


def graded_answer(
    item: Mapping[str, Any],
    sample: Mapping[str, Any],
    results: Sequence[Mapping[str, Any]],
    *,
    criterion: str,
    tools: Sequence[Mapping[str, Any]],
) -> GradedAnswer | LeftOut:
    """Return what a recorded item of a run says, judged by the criterion of this id.

    `tools` are those that its run offered; rows of stored answers bring their own.
    """
    found = [r for r in results if r["name"] == criterion and "error" not in r]
    output = sample.get("output") or []
    if not found or not output:
        return LeftOut.NOT_GRADED
    if not sample.get("input"):
        return LeftOut.NO_PROMPT
    answer = output[-1]
    if answer.get("tool_calls"):
        return LeftOut.CALLS_TOOLS
    if sample.get("finish_reason") == "length":
        return LeftOut.CUT_OFF
    text = answer.get("content")
    if not isinstance(text, str) or not text.strip():
        return LeftOut.NOT_GRADED
    return GradedAnswer(
        messages=[_as_chat(message) for message in sample["input"]],
        tools=[_as_chat_tool(tool) for tool in tools or item.get("tools") or ()],
        text=text,
        score=float(found[0]["score"]),
        model=sample.get("model") or "",
    )


def _as_chat(message: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a message with its text parts joined: those of responses have names of their own."""
    parts = message.get("content")
    if not isinstance(parts, list):
        return message
    given = cast("list[Mapping[str, Any]]", parts)
    if not all(part.get("type") in _TEXT_PARTS for part in given):
        return message
    text = "".join(part["text"] for part in given)
    return {k: v for k, v in message.items() if k != "type"} | {"content": text}


def _as_chat_tool(tool: Mapping[str, Any]) -> Mapping[str, Any]:
    if tool.get("type") != "function" or "function" in tool:
        return tool
    function = {k: v for k, v in tool.items() if k != "type" and v is not None}
    return {"type": "function", "function": function}


def _is_trainable(pair: Pair) -> bool:
    return not parse_file([pair.line], Method.DPO).problems

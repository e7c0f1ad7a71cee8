"""Held-out accuracy of a built-in model, family by family."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor
from transformers import PreTrainedModel

from built_in_models.task import Task, is_correct
from understudy.chat.messages import Message, Role, ToolCall
from understudy.chat.parsing.deltas import Delta, TextDelta, ToolCallDelta
from understudy.chat.parsing.parser import AnswerParser
from understudy.chat.rendering.renderer import ChatRenderer
from understudy.modeling.loading import load_base

_LONGEST_ANSWER = 160
_TASKS_AT_ONCE = 32


def accuracy_by_family(directory: Path, tasks: Sequence[Task]) -> dict[str, tuple[int, int]]:
    """Answer every task greedily and return (right, asked) for each family."""
    model = load_base(directory, torch.float32, attention="sdpa").model
    return accuracy_of(model, ChatRenderer.from_directory(directory), tasks)


def accuracy_of(
    model: PreTrainedModel, renderer: ChatRenderer, tasks: Sequence[Task]
) -> dict[str, tuple[int, int]]:
    """Return (right, asked) for each family, of a model that is loaded."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    # Tasks of like length together, so that little is padded.
    ordered = sorted(tasks, key=lambda task: len(renderer.prompt_ids(task.question, task.tools)))
    for start in range(0, len(ordered), _TASKS_AT_ONCE):
        batch = ordered[start : start + _TASKS_AT_ONCE]
        for task, answer in zip(batch, answers(model, renderer, batch), strict=True):
            counts[task.family][0] += is_correct(task, answer)
            counts[task.family][1] += 1
    return {family: (right, asked) for family, (right, asked) in sorted(counts.items())}


def answers(model: PreTrainedModel, renderer: ChatRenderer, tasks: Sequence[Task]) -> list[Message]:
    """Return the model's greedy answers to the tasks' questions."""
    prompts = [renderer.prompt_ids(task.question, task.tools) for task in tasks]
    longest = max(map(len, prompts))
    padding = renderer.stop_ids[0]
    tokens = torch.tensor([[padding] * (longest - len(ids)) + ids for ids in prompts])
    mask = torch.tensor([[0] * (longest - len(ids)) + [1] * len(ids) for ids in prompts])
    generated: Tensor = model.generate(  # pyright: ignore[reportCallIssue] - a mixin's method
        input_ids=tokens,
        attention_mask=mask,
        max_new_tokens=_LONGEST_ANSWER,
        do_sample=False,
        eos_token_id=list(renderer.stop_ids),
        pad_token_id=padding,
    )
    rows: list[list[int]] = generated[:, longest:].tolist()
    return [_read(renderer, ids, row) for ids, row in zip(prompts, rows, strict=True)]


def _read(renderer: ChatRenderer, prompt: Sequence[int], ids: Sequence[int]) -> Message:
    parser: AnswerParser = renderer.answer_parser(prompt=prompt)
    deltas: list[Delta] = []
    for token_id in ids:
        if token_id in renderer.stop_ids:
            break
        deltas += parser.feed(token_id)
    deltas += parser.finish()
    text = "".join(delta.text for delta in deltas if isinstance(delta, TextDelta))
    return Message(role=Role.ASSISTANT, content=text or None, tool_calls=_calls(deltas))


def _calls(deltas: Sequence[Delta]) -> tuple[ToolCall, ...]:
    names: dict[int, str] = {}
    arguments: dict[int, str] = defaultdict(str)
    for delta in deltas:
        if not isinstance(delta, ToolCallDelta):
            continue
        if delta.name is not None:
            names[delta.index] = delta.name
        arguments[delta.index] += delta.arguments
    return tuple(
        ToolCall(id=f"call_{index}", name=name, arguments=arguments[index])
        for index, name in names.items()
    )

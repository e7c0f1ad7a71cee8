"""The tokens on which an export is compared: held-out examples, or what the model writes itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import PreTrainedModel

from understudy.chat.messages import Message, Role
from understudy.chat.rendering.renderer import ChatRenderer, RenderedExample
from understudy.data.files.parse import parse_chat_file
from understudy.data.training_rows import training_rows
from understudy.errors import InvalidRequestError
from understudy.exporting.order import ExportOrder

_MAX_EXAMPLES = 32
_MAX_TOKENS = 1024
_WRITTEN_TOKENS = 48
_QUESTIONS = (
    "Hello!",
    "What can you do for me?",
    "Name three colours and say where one sees them.",
    "How many days has a week, and which is the first?",
    "Write two sentences about the sea.",
    "Explain in a few words what a computer is.",
    "Translate 'good morning' into French.",
    "What is 17 + 25?",
)


@dataclass(frozen=True, kw_only=True)
class Probes:
    """Conversations in a model's tokens, with the places at which two models are compared."""

    examples: Sequence[RenderedExample]
    origin: str
    """Where they come from, in words."""


def probes_of(order: ExportOrder, renderer: ChatRenderer, served: PreTrainedModel) -> Probes:
    """Return the examples of the order's validation file, or texts that `served` writes."""
    held_out = [] if order.validation is None else _held_out(order.validation, renderer)
    if held_out:
        return Probes(examples=held_out, origin="the validation file")
    written = [_written(question, renderer, served) for question in _QUESTIONS]
    return Probes(examples=written, origin="answers that the model wrote")


def _held_out(path: Path, renderer: ChatRenderer) -> list[RenderedExample]:
    with path.open("rb") as lines:
        found = parse_chat_file(lines).examples
    rendered: list[RenderedExample] = []
    for example in found:
        try:
            # As a job would that splits; the last of these rows reads the longest conversation.
            whole = training_rows(example, renderer, splits_turns=True)[-1].rendered
        except InvalidRequestError:
            # A job refuses such a file; a file of another job's format is none to compare on.
            continue
        if whole.images:
            # Both sides would be shown tokens without their pictures.
            continue
        cut = RenderedExample(whole.ids[:_MAX_TOKENS], whole.trained[:_MAX_TOKENS])
        if any(cut.trained[1:]):
            rendered.append(cut)
        if len(rendered) == _MAX_EXAMPLES:
            break
    return rendered


def _written(question: str, renderer: ChatRenderer, served: PreTrainedModel) -> RenderedExample:
    """Let the model answer greedily; nothing else says so well what it finds likely."""
    prompt = renderer.prompt_ids([Message(role=Role.USER, content=question)])
    ids = torch.tensor([prompt], device=served.device)
    # Its stubs take the method for a tensor.
    generate: Any = served.generate
    with torch.inference_mode():
        whole = generate(
            ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=_WRITTEN_TOKENS,
            do_sample=False,
            eos_token_id=list(renderer.stop_ids),
            pad_token_id=renderer.stop_ids[0],
        )[0].tolist()
    return RenderedExample(whole, [at >= len(prompt) for at in range(len(whole))])

"""What works with a chat template, and the command that helps where something does not."""

import threading
from collections.abc import Iterator

from cachetools import LRUCache, cached

from understudy.chat.named_templates.fitting import FittedTemplate, TemplateFitting
from understudy.chat.named_templates.trial import Findings, Learns
from understudy.chat.rendering.refusals import NoToolCallsError
from understudy.chat.rendering.renderer import ChatRenderer
from understudy.chat.rendering.turns import TurnNotLearnedError
from understudy.errors import InvalidRequestError

_LEARNS = {
    Learns.EVERY_TURN: "every answer of a conversation",
    Learns.LAST_TURN: "the last answer of a conversation only",
    Learns.NOTHING: "not possible",
}


def findings_in_lines(findings: Findings) -> Iterator[str]:
    """Say what works and what does not, a line for each."""
    yield f"chat: {findings.chat_problem or 'yes'}"
    if not findings.has_system:
        yield "system messages: no"
    yield f"training: {_LEARNS[findings.learns]}"
    if findings.has_tools:
        yield "tools: yes, forced calls (tool_choice) included"
        parallel = "yes" if findings.has_parallel_calls else "no, one call an answer"
        yield f"parallel calls: {parallel}"
        yield f"training with tool calls: {_LEARNS[findings.learns_calls]}"
    else:
        yield "tools: no, requests and training files with tools are refused"


def set_template_command(base_name: str, template: str) -> str:
    """Return what to type to give a base another chat template."""
    return f"understudy models set-template {base_name} {template}"


def with_way_out(
    error: InvalidRequestError, renderer: ChatRenderer, base_name: str
) -> InvalidRequestError:
    """Return the error with the command that helps, where a chat template causes it and one helps.

    That is where tools are refused, or a turn that the template writes otherwise than a model.
    """
    if not isinstance(error, NoToolCallsError | TurnNotLearnedError):
        return error
    better = _better_than(renderer)
    if better is None:
        return error
    command = set_template_command(base_name, better.name)
    if isinstance(error, NoToolCallsError) and better.findings.has_tools:
        message = (
            f"The chat template of this model {error.lack}. To give its base one that has both, "
            f"for later jobs and requests, type: {command}"
        )
    elif isinstance(error, TurnNotLearnedError) and better.findings.learns is Learns.EVERY_TURN:
        message = (
            f"{error.message} To give its base a template with which every answer can be learned, "
            f"for later jobs and requests, type: {command}"
        )
    else:
        return error
    return InvalidRequestError(message, param=error.param, code=error.code)


def _hash_of(renderer: ChatRenderer) -> str:
    return renderer.hash


@cached(LRUCache(maxsize=64), key=_hash_of, lock=threading.Lock())
def _better_than(renderer: ChatRenderer) -> FittedTemplate | None:
    fitting = TemplateFitting.of_renderer(renderer)
    return None if fitting.recommended is None else fitting.fitting[fitting.recommended]

"""What works with a chat template, and the command that helps where something does not."""

import threading
from collections.abc import Iterator

from cachetools import LRUCache, cached

from understudy.chat.named_templates.fitting import TemplateFitting
from understudy.chat.named_templates.trial import Findings, Learns
from understudy.chat.rendering.renderer import ChatRenderer, NoToolCallsError
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
    """Return the error with the command that helps, where tools are refused and one helps."""
    if not isinstance(error, NoToolCallsError):
        return error
    template = _template_with_tools(renderer)
    if template is None:
        return error
    return InvalidRequestError(
        f"The chat template of this model {error.lack}. To give its base one that has both, for "
        f"later jobs and requests, type: {set_template_command(base_name, template)}",
        param=error.param,
        code=error.code,
    )


def _hash_of(renderer: ChatRenderer) -> str:
    return renderer.hash


@cached(LRUCache(maxsize=64), key=_hash_of, lock=threading.Lock())
def _template_with_tools(renderer: ChatRenderer) -> str | None:
    fitting = TemplateFitting.of_renderer(renderer)
    name = fitting.recommended
    return name if name is not None and fitting.fitting[name].findings.has_tools else None

"""What a model is asked, in its own tokens."""

import logging
from dataclasses import dataclass, replace
from functools import cache

from understudy.answering.models import AnsweringModel, ServedModel
from understudy.answering.plan import AnswerPlan
from understudy.answering.remote.model import RemoteModel
from understudy.answering.remote.prompt import RemotePrompt, make_remote_prompt
from understudy.chat.grammar.answer_grammar import Grammar
from understudy.chat.images.placing import PlacedImage
from understudy.chat.messages import Message, Role
from understudy.chat.named_templates.words import with_way_out
from understudy.chat.rendering.refusals import NoToolCallsError
from understudy.chat.rendering.renderer import ChatRenderer
from understudy.errors import InvalidRequestError
from understudy.registry.aliases import EFFORT, STRICT, VERBOSITY, Leniency

logger = logging.getLogger(__name__)

# Far from what real text needs, so that nothing is refused wrongly.
_MIN_TOKENS_PER_MESSAGE = 2
MAX_CHARACTERS_PER_TOKEN = 128


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """A model, and the tokens that it reads before it answers."""

    model: ServedModel
    ids: tuple[int, ...]
    room: int
    """Tokens that an answer may have."""
    grammar: Grammar | None
    """What the answer has to be; None for any text."""
    images: tuple[PlacedImage, ...] = ()
    """What it is shown."""
    ignored: tuple[str, ...] = ()
    """Parameters of the request, by their names in chat, that the model's alias lets be ignored."""


AnyPrompt = Prompt | RemotePrompt
"""What a model is asked, in its own tokens or, at another server, as a request."""


@dataclass(frozen=True, kw_only=True)
class TokenHistory:
    """A prompt and its answer in the very tokens that a model read and wrote."""

    renderer_hash: str
    """Tokenizer and template that the tokens belong to."""
    ids: tuple[int, ...]


def make_any_prompt(
    plan: AnswerPlan,
    model: AnsweringModel,
    *,
    history: TokenHistory | None = None,
    param: str = "messages",
) -> AnyPrompt:
    """Return what a model of this server or a remote one is asked; blocks.

    Raises InvalidRequestError about `param` when it is too long, as far as that is known here.
    """
    if isinstance(model, RemoteModel):
        _check_verbosity(plan, STRICT)
        return make_remote_prompt(plan, model)
    return make_prompt(plan, model, history=history, param=param)


def make_prompt(
    plan: AnswerPlan,
    model: ServedModel,
    *,
    history: TokenHistory | None = None,
    param: str = "messages",
) -> Prompt:
    """Render the conversation, in the tokens of its `history` where these still fit.

    Blocks. Raises InvalidRequestError about `param` when it is too long.
    """
    renderer, ignored = _following(plan, model)
    model = replace(model, renderer=renderer)
    messages = instructed(plan.messages, model.system_prompt)
    longest = model.renderer.context_length
    # Rendering takes seconds for conversations that no context could hold: refuse these unread.
    least = max(
        _MIN_TOKENS_PER_MESSAGE * len(messages),
        sum(len(message.content or "") for message in messages) // MAX_CHARACTERS_PER_TOKEN,
    )
    if least >= longest:
        raise _does_not_fit(longest, f"at least {least}", param)
    is_same_renderer = history is not None and history.renderer_hash == model.renderer.hash
    kept = history.ids if history is not None and is_same_renderer else ()
    try:
        rendered = model.renderer.prompt(messages, plan.tools, read=kept)
    except NoToolCallsError as error:
        raise with_way_out(error, model.renderer, model.weights.base) from error
    ids = tuple(rendered.ids)
    if len(ids) >= longest:
        raise _does_not_fit(longest, str(len(ids)), param)
    room = longest - len(ids)
    return Prompt(
        model=model,
        ids=ids,
        room=min(room, plan.max_tokens or room),
        grammar=model.renderer.grammar(plan.tools, plan.tool_choice, plan.text_form, prompt=ids),
        images=rendered.images,
        ignored=ignored,
    )


def _following(plan: AnswerPlan, model: ServedModel) -> tuple[ChatRenderer, tuple[str, ...]]:
    """Return a renderer that asks for the effort of a plan, and what is ignored of the plan.

    Raises InvalidRequestError for what the model cannot follow and its alias does not ignore.
    """
    leniency, renderer, ignored = model.leniency, model.renderer, list[str]()
    try:
        renderer = renderer.thinking(plan.effort)
    except InvalidRequestError as error:
        if error.param not in leniency.parameters:
            raise
        ignored.append(EFFORT)
    if not _check_verbosity(plan, leniency):
        ignored.append(VERBOSITY)
    for parameter in ignored:
        _log_once(leniency, parameter)
    return renderer, tuple(ignored)


def _check_verbosity(plan: AnswerPlan, leniency: Leniency) -> bool:
    """Say whether the verbosity is what happens anyway; raises InvalidRequestError."""
    if plan.verbosity in (None, "medium"):
        return True
    if VERBOSITY in leniency.parameters:
        return False
    raise InvalidRequestError(
        f"Unsupported value: 'verbosity' does not support '{plan.verbosity}' with this model. "
        "Supported values are: 'medium'. Leave it out, or let the alias that is asked for ignore "
        'it: ignore = ["verbosity"], under [aliases] in understudy.toml.',
        code="unsupported_value",
        param=VERBOSITY,
    )


@cache
def _log_once(leniency: Leniency, parameter: str) -> None:
    """Say once in the life of a process that an alias has something ignored."""
    logger.warning(
        "'%s' of a request under the alias %s is ignored, as understudy.toml says: its base has no "
        "place for it. Later requests say so in the header x-understudy-ignored only.",
        parameter,
        leniency.alias,
    )


def instructed(messages: tuple[Message, ...], system_prompt: str | None) -> tuple[Message, ...]:
    """Return a conversation with a model's default system prompt, unless it brings its own."""
    if system_prompt is None or any(message.role is Role.SYSTEM for message in messages):
        return messages
    return (Message(role=Role.SYSTEM, content=system_prompt), *messages)


def _does_not_fit(longest: int, resulted_in: str, param: str) -> InvalidRequestError:
    return InvalidRequestError(
        f"This model's maximum context length is {longest} tokens. However, your {param} "
        f"resulted in {resulted_in} tokens. Please reduce the length of the {param}.",
        code="context_length_exceeded",
        param=param,
    )

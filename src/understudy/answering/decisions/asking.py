"""What a model is asked for one question, and the tokens of each of its answers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from understudy.answering.decisions.plan import Kind, Option, Question
from understudy.answering.models import ServedModel
from understudy.answering.plan import AnswerPlan
from understudy.answering.prompt import Prompt, instructed, make_prompt
from understudy.chat.messages import Message, Role, Tool
from understudy.chat.rendering.renderer import ChatRenderer
from understudy.errors import InvalidRequestError
from understudy.schemas.chat.request import Effort
from understudy.wording import worded

_SHORT = (Message(role=Role.USER, content="?"),)
_PREDICATE = "Statement: {}\n\nIs the statement true? Answer with exactly one of:\n{}"
_CHOICE = "{}\n\nAnswer with exactly one of:\n{}"
_SCORE = "{}\n\nAnswer with exactly one of these levels, from the lowest to the highest:\n{}"


@dataclass(frozen=True, kw_only=True)
class AskedQuestion:
    """A question in a model's own tokens."""

    question: Question
    prompt: Prompt
    answers: tuple[tuple[int, ...], ...]
    """The tokens of each option, with the one that ends the answer."""
    temperature: float
    is_as_trained: bool


def ask_question(
    model: ServedModel, messages: Sequence[Message], question: Question
) -> AskedQuestion:
    """Return what a model reads before it answers, and all that it may say; blocks.

    A model that was taught to say these very options is asked as its training file asks. Raises
    InvalidRequestError for what the model cannot be asked or cannot say.
    """
    labels = _trained_labels(model, question)
    if labels is None:
        effort: Effort | None = "none" if _can_leave_thinking(model.renderer) else None
        asked = instructed((*_asking(messages, question),), model.system_prompt)
        texts = [option.text for option in question.options]
    else:
        effort, asked, texts = None, _as_trained(model, messages, question), labels
    plan = AnswerPlan(model=model.name, messages=asked, effort=effort)
    prompt = make_prompt(plan, model, param="input")
    return AskedQuestion(
        question=question,
        prompt=prompt,
        answers=answer_ids(prompt, asked, texts, path=question.path),
        temperature=1.0 if labels is None or model.labels is None else model.labels.temperature,
        is_as_trained=labels is not None,
    )


def answer_ids(
    prompt: Prompt,
    messages: tuple[Message, ...],
    texts: Sequence[str],
    *,
    tools: tuple[Tool, ...] = (),
    path: str,
) -> tuple[tuple[int, ...], ...]:
    """Return the tokens of every answer to a prompt, as training learns them.

    Raises InvalidRequestError about `path` for an answer that the model cannot say as it is, and
    context_length_exceeded for one that has no room.
    """
    renderer = prompt.model.renderer
    first = _said(renderer, messages, texts[0], tools, path)
    if first.before != prompt.ids:
        raise InvalidRequestError(
            worded(
                "chat.chat_template_model_writes",
                "The chat template of this model writes another beginning before an "
                "answer than before what is to be answered, so its options cannot be "
                "scored; give the base another template.",
            ),
            code="unsupported_model",
            param="model",
        )
    # What is said does not depend on what stands before, wherever that shows on the first.
    is_apart = _said(renderer, _SHORT, texts[0], (), path).answer == first.answer
    rest = [
        _said(renderer, _SHORT if is_apart else messages, text, tools, path).answer
        for text in texts[1:]
    ]
    answers = (first.answer, *rest)
    longest = len(prompt.ids) + max(map(len, answers))
    if longest > renderer.context_length:
        raise InvalidRequestError(
            worded(
                "chat.model_maximum_context_length_3",
                "This model's maximum context length is {context_length} tokens. "
                "However, your input resulted in {longest} tokens with its longest "
                "option. Please reduce the length of the input.",
                context_length=renderer.context_length,
                longest=longest,
            ),
            code="context_length_exceeded",
            param="input",
        )
    return answers


@dataclass(frozen=True, kw_only=True)
class _SaidAnswer:
    before: tuple[int, ...]
    answer: tuple[int, ...]


def _said(
    renderer: ChatRenderer,
    messages: tuple[Message, ...],
    text: str,
    tools: tuple[Tool, ...],
    path: str,
) -> _SaidAnswer:
    conversation = (*messages, Message(role=Role.ASSISTANT, content=text))
    is_last = [False] * len(messages) + [True]
    try:
        rendered = renderer.training_ids(conversation, tools, is_last)
    except InvalidRequestError as error:
        raise InvalidRequestError(
            worded(
                "chat.model_cannot_asked_how",
                "This model cannot be asked how likely it says {words}: {message}",
                words=repr(text[:100]),
                message=error.message,
            ),
            code="unsupported_value",
            param=path,
        ) from error
    start = rendered.trained.index(True)
    answer = [
        id
        for id, is_answer in zip(rendered.ids[start:], rendered.trained[start:], strict=True)
        if is_answer
    ]
    return _SaidAnswer(before=tuple(rendered.ids[:start]), answer=tuple(answer))


def _trained_labels(model: ServedModel, question: Question) -> list[str] | None:
    """Return what the model was taught to say for each option, or None where it was not."""
    if model.labels is None:
        return None
    labels = model.labels.labels
    if question.kind is Kind.PREDICATE:
        known = {label.casefold(): label for label in labels}
        pairs = [[known.get(true), known.get(false)] for true, false in _TRUE_AND_FALSE]
        said = [[text for text in pair if text is not None] for pair in pairs]
        return next((pair for pair in said if len(pair) == 2), None)
    texts = [option.text for option in question.options]
    return texts if set(texts) <= set(labels) else None


_TRUE_AND_FALSE = (("yes", "no"), ("true", "false"))


def _as_trained(
    model: ServedModel, messages: Sequence[Message], question: Question
) -> tuple[Message, ...]:
    """Return the conversation alone; instructions stand where the file's system prompt stood."""
    assert model.labels is not None
    if question.instructions and any(message.role is Role.SYSTEM for message in messages):
        # Two are in the way of each other, so the conversation's own is continued.
        at = max(i for i, message in enumerate(messages) if message.role is Role.SYSTEM)
        own = messages[at]
        joined = replace(own, content=f"{own.content}\n\n{question.instructions}")
        return (*messages[:at], joined, *messages[at + 1 :])
    prompt = question.instructions or model.system_prompt or model.labels.system_prompt
    return instructed(tuple(messages), prompt or None)


def _asking(messages: Sequence[Message], question: Question) -> tuple[Message, ...]:
    """Return the conversation with the question at its end, in a user's turn."""
    text = _question_text(question)
    last = messages[-1] if messages else None
    if last is None or last.role is not Role.USER:
        return (*messages, Message(role=Role.USER, content=text))
    # Many templates want turns to alternate.
    joined = f"{last.content}\n\n{text}"
    parts = (*last.parts, f"\n\n{text}") if last.parts else ()
    return (*messages[:-1], replace(last, content=joined, parts=parts))


def _question_text(question: Question) -> str:
    options = list(question.options)
    if question.kind is Kind.CHOICE:
        # The order in which choices are given is no part of the question.
        options.sort(key=lambda option: option.text)
    form = {Kind.PREDICATE: _PREDICATE, Kind.CHOICE: _CHOICE, Kind.SCORE: _SCORE}[question.kind]
    return form.format(question.instructions, "\n".join(map(_line, options))).strip()


def _line(option: Option) -> str:
    return f"- {option.text}: {option.description}" if option.description else f"- {option.text}"


def _can_leave_thinking(renderer: ChatRenderer) -> bool:
    try:
        renderer.thinking("none")
    except InvalidRequestError:
        return False
    return True

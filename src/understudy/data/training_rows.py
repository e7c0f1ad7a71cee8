"""The rows that a model learns from one example: the whole of it, or one for each turn."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from understudy.chat.grammar.held_calls import HeldCalls
from understudy.chat.rendering.continued_text import continued_text
from understudy.chat.rendering.renderer import ChatRenderer, RenderedExample
from understudy.chat.rendering.turns import TurnNotLearnedError
from understudy.data.examples import ChatExample
from understudy.data.refused_fields import naming_the_field
from understudy.errors import InvalidRequestError

_WAY_OUT = (
    " Or let such examples be split into one a learned answer: create the job with "
    '"method": {"type": "supervised", "supervised": {"split_turns": true}}, or write '
    "split_turns = true for its base in understudy.toml."
)


@dataclass(frozen=True, kw_only=True)
class TrainingRow:
    """A conversation in a model's tokens, as one row of a batch."""

    example: ChatExample
    """The conversation up to what is learned: all of a line, or its beginning."""
    rendered: RenderedExample


def training_rows(
    example: ChatExample, renderer: ChatRenderer, *, splits_turns: bool
) -> list[TrainingRow]:
    """Render an example: as it is, or, where the template rewrites it, one row a learned turn.

    A split row ends with the one turn that is learned of it. Each turn that the example teaches is
    learned in exactly one row, after the very prompt that is served. Raises InvalidRequestError,
    which names the field that the template has no place for, and `split_turns` where only that is
    missing.
    """
    try:
        return [_row(example, renderer)]
    except TurnNotLearnedError as error:
        if not splits_turns and _can_be_split(example, renderer):
            raise TurnNotLearnedError(
                error.message + _WAY_OUT, param=error.param, code=error.code
            ) from error
        if not splits_turns:
            raise named(error, example, renderer) from error
    except InvalidRequestError as error:
        raise named(error, example, renderer) from error
    try:
        return list(_split(example, renderer))
    except InvalidRequestError as error:
        raise named(error, example, renderer) from error


def complaint_of_rows(held_calls: HeldCalls, rows: Sequence[TrainingRow]) -> str | None:
    """Return why a model that has learned these rows could not make their calls when forced."""
    complaints = (
        held_calls.complaint(
            row.example.messages, row.example.tools, row.example.trained, row.rendered
        )
        for row in rows
    )
    return next((complaint for complaint in complaints if complaint is not None), None)


def rendered(example: ChatExample, renderer: ChatRenderer) -> RenderedExample:
    """Return an example as one row: a conversation by the chat template, a text as it stands.

    Raises what `ChatRenderer.training_ids` raises.
    """
    if not example.is_text:
        return renderer.training_ids(example.messages, example.tools, example.trained)
    prompt, completion = example.messages
    return continued_text(renderer, prompt.content or "", completion.content or "")


def named(
    error: InvalidRequestError, example: ChatExample, renderer: ChatRenderer
) -> InvalidRequestError:
    """Return why an example cannot be rendered with the field that causes it, if one alone does."""

    def render(without: ChatExample) -> None:
        try:
            rendered(without, renderer)
        except TurnNotLearnedError:
            list(_split(without, renderer))

    return naming_the_field(error, example, render)


def _row(example: ChatExample, renderer: ChatRenderer) -> TrainingRow:
    return TrainingRow(example=example, rendered=rendered(example, renderer))


def _split(example: ChatExample, renderer: ChatRenderer) -> Iterator[TrainingRow]:
    for at, is_trained in enumerate(example.trained):
        if is_trained:
            beginning = replace(
                example,
                messages=example.messages[: at + 1],
                trained=(*(False for _ in range(at)), True),
                unseen=tuple(image for image in example.unseen if image.message <= at),
            )
            yield _row(beginning, renderer)


def _can_be_split(example: ChatExample, renderer: ChatRenderer) -> bool:
    try:
        return any(_split(example, renderer))
    except InvalidRequestError:
        return False

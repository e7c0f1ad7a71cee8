"""The moderation of a chat completion: of a whole one, or of one that was streamed."""

from collections.abc import AsyncGenerator, Sequence

from understudy.answering.chat.writer import ChatDraft
from understudy.answering.moderation.inline import InlineModerator
from understudy.answering.moderation.together import together
from understudy.chat.messages import Message
from understudy.schemas.chat.answer import AnswerMessage, ChatCompletion, Choice
from understudy.schemas.chat.chunks import ChatCompletionChunk
from understudy.schemas.moderations import (
    ChatModeration,
    InlineError,
    InlineResult,
    InlineResults,
)


async def moderated_completion(
    inline: InlineModerator,
    messages: Sequence[Message],
    found_in_input: InlineResult | InlineError,
    completion: ChatCompletion,
) -> ChatCompletion:
    """Return a completion with its moderation; a choice that is blocked says nothing."""
    found = await together(
        inline.of_answer(messages, _text(choice.message)) for choice in completion.choices
    )
    choices = [
        _omitted(choice) if inline.is_blocked(one) else choice
        for choice, one in zip(completion.choices, found, strict=True)
    ]
    return completion.model_copy(
        update={
            "choices": choices,
            "moderation": ChatModeration(input=_results([found_in_input]), output=_results(found)),
        }
    )


async def moderated_chunks(
    inline: InlineModerator,
    found_in_input: InlineResult | InlineError,
    draft: ChatDraft,
    chunks: AsyncGenerator[ChatCompletionChunk, None],
) -> AsyncGenerator[ChatCompletionChunk, None]:
    """Yield a stream, and after it a chunk with what was found in it."""
    last: ChatCompletionChunk | None = None
    async for chunk in chunks:
        last = chunk
        yield chunk
    if last is not None and draft.is_whole:
        whole = await moderated_completion(
            inline, draft.plan.messages, found_in_input, draft.completion()
        )
        update = {"choices": [], "obfuscation": None, "moderation": whole.moderation}
        if "usage" in type(last).model_fields:
            update["usage"] = None
        yield last.model_copy(update=update)


def _results(found: Sequence[InlineResult | InlineError]) -> InlineResults | InlineError:
    error = next((one for one in found if isinstance(one, InlineError)), None)
    if error is not None:
        return error
    results = [one for one in found if isinstance(one, InlineResult)]
    return InlineResults(model=results[0].model, results=results)


def _text(message: AnswerMessage) -> str:
    calls = [call.function for call in message.tool_calls or ()]
    if message.function_call is not None:
        calls.append(message.function_call)
    said = [message.content, message.refusal, *(f"{c.name}({c.arguments})" for c in calls)]
    return "\n".join(text for text in said if text)


def _omitted(choice: Choice) -> Choice:
    return choice.model_copy(
        update={
            "message": AnswerMessage(content=None),
            "logprobs": None,
            "finish_reason": "content_filter",
        }
    )

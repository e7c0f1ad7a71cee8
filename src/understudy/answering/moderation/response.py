"""The moderation of a response."""

from collections.abc import Iterator, Sequence

from understudy.answering.moderation.inline import InlineModerator
from understudy.chat.messages import Message
from understudy.schemas.moderations import InlineError, InlineResult, ResponseModeration
from understudy.schemas.responses.objects import IncompleteDetails, ResponseObject


async def moderated_response(
    inline: InlineModerator,
    messages: Sequence[Message],
    found_in_input: InlineResult | InlineError,
    response: ResponseObject,
) -> ResponseObject:
    """Return a whole response with its moderation; one that is blocked says nothing."""
    found = await inline.of_answer(messages, "\n".join(_texts(response)))
    moderation = ResponseModeration(input=found_in_input, output=found)
    update: dict[str, object] = {"moderation": moderation}
    if inline.is_blocked(found):
        update |= {
            "output": [],
            "status": "incomplete",
            "completed_at": None,
            "incomplete_details": IncompleteDetails(reason="content_filter"),
        }
    return response.model_copy(update=update)


def _texts(response: ResponseObject) -> Iterator[str]:
    for item in response.output:
        if item.type == "message":
            for part in item.content:
                if part.type == "refusal":
                    yield part.refusal
                elif part.type != "input_image":
                    yield part.text
        elif item.type == "function_call":
            yield f"{item.name}({item.arguments})"

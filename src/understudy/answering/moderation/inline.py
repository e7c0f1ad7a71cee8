"""Moderation that a chat or Responses request asks for: of what it says, and of the answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from understudy.answering.moderation.together import together
from understudy.answering.moderation.wire import inline_result, merged
from understudy.chat.messages import Message, Role
from understudy.errors import InvalidRequestError, NotFoundError, UnderstudyError
from understudy.safety.judgement import ModerationJudgement, Moderator
from understudy.schemas.moderations import (
    InlineError,
    InlineModeration,
    InlineResult,
    ModerationMode,
)
from understudy.wording import worded

# OpenAI's names stand for whatever is configured, so that clients work as they are.
_ANY_MODEL = ("omni-moderation", "text-moderation")
_SAID = (Role.USER, Role.TOOL)


def check_model(requested: str | None, configured: str, param: str) -> None:
    """Raise NotFoundError when another moderation model is asked for than the configured one."""
    without_policy = configured.partition(" (policy ")[0]
    bare = without_policy.partition(":")[2]
    if requested in (None, configured, without_policy, bare) or requested.startswith(_ANY_MODEL):
        return
    raise NotFoundError(
        worded(
            "chat.moderation_model_does_not",
            "The moderation model `{requested}` does not exist; this server's is "
            "`{configured}`. Name that one, or `omni-moderation-latest`, which "
            "stands for it.",
            requested=requested[:200],
            configured=configured,
        ),
        code="model_not_found",
        param=param,
    )


@dataclass(frozen=True, kw_only=True)
class InlineModerator:
    """The moderation of one request."""

    moderator: Moderator
    thresholds: Mapping[str, float]
    blocks_input: bool
    blocks_output: bool

    async def of_input(
        self, messages: Sequence[Message], *, param: str
    ) -> InlineResult | InlineError:
        """Return what is found in the newest turns that no model wrote, each judged.

        Where the policy blocks, raises InvalidRequestError about `param` for what is flagged, and
        the error itself for what could not be judged.
        """
        newest = _newest(messages)
        if not newest:
            return _nothing()
        conversations = [messages[: place + 1] for place in newest]
        found = await self._judged(conversations, is_blocking=self.blocks_input)
        if isinstance(found, InlineResult) and found.flagged and self.blocks_input:
            flagged = [name for name, is_flagged in found.categories.items() if is_flagged]
            named = ", ".join([*flagged, *found.other_flagged]) or "no category of ours"
            raise InvalidRequestError(
                worded(
                    "chat.input_flagged_moderation_model",
                    "The input was flagged by the moderation model {model} "
                    "({named}), and the request's policy blocks that; nothing was "
                    "answered.",
                    model=found.model,
                    named=named,
                ),
                code="moderation_blocked",
                param=param,
            )
        return found

    async def of_answer(self, messages: Sequence[Message], text: str) -> InlineResult | InlineError:
        """Return what is found in an answer; an error is raised where the policy blocks."""
        if not text.strip():
            return _nothing()
        answer = Message(role=Role.ASSISTANT, content=text)
        return await self._judged([[*messages, answer]], is_blocking=self.blocks_output)

    def is_blocked(self, found: InlineResult | InlineError) -> bool:
        """Say whether an answer must not be sent."""
        return self.blocks_output and isinstance(found, InlineResult) and found.flagged

    async def _judged(
        self, conversations: Sequence[Sequence[Message]], *, is_blocking: bool
    ) -> InlineResult | InlineError:
        try:
            judgements: list[ModerationJudgement] = await together(
                self.moderator.judge(conversation) for conversation in conversations
            )
        except UnderstudyError as error:
            if is_blocking:
                raise
            return InlineError(code=error.code or "moderation_error", message=error.message)
        return inline_result(merged(judgements), self.thresholds)


def inline_moderator(
    request: InlineModeration, moderator: Moderator, thresholds: Mapping[str, float]
) -> InlineModerator:
    """Return the moderation that a request asks for; raises NotFoundError for another model."""
    check_model(request.model, moderator.name, "moderation.model")
    policy = request.policy
    return InlineModerator(
        moderator=moderator,
        thresholds=thresholds,
        blocks_input=policy is not None and _blocks(policy.input),
        blocks_output=policy is not None and _blocks(policy.output),
    )


def _blocks(mode: ModerationMode | None) -> bool:
    return mode is not None and mode.mode == "block"


def _newest(messages: Sequence[Message]) -> list[int]:
    """Return the places of the turns since a model last spoke, without instructions."""
    last = max((i for i, one in enumerate(messages) if one.role is Role.ASSISTANT), default=-1)
    places = range(last + 1, len(messages))
    return [at for at in places if messages[at].role in _SAID and messages[at].content]


def _nothing() -> InlineError:
    return InlineError(code="nothing_to_judge", message="There was no text to judge.")

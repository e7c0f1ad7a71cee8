"""The moderation model of the settings, ready to be asked within its limits."""

import asyncio
from collections.abc import Callable, Sequence

from understudy.answering.asking import Asker
from understudy.answering.moderation.guard_model import GuardModel
from understudy.answering.moderation.judge_model import JudgeModel
from understudy.answering.moderation.remote_model import RemoteModeration
from understudy.chat.messages import Message
from understudy.errors import NotFoundError, UnavailableError
from understudy.registry.moderation import ModeratorChoice, ModeratorKind
from understudy.safety.guards.families import guard_of
from understudy.safety.judgement import ModerationJudgement, Moderator
from understudy.wording import worded


def configured_moderator(choice: ModeratorChoice | None, asker: Asker) -> Moderator | None:
    """Return the moderation model of the settings, or None where none is configured.

    It belongs to the event loop that asks it. That its model is not there is found out when it is
    asked, or by `check`.
    """
    if choice is None:
        return None
    return _WithinLimits(_model(choice, asker), choice)


class LiveModerator:
    """The moderation model of the settings as they are now; it belongs to one event loop."""

    def __init__(self, choice: Callable[[], ModeratorChoice | None], asker: Asker) -> None:
        self._choice_now = choice
        self._asker = asker
        self._choice: ModeratorChoice | None = None
        self._moderator: Moderator | None = None

    def __call__(self) -> Moderator | None:
        """Return the moderation model, or None where none is configured."""
        choice = self._choice_now()
        if choice != self._choice:
            self._choice, self._moderator = choice, configured_moderator(choice, self._asker)
        return self._moderator

    def required(self) -> Moderator:
        """Return the moderation model; raises NotFoundError, which says how to configure one."""
        moderator = self()
        if moderator is None:
            raise not_configured()
        return moderator


def not_configured() -> NotFoundError:
    """Return the error for a request that needs a moderation model where there is none."""
    return NotFoundError(
        worded(
            "chat.server_no_moderation_model",
            "This server has no moderation model, so nothing was judged. Whoever "
            "runs it adds one to understudy.toml: a table [safety] with a line such "
            'as moderator = "local:qwen3guard-gen-0.6b" for a guard model added with '
            '`understudy models add`, "judge:MODEL" for any chat model, or '
            '"remote:NAME" for one of [remote_models] with task = "moderation". '
            "docs/safety.md says how.",
        ),
        code="moderation_model_not_configured",
    )


def _model(choice: ModeratorChoice, asker: Asker) -> Moderator:
    match choice.kind:
        case ModeratorKind.LOCAL:
            assert choice.guard is not None, "the settings know how a guard is asked"
            guard = guard_of(choice.guard, choice.policy)
            return GuardModel(name=choice.name, base=choice.model, guard=guard, asker=asker)
        case ModeratorKind.JUDGE:
            return JudgeModel(
                name=choice.name, model=choice.model, policy=choice.policy, asker=asker
            )
        case ModeratorKind.REMOTE:
            return RemoteModeration(name=choice.name, model=choice.model, served=asker.served)


class _WithinLimits:
    """A moderation model that is asked for so much at a time, and that has to answer in time."""

    def __init__(self, inner: Moderator, choice: ModeratorChoice) -> None:
        self._inner = inner
        self._timeout_seconds = choice.timeout_seconds
        self._places = asyncio.Semaphore(choice.at_once)

    @property
    def name(self) -> str:
        return self._inner.name

    @property
    def judged_categories(self) -> frozenset[str]:
        return self._inner.judged_categories

    async def reads_images(self) -> bool:
        try:
            async with asyncio.timeout(self._timeout_seconds):
                return await self._inner.reads_images()
        except TimeoutError:
            raise self._too_slow() from None

    async def check(self) -> None:
        try:
            async with asyncio.timeout(self._timeout_seconds):
                await self._inner.check()
        except TimeoutError:
            raise self._too_slow() from None

    async def judge(self, conversation: Sequence[Message]) -> ModerationJudgement:
        async with self._places:
            try:
                async with asyncio.timeout(self._timeout_seconds):
                    return await self._inner.judge(conversation)
            except TimeoutError:
                raise self._too_slow() from None

    def _too_slow(self) -> UnavailableError:
        return UnavailableError(
            worded(
                "chat.moderation_model_gave_no",
                "The moderation model {name} gave no judgement within "
                "{timeout_seconds:g} seconds, so the text was not judged; try again, "
                "or raise timeout_seconds in [safety] of understudy.toml.",
                name=self.name,
                timeout_seconds=self._timeout_seconds,
            ),
            code="moderation_timeout",
        )

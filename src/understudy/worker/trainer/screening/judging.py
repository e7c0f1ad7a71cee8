"""Judges the lines of a file some at a time, and says where a moderation model gave up."""

from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import islice

from understudy.answering.moderation.together import together
from understudy.chat.messages import Message
from understudy.errors import (
    OverloadedError,
    RemoteFaultError,
    UnavailableError,
    UnderstudyError,
)
from understudy.jobs.screening.record import FlaggedLine, ScreenedBatch
from understudy.safety.judgement import ModerationJudgement, Moderator
from understudy.safety.screening.lines import excerpt_of, texts_of_line
from understudy.safety.thresholds import flags_of

_AT_ONCE = 16
_MAX_FAILED_IN_A_ROW = 20
_MAX_REMEMBERED = 256
# These say nothing of the line: the next one would meet the same.
_ENDING = (UnavailableError, OverloadedError, RemoteFaultError)


class ScreeningEndedError(Exception):
    """The moderation model gives no more judgements; the text says why."""


@dataclass(frozen=True, kw_only=True)
class _JudgedLine:
    line: int
    is_whole: bool
    """Whether all of it was judged."""
    flagged: FlaggedLine | None
    problem: UnderstudyError | None


class LineJudge:
    """Judges lines by one moderation model and one project's thresholds."""

    def __init__(
        self,
        moderator: Moderator,
        thresholds: Mapping[str, float],
        check_stop: Callable[[], None],
    ) -> None:
        """`check_stop` raises when the work shall end; it is called before each judgement."""
        self._moderator = moderator
        self._thresholds = thresholds
        self._check_stop = check_stop
        self._openings: dict[tuple[Message, ...], ModerationJudgement] = {}
        self._failed_in_a_row = 0

    async def batches(
        self, lines: Iterable[tuple[int, bytes]]
    ) -> AsyncGenerator[ScreenedBatch, None]:
        """Yield what is found, in order; raises ScreeningEndedError after what was found before."""
        left = iter(lines)
        while some := list(islice(left, _AT_ONCE)):
            judged = await together(self._line(number, line) for number, line in some)
            done: list[_JudgedLine] = []
            ended: str | None = None
            for one in judged:
                if isinstance(one.problem, _ENDING):
                    ended = one.problem.message
                    break
                done.append(one)
                self._failed_in_a_row = 0 if one.problem is None else self._failed_in_a_row + 1
                if self._failed_in_a_row >= _MAX_FAILED_IN_A_ROW and one.problem is not None:
                    ended = (
                        f"{_MAX_FAILED_IN_A_ROW} lines in a row could not be judged; the last: "
                        f"{one.problem.message}"
                    )
                    break
            if done:
                yield _batch(done)
            if ended is not None:
                raise ScreeningEndedError(ended)

    async def _line(self, number: int, line: bytes) -> _JudgedLine:
        texts = texts_of_line(line)
        scores: dict[str, float] = {}
        excerpt: str | None = None
        worst, problem = -1.0, None
        for conversation in texts.conversations:
            self._check_stop()
            try:
                judgement = await self._judge(conversation)
            except UnderstudyError as error:
                problem = error
                if isinstance(error, _ENDING):
                    break
                continue
            flags = flags_of(judgement, self._thresholds)
            found = {name: judgement.categories[name].score for name in flags.categories}
            if flags.is_flagged and max(found.values(), default=0.0) > worst:
                worst = max(found.values(), default=0.0)
                excerpt = excerpt_of(conversation[-1].content or "")
            for name, score in found.items():
                scores[name] = max(score, scores.get(name, 0.0))
        flagged = None
        if excerpt is not None:
            flagged = FlaggedLine(line=number, scores=scores, excerpt=excerpt)
        is_whole = problem is None and not texts.has_unread
        return _JudgedLine(line=number, is_whole=is_whole, flagged=flagged, problem=problem)

    async def _judge(self, conversation: tuple[Message, ...]) -> ModerationJudgement:
        if len(conversation) > 1:
            return await self._moderator.judge(conversation)
        # The same system prompt stands at the head of most lines.
        known = self._openings.get(conversation)
        if known is None:
            known = await self._moderator.judge(conversation)
            if len(self._openings) < _MAX_REMEMBERED:
                self._openings[conversation] = known
        return known


def _batch(done: list[_JudgedLine]) -> ScreenedBatch:
    judged = sum(one.is_whole for one in done)
    return ScreenedBatch(
        judged=judged,
        unjudged=len(done) - judged,
        flagged=[one.flagged for one in done if one.flagged is not None],
        next_line=done[-1].line + 1,
    )

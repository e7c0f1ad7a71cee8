"""Makes the safety check of a tuned model: it and its base answer the probe set, and are judged."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from understudy.answering.asking import Asker
from understudy.answering.models import AnsweringModel
from understudy.answering.plan import AnswerPlan
from understudy.chat.messages import Message, Role
from understudy.errors import InvalidRequestError, UnavailableError, UnderstudyError
from understudy.evals.releases.outcome import CheckedAnswer, CheckOutcome, ProbeTrial
from understudy.evals.releases.record import complete, fail, keep_answers, what_to_check
from understudy.registry.catalogue import CatalogueSource
from understudy.registry.releases import ReleasePolicy
from understudy.safety.categories import RELEASE_CATEGORIES
from understudy.safety.judgement import Moderator
from understudy.safety.probe_set import Probe, choose_probes, shipped_probes
from understudy.storage.database import Database
from understudy.storage.tables.jobs import JobRow
from understudy.storage.tables.releases import ReleaseCheckRow
from understudy.work.lease import Hold

MAX_TOKENS = 96
"""Of one answer: enough to see where it is going."""
MAX_THINKING_TOKENS = 2048
"""Of the answer of a model that was still thinking after the first ones."""

_SEED = "release"
_AT_ONCE = 16
_KEEP_EVERY = 24
_MAX_FAILURES = 5
"""So many answers that could not be judged end the check: the moderation model is not well."""

_T = TypeVar("_T")


@dataclass(frozen=True, kw_only=True)
class CheckContext:
    """What every safety check of one runner works with."""

    database: Database
    asker: Asker
    catalogue: CatalogueSource
    policy_of: Callable[[str], ReleasePolicy]
    """From a project's name to what the operator wants of its models now."""
    moderator: Callable[[], Moderator | None]
    """The moderation model as it is configured now, or None where there is none."""
    judging_seconds: float = 120.0
    """How long the moderation model may take for one answer."""
    probes: Sequence[Probe] = field(default_factory=shipped_probes)


async def make_release_check(context: CheckContext, hold: Hold[ReleaseCheckRow]) -> None:
    """Make the check and record it; raises LeaseLostError.

    A model or a moderation model that cannot be asked ends it without a result, never with a
    better one.
    """
    database = context.database
    check, job, project, known, prompt = await asyncio.to_thread(what_to_check, database, hold)
    policy = context.policy_of(project)
    try:
        moderator = await _ready_moderator(context)
        probes = choose_probes(context.probes, policy.probes_each, seed=_SEED)
        answers = _Answers(context, hold, check, job, known)
        texts = await answers.of(probes)
        trials = await _judged(context, moderator, probes, texts)
    except UnderstudyError as error:
        await asyncio.to_thread(fail, database, hold, error.message)
        return
    outcome = CheckOutcome(
        base_model=job.model,
        tuned_model=check.model,
        is_base_built_in=_is_built_in(context, job),
        moderator=None if moderator is None else moderator.name,
        judged_categories=judged_releases(moderator),
        policy=policy,
        system_prompt=prompt,
        safety_mix=job.safety_mix,
        trials=trials,
    )
    await asyncio.to_thread(complete, database, hold, outcome)


def judged_releases(moderator: Moderator | None) -> frozenset[str]:
    """Return the categories of releases that a moderation model can judge."""
    if moderator is None:
        return frozenset()
    return frozenset(
        category
        for category in RELEASE_CATEGORIES
        if moderator.judged_categories & _NAMES_OF.get(category, {category})
    )


_NAMES_OF: Mapping[str, frozenset[str]] = {
    "illicit": frozenset({"illicit", "illicit/violent"}),
    "self-harm/instructions": frozenset({"self-harm/instructions", "self-harm"}),
    "self-harm/intent": frozenset({"self-harm/intent", "self-harm"}),
    "harassment/threatening": frozenset({"harassment/threatening", "harassment"}),
    "hate/threatening": frozenset({"hate/threatening", "hate"}),
    "sexual/minors": frozenset({"sexual/minors"}),
    "violence": frozenset({"violence", "violence/graphic"}),
}
"""Under which names moderation models judge a category of releases, besides its own."""


class _Answers:
    """The answers of both models to probes and twins, recorded as they come."""

    def __init__(
        self,
        context: CheckContext,
        hold: Hold[ReleaseCheckRow],
        check: ReleaseCheckRow,
        job: JobRow,
        known: Mapping[str, str],
    ) -> None:
        self._context = context
        self._hold = hold
        self._project_id = check.project_id
        self._models = {"base": job.model, "tuned": check.model}
        self._texts = dict(known)
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._unkept = 0

    async def of(self, probes: Sequence[Probe]) -> Mapping[str, str]:
        """Return every answer by its key; raises an UnderstudyError when one cannot be had."""
        wanted = [
            (side, answer_key(side, probe, kind), text)
            for side in self._models
            for probe in probes
            for kind, text in (("probe", probe.text), ("twin", probe.twin))
        ]
        found = self._context.asker.find
        models = {side: await found(self._project_id, self._models[side]) for side in self._models}
        try:
            async with asyncio.TaskGroup() as group:
                for side, key, text in wanted:
                    if key not in self._texts:
                        group.create_task(self._ask(models[side], key, text))
        except ExceptionGroup as several:
            # What one answer lacks, the check lacks; the others were ended with it.
            raise several.exceptions[0] from several
        return self._texts

    async def _ask(self, model: AnsweringModel, key: str, text: str) -> None:
        async with self._turns:
            self._texts[key] = await _answer(self._context.asker, model, text)
        self._unkept += 1
        if self._unkept >= _KEEP_EVERY:
            self._unkept = 0
            await asyncio.to_thread(
                keep_answers, self._context.database, self._hold, dict(self._texts)
            )


def answer_key(side: str, probe: Probe, kind: str) -> str:
    """Return the name under which an answer is kept."""
    return f"{side}:{probe.id}:{kind}"


async def _answer(asker: Asker, model: AnsweringModel, text: str) -> str:
    """Return what a model says; one that thinks for long is given more room once."""
    for max_tokens in (MAX_TOKENS, MAX_THINKING_TOKENS):
        plan = AnswerPlan(
            model=model.name,
            messages=(Message(role=Role.USER, content=text),),
            temperature=0.0,
            max_tokens=max_tokens,
        )
        choice = (await asker.ask(model, plan)).choices[0]
        if choice.text.strip() or choice.finish_reason != "length":
            return choice.text
    raise InvalidRequestError(
        f"{model.name} came to no answer within {MAX_THINKING_TOKENS} tokens, so there is nothing "
        "to judge."
    )


async def _ready_moderator(context: CheckContext) -> Moderator | None:
    moderator = context.moderator()
    if moderator is not None:
        await _in_time(moderator.check(), moderator, context.judging_seconds)
    return moderator


async def _judged(
    context: CheckContext,
    moderator: Moderator | None,
    probes: Sequence[Probe],
    texts: Mapping[str, str],
) -> tuple[ProbeTrial, ...]:
    judging = _Judging(moderator, context.judging_seconds)
    sides = {
        side: await asyncio.gather(*(judging.answer(side, probe, texts) for probe in probes))
        for side in ("base", "tuned")
    }
    return tuple(
        ProbeTrial(probe=probe, base=base, tuned=tuned)
        for probe, base, tuned in zip(probes, sides["base"], sides["tuned"], strict=True)
    )


class _Judging:
    """Asks the moderation model about answers; a few that it cannot judge are left unjudged."""

    def __init__(self, moderator: Moderator | None, seconds: float) -> None:
        self._moderator = moderator
        self._seconds = seconds
        self._judged = judged_releases(moderator)
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._failures = 0

    async def answer(self, side: str, probe: Probe, texts: Mapping[str, str]) -> CheckedAnswer:
        """Return an answer with what the moderation model says of it."""
        text = texts[answer_key(side, probe, "probe")]
        return CheckedAnswer(
            text=text,
            twin_text=texts[answer_key(side, probe, "twin")],
            is_flagged=await self._flag(probe, text) if probe.category in self._judged else None,
        )

    async def _flag(self, probe: Probe, text: str) -> bool | None:
        assert self._moderator is not None
        if not text.strip():
            # An answer that says nothing says nothing harmful; moderators read no empty texts.
            return False
        conversation = (
            Message(role=Role.USER, content=probe.text),
            Message(role=Role.ASSISTANT, content=text),
        )
        async with self._turns:
            try:
                judging = self._moderator.judge(conversation)
                judgement = await _in_time(judging, self._moderator, self._seconds)
            except UnderstudyError:
                self._failures += 1
                if self._failures > _MAX_FAILURES:
                    raise
                return None
        return judgement.is_flagged


async def _in_time(asked: Awaitable[_T], moderator: Moderator, seconds: float) -> _T:
    try:
        async with asyncio.timeout(seconds):
            return await asked
    except TimeoutError as error:
        raise UnavailableError(
            f"The moderation model {moderator.name} did not answer within {seconds:g} seconds."
        ) from error


def _is_built_in(context: CheckContext, job: JobRow) -> bool:
    base = context.catalogue().bases.get(job.base)
    return base is not None and base.is_builtin

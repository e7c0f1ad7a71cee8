"""The answers of a step: groups drawn and graded, those that teach nothing drawn anew once."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass
from hashlib import sha256

from understudy.chat.rendering.renderer import ChatRenderer
from understudy.planning.reinforcement import ReinforcementPlan
from understudy.training.batching import epoch_order
from understudy.training.reinforcement.advantages import advantages, teaches
from understudy.training.reinforcement.answers import read_answer
from understudy.training.reinforcement.episodes import Episode, WeighedEpisode
from understudy.training.reinforcement.grading import GradedAnswer, Grading
from understudy.training.reinforcement.prompts import Prompts, RenderedPrompt
from understudy.training.reinforcement.sampling import Draw, Sampler

# How often the run looks whether it is to end while graders are waited for.
_CHECK_SECONDS = 0.2

Group = Sequence[GradedAnswer]
"""Graded answers to one prompt."""


@dataclass(frozen=True, kw_only=True)
class Rollout:
    """What a step draws."""

    groups: Sequence[Group]
    """Those that something can be learned from."""
    first: Sequence[GradedAnswer]
    """All answers to the prompts that the step was meant for: what its mean reward is of."""
    answers: Sequence[GradedAnswer]
    """These, and those that took the place of groups that teach nothing."""
    sampling_seconds: float
    """Grading included, as far as drawing did not hide it."""

    def weighed(self) -> list[list[WeighedEpisode]]:
        """Return the episodes of its groups with their advantages."""
        return [_weighed(group) for group in self.groups]


class Rollouts:
    """Draws and grades what the steps and the validations of one run need."""

    def __init__(
        self,
        plan: ReinforcementPlan,
        prompts: Prompts,
        sampler: Sampler,
        renderer: ChatRenderer,
        grading: Grading,
        check_stop: Callable[[], None],
    ) -> None:
        self._plan = plan
        self._prompts = prompts
        self._sampler = sampler
        self._renderer = renderer
        self._grading = grading
        self._check_stop = check_stop

    def of_step(self, number: int) -> Rollout:
        """Draw the groups of a step; prompts whose answers are all as good are replaced once."""
        began = time.monotonic()
        chosen, others = self._prompts_of(number)
        groups = self._groups(f"step {number}", chosen, self._plan.group_size)
        first = [answer for group in groups for answer in group]
        useful = [group for group in groups if _teaches(group)]
        missing = len(groups) - len(useful)
        answers = first
        if missing and others:
            more = self._groups(f"refill {number}", others[:missing], self._plan.group_size)
            answers = [*first, *(answer for group in more for answer in group)]
            useful += [group for group in more if _teaches(group)]
        return Rollout(
            groups=useful,
            first=first,
            answers=answers,
            sampling_seconds=time.monotonic() - began,
        )

    def of_validation(self) -> Sequence[GradedAnswer]:
        """Draw answers to all held-out prompts, with the same dice at every validation."""
        groups = self._groups(
            "validation", self._prompts.validation, self._plan.eval_samples, is_held_out=True
        )
        return [answer for group in groups for answer in group]

    def of_trial(self, start: int, stop: int) -> list[Group]:
        """Draw groups for training prompts in the order of the steps; there may be fewer."""
        order = epoch_order(len(self._prompts.training), seed=self._plan.seed, epoch=0)
        chosen = [self._prompts.training[index] for index in order[start:stop]]
        return self._groups("trial", chosen, self._plan.group_size)

    def _prompts_of(self, number: int) -> tuple[list[RenderedPrompt], list[RenderedPrompt]]:
        """Return the prompts of a step, and all others in an order of its own."""
        values, training = self._plan.hyperparameters, self._prompts.training
        epoch, place = divmod(number - 1, values.steps_per_epoch)
        order = epoch_order(len(training), seed=self._plan.seed, epoch=epoch)
        start = place * values.batch_size
        chosen = order[start : start + values.batch_size]
        taken = set(chosen)
        others = epoch_order(len(training), seed=self._plan.seed + 1, epoch=number)
        return (
            [training[index] for index in chosen],
            [training[index] for index in others if index not in taken],
        )

    def _groups(
        self,
        what: str,
        prompts: Sequence[RenderedPrompt],
        size: int,
        *,
        is_held_out: bool = False,
    ) -> list[Group]:
        if not prompts:
            return []
        draws = [
            Draw(
                prompt=prompt,
                seed=_seed(self._plan.seed, what, prompt.line, repeat),
                max_tokens=self._plan.max_completion_tokens,
            )
            # The prompts first: while they are read, their siblings would have to wait.
            for repeat in range(size)
            for prompt in prompts
        ]
        grading: dict[int, Future[GradedAnswer]] = {}

        def on_drawn(place: int, episode: Episode) -> None:
            drawn = read_answer(self._renderer, draws[place].prompt, episode)
            grading[place] = self._grading.submit(drawn, is_held_out=is_held_out)

        self._sampler.draw(draws, on_drawn, self._check_stop)
        unfinished = set(grading.values())
        while unfinished:
            unfinished = wait(unfinished, timeout=_CHECK_SECONDS).not_done
            self._check_stop()
        graded = [grading[place].result() for place in range(len(draws))]
        return [graded[first :: len(prompts)] for first in range(len(prompts))]


def _teaches(group: Group) -> bool:
    # Of an answer that was cut nothing is learned, however much better or worse it is.
    return teaches([each.reward for each in group]) and any(
        not each.drawn.episode.is_cut for each in group
    )


def _weighed(group: Group) -> list[WeighedEpisode]:
    gained = advantages([each.reward for each in group])
    return [
        WeighedEpisode(episode=each.drawn.episode, advantage=advantage)
        for each, advantage in zip(group, gained, strict=True)
        # One that could not be graded is no more to learn from than one that was cut.
        if each.reward is not None
    ]


def _seed(*parts: int | str) -> int:
    return int.from_bytes(sha256(repr(parts).encode()).digest()[:8])

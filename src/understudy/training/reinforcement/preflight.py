"""Whether there is anything to learn: how the model does before its first step."""

from collections.abc import Sequence
from dataclasses import dataclass

from understudy.training.reinforcement.advantages import teaches
from understudy.training.reinforcement.grading import GradedAnswer, mean_of, mean_reward
from understudy.wording import Sentence, worded

FIRST_PROMPTS = 2
"""The others are not asked where no answer to these can be graded."""
MAX_PROMPTS = 64
"""How many prompts are asked at most."""
_NEAR_END = 0.01
"""A mean reward within this share of the range's end is as good as that end."""
_MAX_EVEN_SHARE = 0.9
_MAX_CUT_SHARE = 0.9
_MAX_ERROR_SHARE = 0.5


@dataclass(frozen=True, kw_only=True)
class Preflight:
    """How the model answers before it has learned anything."""

    mean_reward: float
    even_share: float
    """Share of the prompts whose answers are all as good."""
    cut_share: float
    """Share of the answers that ran out of room."""
    error_share: float
    """Share of the answers that could not be graded."""
    prompts: int
    group_size: int
    problems: Sequence[str]
    """What graders said, for the first few answers that could not be graded."""

    def in_words(self) -> Sentence:
        """Say how it went."""
        return worded(
            "job.preflight",
            "Before training, {group} answers to each of {prompts} prompts "
            "have a mean reward of {reward:.3f}; for {even:.0%} of the prompts "
            "all answers are equally good, and {cut:.0%} of the answers are "
            "cut off.",
            group=self.group_size,
            prompts=self.prompts,
            reward=self.mean_reward,
            even=self.even_share,
            cut=self.cut_share,
        )

    def hopeless(self, reward_range: tuple[float, float], *, max_tokens: int) -> Sentence | None:
        """Say why nothing can be learned and what would help; None where there is hope."""
        least, most = reward_range
        if self.error_share > _MAX_ERROR_SHARE:
            said = "; ".join(self.problems)
            return worded(
                "job.preflight.grader",
                "The grader could not grade {share:.0%} of the model's first {answers} "
                "answers, so that there is nothing to learn from. It said: {said}",
                share=self.error_share,
                answers=self.prompts * self.group_size,
                said=said,
            )
        if self.cut_share > _MAX_CUT_SHARE:
            return worded(
                "job.preflight.cut",
                "{share:.0%} of the model's first answers do not end within "
                "{tokens} tokens, and nothing is learned from an answer that is "
                "cut off. Use a larger max_completion_tokens, or teach the model "
                "with examples first (method supervised) to answer briefly.",
                share=self.cut_share,
                tokens=max_tokens,
            )
        near = _NEAR_END * (most - least)
        if self.mean_reward <= least + near:
            return worded(
                "job.preflight.low",
                "The model's first answers have a mean reward of {reward:.3f}, as "
                "low as it can be: reinforcement cannot start from zero. Teach the "
                "model with examples first (method supervised), use easier "
                "prompts, or a grader that gives partial credit.",
                reward=self.mean_reward,
            )
        if self.mean_reward >= most - near:
            return worded(
                "job.preflight.high",
                "The model's first answers have a mean reward of {reward:.3f}, as "
                "high as it can be, so that there is nothing to gain. Use harder "
                "prompts or a stricter grader.",
                reward=self.mean_reward,
            )
        if self.even_share > _MAX_EVEN_SHARE:
            return worded(
                "job.preflight.even",
                "For {share:.0%} of the prompts all {group} answers are equally "
                "good, and nothing can be learned from those. Use prompts that the "
                "model sometimes answers well, a grader that gives partial credit, "
                "or a larger compute_multiplier, which draws more answers to each "
                "prompt.",
                share=self.even_share,
                group=self.group_size,
            )
        return None


def judge_first_answers(groups: Sequence[Sequence[GradedAnswer]]) -> Preflight:
    """Sum up how groups of first answers were graded."""
    answers = [answer for group in groups for answer in group]
    # One that is the answer's own fault counts and is no error of the grader.
    failed = [each for each in answers if each.reward is None]
    even = [not teaches([each.reward for each in group]) for group in groups]
    problems = dict.fromkeys(each.grade.problem or "not a number" for each in failed)
    return Preflight(
        mean_reward=mean_reward(answers),
        even_share=mean_of([float(flag) for flag in even]),
        cut_share=mean_of([float(each.drawn.episode.is_cut) for each in answers]),
        error_share=len(failed) / len(answers),
        prompts=len(groups),
        group_size=len(groups[0]),
        problems=tuple(problems)[:3],
    )

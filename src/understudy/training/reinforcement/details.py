"""What the graders of a step or a validation did, in the nested keys of OpenAI's metrics events.

A `_count` is over how many answers its `_mean` was taken.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from understudy.graders.grade import Grade
from understudy.training.reinforcement.grading import GradedAnswer, mean_of, mean_reward

_ERRORS = (
    "other_error",
    "sample_parse_error",
    "invalid_variable_error",
    "python_grader_server_error",
    "python_grader_runtime_error",
    "model_grader_server_error",
)


@dataclass(frozen=True, kw_only=True)
class StepAnswers:
    """The graded answers of a step, and those of the validation after it."""

    train: Sequence[GradedAnswer]
    valid: Sequence[GradedAnswer] = ()
    """Empty where there is none."""
    sampling_seconds: float
    training_seconds: float
    eval_seconds: float = 0.0

    def with_validation(self, valid: Sequence[GradedAnswer], seconds: float) -> "StepAnswers":
        """Return the same with a validation that took so long."""
        return replace(self, valid=valid, eval_seconds=seconds)

    def parts(self) -> Iterator[tuple[str, Sequence[GradedAnswer]]]:
        """Iterate over the prefixes of metrics and the answers that each is about."""
        yield "train", self.train
        if self.valid:
            yield "valid", self.valid


def details_of(answers: StepAnswers) -> dict[str, Any]:
    """Return scores, errors, usage and timing of a step."""
    sampling, training = answers.sampling_seconds, answers.training_seconds
    return {
        "scores": _scores(answers),
        "errors": {"graders": [_errors(answers)]},
        "usage": {"graders": _grader_usage(answers), "samples": _sample_usage(answers)},
        "timing": {
            "step": {
                "sampling": round(sampling, 4),
                "training": round(training, 4),
                "eval": round(answers.eval_seconds, 4),
                "full_iteration": round(sampling + training + answers.eval_seconds, 4),
            },
            "graders": [_timing(answers)],
        },
        "model_graders_token_usage": _judges(answers),
    }


def _named(answers: StepAnswers) -> dict[str, Any]:
    grade = answers.train[0].grade
    return {"name": grade.name, "type": grade.type}


def _scores(answers: StepAnswers) -> dict[str, Any]:
    whole = _named(answers)
    children: dict[str, dict[str, Any]] = {}
    scores: dict[str, Any] = {}
    for prefix, some in answers.parts():
        scores[f"{prefix}_reward_mean"] = whole[f"{prefix}_reward_mean"] = mean_reward(some)
        known = [each.grade for each in some if each.reward is not None]
        # A multi grader's own graders, by the names that stand in its formula.
        for name in {name for grade in known for name in grade.finding.scores}:
            found = [grade.finding.scores[name] for grade in known if name in grade.finding.scores]
            child = children.setdefault(name, {"name": name})
            child[f"{prefix}_reward_mean"] = mean_of(found)
    return {**scores, "graders": [whole, *(children[name] for name in sorted(children))]}


def _errors(answers: StepAnswers) -> dict[str, Any]:
    found = _named(answers)
    for prefix, some in answers.parts():
        for error in _ERRORS:
            flags = [float(bool(getattr(each.grade.errors, error))) for each in some]
            found[f"{prefix}_{error}_mean"] = mean_of(flags)
            found[f"{prefix}_{error}_count"] = len(flags)
    return found


def _timing(answers: StepAnswers) -> dict[str, Any]:
    found = _named(answers)
    for prefix, some in answers.parts():
        seconds = [each.grade.execution_seconds for each in some]
        found[f"{prefix}_execution_latency_mean"] = round(mean_of(seconds), 6)
    return found


def _sample_usage(answers: StepAnswers) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for prefix, some in answers.parts():
        thought = [float(each.drawn.reasoning_tokens) for each in some]
        found[f"{prefix}_reasoning_tokens_mean"] = mean_of(thought)
        found[f"{prefix}_reasoning_tokens_count"] = len(thought)
    return found


def _judged(grade: Grade) -> Iterator[tuple[str, Mapping[str, int]]]:
    for model, used in grade.finding.usage.items():
        yield (
            model,
            {
                "prompt_tokens": used.prompt_tokens,
                "completion_tokens": used.completion_tokens,
                "cached_tokens": used.cached_tokens,
            },
        )


def _grader_usage(answers: StepAnswers) -> list[dict[str, Any]]:
    """Return the tokens of each judge, by its model; empty where no model judges."""
    by_model: dict[str, dict[str, Any]] = {}
    for prefix, some in answers.parts():
        used: dict[str, list[Mapping[str, int]]] = {}
        for each in some:
            for model, tokens in _judged(each.grade):
                used.setdefault(model, []).append(tokens)
        for model, tokens in used.items():
            found = by_model.setdefault(model, {**_named(answers), "model": model})
            for kind in ("prompt_tokens", "completion_tokens"):
                counts = [float(one[kind]) for one in tokens]
                found[f"{prefix}_{kind}_mean"] = mean_of(counts)
                found[f"{prefix}_{kind}_count"] = len(counts)
    return [by_model[model] for model in sorted(by_model)]


def _judges(answers: StepAnswers) -> dict[str, dict[str, int]]:
    totals: dict[str, dict[str, int]] = {}
    for prefix, some in answers.parts():
        which = "train" if prefix == "train" else "eval"
        for each in some:
            for model, tokens in _judged(each.grade):
                total = totals.setdefault(model, {})
                for kind, count in tokens.items():
                    total[f"{which}_{kind}"] = total.get(f"{which}_{kind}", 0) + count
    return totals

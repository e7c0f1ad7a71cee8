"""The eval of a distillation takes every grader that may have kept its answers."""

from typing import Any

import pytest

from understudy.distilling.comparing import eval_request
from understudy.schemas.distillations import CreateDistillation

CHECK = {
    "type": "string_check",
    "name": "check",
    "input": "{{ sample.output_text }}",
    "reference": "Oslo",
    "operation": "eq",
}
ASKED = {"model": "judge", "input": [{"role": "user", "content": "{{ sample.output_text }}"}]}
GRADERS: list[dict[str, Any]] = [
    CHECK,
    {
        "type": "text_similarity",
        "name": "like",
        "input": "{{ sample.output_text }}",
        "reference": "Oslo",
        "evaluation_metric": "fuzzy_match",
    },
    {"type": "python", "name": "code", "source": "def grade(sample, item):\n    return 1.0\n"},
    {"type": "score_model", "name": "score", **ASKED},
    {"type": "multi", "name": "both", "graders": {"a": CHECK}, "calculate_output": "a"},
]
LABEL = {
    "type": "label_model",
    "name": "label",
    "labels": ["good", "bad"],
    "passing_labels": ["good"],
    **ASKED,
}


def criterion(grader: dict[str, Any]) -> dict[str, Any]:
    request = CreateDistillation.model_validate(
        {
            "source": {"type": "stored_completions"},
            "student": "small",
            "keep_if": {"grader": grader, "at_least": 0.8},
        }
    )
    (found,) = eval_request(request, []).testing_criteria
    return found.model_dump(exclude_none=True)


@pytest.mark.parametrize("grader", GRADERS, ids=lambda grader: grader["type"])
def test_a_grader_that_kept_answers_passes_from_the_same_score_on(grader: dict[str, Any]):
    assert criterion(grader)["pass_threshold"] == 0.8


def test_a_grader_of_labels_passes_by_its_labels():
    assert criterion(LABEL)["passing_labels"] == ["good"]

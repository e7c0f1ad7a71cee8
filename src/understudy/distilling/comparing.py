"""The eval that teacher, base and student are compared by, on what was held out."""

from collections.abc import Sequence
from typing import Any

from understudy.evals.rows_file import DataRow
from understudy.schemas.distillations import CreateDistillation
from understudy.schemas.evals.evals import CreateEval
from understudy.schemas.evals.runs import CreateEvalRun

_MAX_LABEL_CHARACTERS = 80
"""A teacher whose answers are all this short gives labels, which are the same or not."""
_SIMILAR = 0.8
_ROOM = 2
"""A student may write so many times as many tokens as the teacher's longest answer took."""
_MIN_TOKENS = 64
_MAX_TOKENS = 2048

_SAME_CALLS = '''
import json

def grade(sample, item):
    """1.0 where the same functions are called with the same arguments, whatever their order."""
    def key(name, arguments):
        return name, json.dumps(json.loads(arguments), sort_keys=True)
    wanted = sorted(key(c["name"], c["arguments"]) for c in item["calls"])
    try:
        made = sorted(
            key(c["function"]["name"], c["function"]["arguments"])
            for c in sample.get("output_tools") or []
        )
    except ValueError:
        return 0.0
    if wanted or made:
        return float(wanted == made)
    return float(sample.get("output_text", "").strip() == item["answer"].strip())
'''


def eval_request(request: CreateDistillation, held_out: Sequence[DataRow]) -> CreateEval:
    """Return the eval as it would be asked for.

    Its criteria are those that were asked for, else the grader that kept answers, else whether
    the answer is the teacher's: the very same for calls and for short answers, similar for long
    ones.
    """
    if request.testing_criteria is not None:
        criteria = [each.model_dump(exclude_none=True) for each in request.testing_criteria]
    elif request.keep_if is not None:
        grader = request.keep_if.grader
        # A label passes or not; every other grader passes from the score on that was kept.
        has_threshold = "pass_threshold" in type(grader).model_fields
        threshold = {"pass_threshold": request.keep_if.at_least} if has_threshold else {}
        criteria = [{**grader.model_dump(exclude_none=True), **threshold}]
    else:
        criteria = [_like_the_teacher(held_out)]
    return CreateEval.model_validate(
        {
            "name": f"Distillation into {request.student}"[:256],
            "data_source_config": {
                "type": "custom",
                "item_schema": {"type": "object"},
                "include_sample_schema": True,
            },
            "testing_criteria": criteria,
        }
    )


def _like_the_teacher(held_out: Sequence[DataRow]) -> dict[str, Any]:
    if any(row.item["calls"] for row in held_out):
        return {"type": "python", "name": "calls what the teacher calls", "source": _SAME_CALLS}
    if all(len(row.item["answer"]) <= _MAX_LABEL_CHARACTERS for row in held_out):
        return {
            "type": "string_check",
            "name": "answers as the teacher does",
            "input": "{{ sample.output_text }}",
            "reference": "{{ item.answer }}",
            "operation": "eq",
        }
    return {
        "type": "text_similarity",
        "name": "answers much like the teacher",
        "input": "{{ sample.output_text }}",
        "reference": "{{ item.answer }}",
        "evaluation_metric": "fuzzy_match",
        "pass_threshold": _SIMILAR,
    }


def stored_run(file_id: str) -> CreateEvalRun:
    """Return the run that grades the teacher's stored answers, which asks nobody anything."""
    source = {"type": "jsonl", "source": {"type": "file_id", "id": file_id}}
    return CreateEvalRun.model_validate({"name": "teacher", "data_source": source})


def asking_run(file_id: str, name: str, model: str, held_out: Sequence[DataRow]) -> CreateEvalRun:
    """Return the run that asks a model each held-out question, with the tools it came with."""
    longest = max((row.sample or {})["usage"]["completion_tokens"] for row in held_out)
    sampling: dict[str, Any] = {
        "temperature": 0.0,
        "max_completion_tokens": min(_MAX_TOKENS, max(_MIN_TOKENS, _ROOM * longest)),
    }
    forms = [row.item["response_format"] for row in held_out]
    if forms[0] is not None and all(form == forms[0] for form in forms):
        sampling["response_format"] = forms[0]
    return CreateEvalRun.model_validate(
        {
            "name": name,
            "data_source": {
                "type": "completions",
                "source": {"type": "file_id", "id": file_id},
                "model": model,
                "input_messages": {
                    "type": "item_reference",
                    "item_reference": "item.input",
                    "tools_reference": "item.tools",
                },
                "sampling_params": sampling,
            },
        }
    )

"""An eval as a configuration of promptfoo, the tool that OpenAI points to for what comes after.

Rows become the variable `item`, so that templates keep their meaning. What promptfoo would judge
otherwise than we do is judged by inline Python, or named as left out.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from understudy.evals.exchange.promptfoo_python import NEEDS_UNDERSTUDY, own_code, own_grader
from understudy.evals.exchange.promptfoo_texts import (
    NoCounterpartError,
    PortableTexts,
    is_whole_output,
)
from understudy.graders.offline import is_offline
from understudy.wording import worded

_CHECKS = {"eq": "equals", "ne": "not-equals", "like": "contains", "ilike": "icontains"}
_SAMPLING = {
    "temperature": "temperature",
    "top_p": "top_p",
    "seed": "seed",
    "max_completion_tokens": "max_tokens",
    "response_format": "response_format",
    "tools": "tools",
    "reasoning_effort": "reasoning_effort",
}
_ANSWER = 'Answer with JSON: {"reason": "...", "pass": true or false, "score": a number}'
_THRESHOLD = 0.5


@dataclass(frozen=True, kw_only=True)
class ExportedRow:
    """A row of a run."""

    item: Mapping[str, Any]
    sample: Mapping[str, Any]
    """What was graded: `output_text`, `output_tools`, `choices`."""


@dataclass(frozen=True, kw_only=True)
class Promptfoo:
    """A configuration, and what could not be said in it."""

    config: dict[str, Any]
    left_out: tuple[str, ...]
    """What has no counterpart, each with the reason."""
    needs_understudy: bool
    """Whether the Python that promptfoo uses needs this package."""


def promptfoo_config(
    eval_: Mapping[str, Any], data_source: Mapping[str, Any], rows: Sequence[ExportedRow]
) -> Promptfoo:
    """Return the configuration of an eval and one of its runs.

    Answers are written only when the run asked no model, because then they are what is judged.
    """
    is_asked = data_source.get("model") is not None
    texts = PortableTexts([row.item for row in rows])
    left_out: list[str] = []
    sampling = data_source.get("sampling_params") or {}
    # Promptfoo hands a parsed answer, or the calls in it, to what compares texts.
    is_text = not is_asked or not (sampling.get("tools") or sampling.get("response_format"))
    asserts: list[dict[str, Any]] = []
    for criterion in eval_["testing_criteria"]:
        try:
            asserts.append(_assertion(criterion, texts, is_text=is_text))
        except NoCounterpartError as error:
            left_out.append(f"{criterion['name']}: {error}")
    # Without a model, promptfoo's echo repeats the prompt, which is the answer.
    prompt, provider = "{{ sample.output_text }}", "echo"
    if is_asked:
        prompt, provider = _prompt(data_source, texts, left_out), _provider(data_source, left_out)
    config = {
        "description": eval_["name"],
        "prompts": [prompt],
        "providers": [provider],
        "defaultTest": {"assert": asserts},
        "tests": [
            _test(row, filled, is_asked=is_asked)
            for row, filled in zip(rows, texts.filled, strict=True)
        ],
    }
    needs = any(NEEDS_UNDERSTUDY in str(each.get("value")) for each in asserts)
    return Promptfoo(config=config, left_out=tuple(left_out), needs_understudy=needs)


def _test(row: ExportedRow, filled: Mapping[str, str], *, is_asked: bool) -> dict[str, Any]:
    variables: dict[str, Any] = {"item": dict(row.item)}
    if filled:
        variables["filled"] = dict(filled)
    if is_asked:
        return {"vars": variables}
    variables["sample"] = dict(row.sample)
    # Promptfoo rewrites texts that look like JSON when it fills in a prompt, but not this field.
    # It takes an empty text for none; then the prompt is as empty.
    answer = row.sample["output_text"]
    return {"vars": variables} | ({"providerOutput": answer} if answer else {})


def _provider(source: Mapping[str, Any], left_out: list[str]) -> dict[str, Any]:
    sampling = {k: v for k, v in (source.get("sampling_params") or {}).items() if v is not None}
    for field in sorted(sampling.keys() - _SAMPLING.keys()):
        left_out.append(f"sampling_params.{field}: promptfoo has no such setting")
    config = {_SAMPLING[key]: value for key, value in sampling.items() if key in _SAMPLING}
    # The address and the key come from OPENAI_BASE_URL and OPENAI_API_KEY, as everywhere.
    return {"id": f"openai:chat:{source['model']}", "config": config}


def _prompt(source: Mapping[str, Any], texts: PortableTexts, left_out: list[str]) -> str:
    given = source["input_messages"]
    if given["type"] == "item_reference":
        bare = given["item_reference"].strip().removeprefix("{{").removesuffix("}}").strip()
        return f"{{{{ {bare} | dump | safe }}}}"
    messages: list[dict[str, str]] = []
    for index, message in enumerate(given["template"]):
        text = _content(message["content"])
        try:
            text = texts.template(text)
        except NoCounterpartError as error:
            left_out.append(f"input_messages.template[{index}]: {error}")
        messages.append({"role": message["role"], "content": text})
    return json.dumps(messages, ensure_ascii=False, indent=2)


def _content(content: Any) -> str:
    parts = content if isinstance(content, list) else [content]
    return "".join(part if isinstance(part, str) else part["text"] for part in parts)


def _assertion(
    criterion: Mapping[str, Any], texts: PortableTexts, *, is_text: bool
) -> dict[str, Any]:
    if "switched_off" in criterion:
        raise NoCounterpartError(
            worded(
                "evals.switched_off",
                "it is switched off: {switched_off}",
                switched_off=criterion["switched_off"],
            )
        )
    metric = {"metric": criterion["name"]}
    if is_text and _is_plain_check(criterion) and _is_checked_alike(criterion, texts):
        kind = _CHECKS[criterion["operation"]]
        return {"type": kind, "value": texts.template(criterion["reference"]), **metric}
    if is_offline(criterion):
        return {"type": "python", "value": own_grader(criterion), **metric}
    match criterion["type"]:
        case "python":
            threshold = criterion.get("pass_threshold", _THRESHOLD)
            return {"type": "python", "value": own_code(criterion["source"], threshold), **metric}
        case "label_model":
            labels = ", ".join(criterion["labels"])
            passing = " or ".join(criterion["passing_labels"])
            rule = f"Choose one label of: {labels}. Pass if it is {passing}."
            return {**_rubric(criterion, rule, texts), **metric}
        case "score_model":
            low, high = criterion.get("range") or (0, 1)
            threshold = criterion.get("pass_threshold", (low + high) / 2)
            rule = f"Give a score from {low} to {high}. Pass if it is {threshold} or more."
            return {**_rubric(criterion, rule, texts), **metric}
        case other:
            raise NoCounterpartError(
                worded(
                    "evals.graders_type_these_parts",
                    "graders of type {other} with these parts have no counterpart in promptfoo",
                    other=other,
                )
            )


def _is_plain_check(criterion: Mapping[str, Any]) -> bool:
    """Say whether a criterion compares the whole answer with a text of the row."""
    return (
        criterion["type"] == "string_check"
        and is_whole_output(criterion["input"])
        and criterion.get("pass_threshold", 1.0) == 1.0
    )


def _is_checked_alike(criterion: Mapping[str, Any], texts: PortableTexts) -> bool:
    """Say whether promptfoo's own check does the same with the references of all rows.

    It breaks where it has to find an empty text, and knows less of upper and lower case.
    """
    match criterion["operation"]:
        case "like":
            return all(texts.texts(criterion["reference"]))
        case "ilike":
            return all(text and text.isascii() for text in texts.texts(criterion["reference"]))
        case _:
            return True


def _rubric(criterion: Mapping[str, Any], rule: str, texts: PortableTexts) -> dict[str, Any]:
    """Ask the judge what its owner asks it; only the form of the answer is promptfoo's."""
    messages = [
        {
            "role": message["role"],
            "content": texts.template(_content(message["content"]), has_output=True),
        }
        for message in criterion["input"]
    ]
    messages[-1]["content"] += f"\n\n{{{{ rubric }}}}\n\n{_ANSWER}"
    return {
        "type": "llm-rubric",
        "value": rule,
        "rubricPrompt": json.dumps(messages, ensure_ascii=False, indent=2),
        "provider": f"openai:chat:{criterion['model']}",
    }

"""An eval as a configuration of promptfoo, the tool that OpenAI points to for what comes after.

Rows become the variable `item`, so that templates keep their meaning; the model's answer, which is
`sample.output_text` here, is `output` there.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import indent
from typing import Any

_OUTPUT = re.compile(r"{{\s*sample\.output_text\s*}}")
_OTHER_SAMPLE = re.compile(r"{{\s*sample\b")
_CHECKS = {"eq": "equals", "ne": "not-equals", "like": "contains", "ilike": "icontains"}
_MEASURES = {"bleu": "bleu", "gleu": "gleu", "meteor": "meteor", "rouge_1": "rouge-n"}
_THRESHOLD = 0.5


@dataclass(frozen=True, kw_only=True)
class Promptfoo:
    """A configuration, and what could not be said in it."""

    config: dict[str, Any]
    left_out: tuple[str, ...]
    """Criteria without a counterpart, each with the reason."""


def promptfoo_config(
    eval_: Mapping[str, Any],
    data_source: Mapping[str, Any],
    rows: Sequence[tuple[Mapping[str, Any], str]],
) -> Promptfoo:
    """Return the configuration of an eval and one of its runs.

    A row is an item and the answer that the run graded; answers are written only when the run
    asked no model, because then they are what is judged.
    """
    is_asked = data_source.get("model") is not None
    asserts: list[dict[str, Any]] = []
    left_out: list[str] = []
    for criterion in eval_["testing_criteria"]:
        try:
            asserts.append(_assertion(criterion))
        except _NoCounterpartError as error:
            left_out.append(f"{criterion['name']}: {error}")
    config = {
        "description": eval_["name"],
        "prompts": [_prompt(data_source) if is_asked else "{{ answer }}"],
        "providers": [_provider(data_source) if is_asked else "echo"],
        "defaultTest": {"assert": asserts},
        "tests": [
            {"vars": {"item": dict(item)} if is_asked else {"item": dict(item), "answer": answer}}
            for item, answer in rows
        ],
    }
    return Promptfoo(config=config, left_out=tuple(left_out))


class _NoCounterpartError(Exception):
    """Promptfoo has nothing that judges so."""


def _provider(source: Mapping[str, Any]) -> dict[str, Any]:
    sampling = source.get("sampling_params") or {}
    names = {"temperature": "temperature", "top_p": "top_p", "seed": "seed"}
    names |= {"max_completion_tokens": "max_tokens", "response_format": "response_format"}
    names |= {"tools": "tools"}
    config = {names[key]: value for key, value in sampling.items() if key in names}
    # The address and the key come from OPENAI_BASE_URL and OPENAI_API_KEY, as everywhere.
    return {"id": f"openai:chat:{source['model']}", "config": config}


def _prompt(source: Mapping[str, Any]) -> str:
    given = source["input_messages"]
    if given["type"] == "item_reference":
        bare = given["item_reference"].strip().removeprefix("{{").removesuffix("}}").strip()
        return f"{{{{ {bare} | dump | safe }}}}"
    messages = [
        {"role": message["role"], "content": _content(message["content"])}
        for message in given["template"]
    ]
    return json.dumps(messages, ensure_ascii=False, indent=2)


def _content(content: Any) -> str:
    parts = content if isinstance(content, list) else [content]
    return "".join(part if isinstance(part, str) else part["text"] for part in parts)


def _assertion(criterion: Mapping[str, Any]) -> dict[str, Any]:
    match criterion["type"]:
        case "string_check":
            kind = _CHECKS[criterion["operation"]]
            return {"type": kind, "value": _reference(criterion), "metric": criterion["name"]}
        case "text_similarity":
            kind = _MEASURES.get(criterion["evaluation_metric"])
            if kind is None:
                raise _NoCounterpartError(
                    f"promptfoo has no {criterion['evaluation_metric']} similarity"
                )
            return _with_threshold({"type": kind, "value": _reference(criterion)}, criterion)
        case "python":
            body = f"{criterion['source']}\n\n"
            body += 'return grade({"output_text": output}, context["vars"]["item"])'
            return _with_threshold({"type": "python", "value": body}, criterion)
        case "label_model":
            labels = ", ".join(criterion["labels"])
            passing = " or ".join(criterion["passing_labels"])
            rule = f"Choose one label of: {labels}. Pass if it is {passing}."
            return _rubric(criterion, rule)
        case "score_model":
            low, high = criterion.get("range") or (0, 1)
            threshold = criterion.get("pass_threshold", (low + high) / 2)
            rule = f"Give a score from {low} to {high}. Pass if it is {threshold} or more."
            return _rubric(criterion, rule)
        case other:
            raise _NoCounterpartError(f"graders of type {other} have no counterpart in promptfoo")


def _reference(criterion: Mapping[str, Any]) -> str:
    if not _OUTPUT.fullmatch(criterion["input"].strip()):
        raise _NoCounterpartError(
            "promptfoo compares the whole answer, but this looks at " + criterion["input"][:80]
        )
    return _seen_by_promptfoo(criterion["reference"])


def _rubric(criterion: Mapping[str, Any], rule: str) -> dict[str, Any]:
    said = "\n".join(
        f"{message['role']}:\n{indent(_content(message['content']), '  ')}"
        for message in criterion["input"]
    )
    return {
        "type": "llm-rubric",
        "value": f"{_seen_by_promptfoo(said)}\n\n{rule}",
        "provider": f"openai:chat:{criterion['model']}",
        "metric": criterion["name"],
    }


def _with_threshold(assertion: dict[str, Any], criterion: Mapping[str, Any]) -> dict[str, Any]:
    threshold = criterion.get("pass_threshold", _THRESHOLD)
    return {**assertion, "threshold": threshold, "metric": criterion["name"]}


def _seen_by_promptfoo(template: str) -> str:
    text = _OUTPUT.sub("{{ output }}", template)
    if _OTHER_SAMPLE.search(text):
        raise _NoCounterpartError("promptfoo knows the answer's text, but not the rest of sample")
    return text

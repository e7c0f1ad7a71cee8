"""Assertions of promptfoo as criteria, where they mean the same."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from textwrap import indent
from typing import Any, cast

from understudy.wording import worded

_OUTPUT = "{{ sample.output_text }}"
_VARIABLE = re.compile(r"""{{-?\s*("[^"]*"|'[^']*'|[^{}]*?)\s*-?}}""")
_PATH = re.compile(r"[A-Za-z_]\w*(\.\w+|\[\d+\])*")
_CHECKS = {"equals": "eq", "not-equals": "ne", "contains": "like", "icontains": "ilike"}
_MEASURES = {
    **{"bleu": ("bleu", 0.5), "gleu": ("gleu", 0.5), "meteor": ("meteor", 0.5)},
    **{"rouge-n": ("rouge_1", 0.75), "similar": ("cosine", 0.75)},
}
_TESTS = {
    "not-contains": "WANTED not in text",
    "not-icontains": "WANTED.lower() not in text.lower()",
    "starts-with": "text.startswith(WANTED)",
    "regex": "re.search(WANTED, text) is not None",
    "not-regex": "re.search(WANTED, text) is None",
    "contains-any": "any(each in text for each in WANTED)",
    "contains-all": "all(each in text for each in WANTED)",
    "icontains-any": "any(each.lower() in text.lower() for each in WANTED)",
    "icontains-all": "all(each.lower() in text.lower() for each in WANTED)",
}
_IS_JSON = """\
import json
from understudy.wording import worded


def grade(sample, item):
    try:
        json.loads(sample["output_text"])
    except ValueError:
        return 0.0
    return 1.0
"""
# What a promptfoo assertion calls a pass when it has no threshold: anything above nothing.
_ABOVE_NOTHING = 1e-9
_KNOWN = {"type", "value", "threshold", "metric", "provider"}
DEFAULT_JUDGE = "promptfoo-default-grader"
"""The name of the judge where a configuration has none; a name to be given with `--judge`."""


class NoCounterpartError(Exception):
    """Nothing here judges so."""


@dataclass(frozen=True, kw_only=True)
class Translation:
    """How the configuration names things."""

    has_item_variable: bool
    """Whether its variable `item` is the whole row, as in our own exports."""
    judge: object
    """The provider that judges where an assertion has none of its own."""

    def template(self, text: str) -> str:
        """Return a template with our names; raises NoCounterpartError for more than paths."""

        def ours(found: re.Match[str]) -> str:
            path = found.group(1)
            if path == "output":
                return _OUTPUT
            if path[:1] in ("'", '"'):
                return found.group()
            if not _PATH.fullmatch(path):
                raise NoCounterpartError(
                    worded(
                        "evals.more_than_name_variable",
                        "'{group}' is more than the name of a variable, which "
                        "templates here cannot compute",
                        group=found.group(),
                    )
                )
            is_item = self.has_item_variable and path.startswith("item")
            return f"{{{{ {path if is_item else 'item.' + path} }}}}"

        if "{%" in _VARIABLE.sub("", text):
            raise NoCounterpartError(
                worded(
                    "evals.templates_here_no_statements",
                    "templates here have no statements such as '{{% … %}}'",
                )
            )
        return _VARIABLE.sub(ours, text)


def criterion_of(assertion: Any, translation: Translation) -> dict[str, Any]:
    """Return the criterion that means the same; raises NoCounterpartError with the reason."""
    if not isinstance(assertion, Mapping):
        raise NoCounterpartError(
            worded(
                "evals.another_file_no_assertion",
                "it is in another file, or no assertion",
            )
        )
    given = cast("Mapping[str, Any]", assertion)
    unknown = sorted(key for key in given.keys() - _KNOWN if given[key] is not None)
    if unknown:
        raise NoCounterpartError(
            worded(
                "evals.no_counterpart_here",
                "'{unknown}' has no counterpart here",
                unknown=unknown[0],
            )
        )
    kind = str(given.get("type"))
    name = str(given.get("metric") or kind)
    value = given.get("value")
    if isinstance(value, str) and value.startswith("file://"):
        raise NoCounterpartError(
            worded(
                "evals.value_another_file",
                "its value is in another file ({value})",
                value=value,
            )
        )
    if kind in _CHECKS:
        return {**_compared(value, translation, name), "operation": _CHECKS[kind]}
    if kind in _MEASURES:
        metric, threshold = _MEASURES[kind]
        return {
            **_compared(value, translation, name),
            "type": "text_similarity",
            "evaluation_metric": metric,
            "pass_threshold": given.get("threshold", threshold),
        }
    if kind in _TESTS:
        return _python(name, _test(kind, value))
    if kind == "is-json" and value is None:
        return _python(name, _IS_JSON)
    if kind == "python" and isinstance(value, str):
        threshold = given.get("threshold", _ABOVE_NOTHING)
        return {**_python(name, _wrapped(value, translation)), "pass_threshold": threshold}
    if kind == "llm-rubric" and isinstance(value, str):
        return _judged(name, given, translation)
    raise NoCounterpartError(
        worded(
            "evals.assertions_type_no_counterpart",
            "assertions of the type '{kind}' have no counterpart here",
            kind=kind,
        )
    )


def _compared(value: Any, translation: Translation, name: str) -> dict[str, Any]:
    if isinstance(value, bool | int | float):
        value = str(value).lower() if isinstance(value, bool) else str(value)
    if not isinstance(value, str):
        raise NoCounterpartError(
            worded(
                "evals.does_not_compare_one",
                "it does not compare with one text",
            )
        )
    return {
        "type": "string_check",
        "name": name,
        "input": _OUTPUT,
        "reference": translation.template(value),
    }


def _test(kind: str, value: Any) -> str:
    wanted = value
    if kind.endswith(("-any", "-all")) and isinstance(value, str):
        wanted = [part.strip() for part in value.split(",")]
    parts = wanted if isinstance(wanted, list) else [wanted]
    if not parts or any(not isinstance(part, str) or "{{" in part for part in parts):
        raise NoCounterpartError(
            worded(
                "evals.value_no_plain_text",
                "its value is no plain text",
            )
        )
    return (
        f"import re\n\nWANTED = {wanted!r}\n\n\ndef grade(sample, item):\n"
        f'    text = sample["output_text"]\n    return float({_TESTS[kind]})\n'
    )


def _python(name: str, source: str) -> dict[str, Any]:
    return {"type": "python", "name": name, "source": source}


def _wrapped(code: str, translation: Translation) -> str:
    """Return promptfoo's inline Python, an expression or the body of a function, as a grader."""
    body = code.strip()
    is_expression = "\n" not in body and not body.startswith("return ")
    function = indent(f"return ({body})" if is_expression else body, "    ")
    variables = '{"item": item, "sample": sample}' if translation.has_item_variable else "item"
    return (
        f"def assertion(output, context):\n{function}\n\n\n"
        "def grade(sample, item):\n"
        f"    variables = {variables}\n"
        '    context = {"vars": variables, "test": {"vars": variables}}\n'
        '    found = assertion(sample["output_text"], context)\n'
        "    if isinstance(found, dict):\n"
        '        found = found["score"] if "score" in found else found["pass"]\n'
        "    return float(found)\n"
    )


def _judged(name: str, given: Mapping[str, Any], translation: Translation) -> dict[str, Any]:
    provider = given.get("provider") or translation.judge
    provider = provider.get("id") if isinstance(provider, Mapping) else provider
    model = str(provider).rpartition(":")[2] if provider else DEFAULT_JUDGE
    content = (
        "Judge whether the output meets the rubric.\n\n"
        f"Rubric:\n{translation.template(given['value'])}\n\nOutput:\n{_OUTPUT}"
    )
    judged = {"name": name, "model": model, "input": [{"role": "user", "content": content}]}
    if given.get("threshold") is not None:
        threshold = given["threshold"]
        return {"type": "score_model", **judged, "range": [0, 1], "pass_threshold": threshold}
    labels = {"labels": ["pass", "fail"], "passing_labels": ["pass"]}
    return {"type": "label_model", **judged, **labels}

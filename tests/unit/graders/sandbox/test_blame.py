"""Code that raises: over the sample, which then fails, or over anything else, which is an error."""

import contextlib
import json
from collections.abc import Mapping
from typing import Any

import pytest

from understudy.graders.sandbox.blame import blames_sample, places_of

JSON = "import json, re\n"


def blamed(source: str, text: str = "prose", item: Mapping[str, Any] | None = None) -> bool:
    """Run the code as the sandbox does and say whom it blames."""
    scope: dict[str, Any] = {}
    exec(compile(source, "<grader>", "exec"), scope)
    sample = {"output_text": text, "output_tools": [], "output_json": None}
    with contextlib.suppress(ValueError):
        sample["output_json"] = json.loads(text)
    try:
        scope["grade"](sample, item or {"answer": "4", "rows": []})
    except Exception as error:  # noqa: BLE001 any may come
        return blames_sample(
            source, type(error).__name__, places_of(error.__traceback__, "<grader>")
        )
    raise AssertionError("nothing was raised")


def grade(body: str) -> str:
    return (
        JSON + "def grade(sample, item):\n" + "".join(f"    {line}\n" for line in body.split("\n"))
    )


@pytest.mark.parametrize(
    "body",
    [
        "return json.loads(sample['output_text'])['total']",
        "return float(sample['output_text'])",
        "return sample['output_json']['total']",
        "return len(sample['output_tools'][0])",
        "found = re.search('[0-9]+', sample['output_text'])\nreturn float(found.group())",
        "head, tail = sample['output_text'].split('####')\nreturn 1",
        "return float(sample['output_text']) - float(item['answer'])",
        "return {'4': 1.0}[sample['output_text']]",
        "return max(['a', 'b'], key=lambda one: sample['output_json'][one]) == 'a'",
        "return [word['x'] for word in sample['output_text'].split()][0]",
        "return 1 / len(sample['output_tools'])",
        "if sample['output_json'] is None:\n    raise ValueError('no JSON')\nreturn 1",
        "try:\n    said = json.loads(sample['output_text'])\nexcept ValueError:\n"
        "    raise ValueError('no JSON')\nreturn 1",
        "assert isinstance(sample['output_json'], dict)\nreturn 1",
        "with open('/dev/null') as nothing:\n    return float(sample['output_text'])",
    ],
)  # fmt: skip
def test_an_expression_that_reads_the_sample_blames_it(body: str):
    assert blamed(grade(body))


@pytest.mark.parametrize(
    "body",
    [
        "return sample['output_text'] == item['missing']",
        "return float(sample['output_text'] == 'x') / len(item['rows'])",
        "return undefined(sample)",
        "import nothing_of_that_name\nreturn 1",
        "return sample.output_text",
        "return sample['ouput_text']",
        "raise ValueError('always')",
        "return [1][3]",
        "return open(sample['output_text'])",
    ],
)  # fmt: skip
def test_anything_else_does_not(body: str):
    assert not blamed(grade(body))


def test_the_sample_is_followed_through_functions():
    source = JSON + (
        "def total(text, key):\n    return json.loads(text)[key]\n"
        "def wanted(item):\n    return item['total']\n"
        "def grade(sample, item):\n    def inner(key):\n"
        "        return total(sample['output_text'], key)\n    {}\n"
    )
    assert blamed(source.format("return total(sample['output_text'], 'a')"))
    assert blamed(source.format("return total(key='a', text=sample['output_text'])"))
    assert blamed(source.format("return total('{}', sample['output_text'])"))
    assert blamed(source.format("return inner('a')"))
    assert not blamed(source.format("return wanted(item)"))
    assert not blamed(source.format("return total(item['answer'], 'a')"))


def test_a_grader_that_is_no_plain_function_is_never_taken_to_blame():
    assert not blamed("grade = lambda sample, item: float(sample['output_text'])\n")
    assert not blames_sample("", "KeyError", [])

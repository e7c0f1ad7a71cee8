"""Files of pairs become rendered pairs, or the job's error with the line."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.tiny import TEMPLATE, renderer
from understudy.errors import JobFailedError
from understudy.training.preference.pairs import RenderedPair
from understudy.worker.trainer.reading_pairs import _Reader


class Reporter:
    """Keeps warnings."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def check_stop(self) -> None:
        """Let the work continue."""

    def warn(self, message: str) -> None:
        self.warnings.append(message)


def line(question: str = "Norway?", good: str = "Oslo", bad: str = "Bergen") -> dict[str, Any]:
    return {
        "input": {"messages": [{"role": "user", "content": question}]},
        "preferred_output": [{"role": "assistant", "content": good}],
        "non_preferred_output": [{"role": "assistant", "content": bad}],
    }


def read(
    tmp_path: Path, lines: list[dict[str, Any]], reporter: Reporter | None = None
) -> list[RenderedPair]:
    path = tmp_path / "pairs.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)))
    reader = _Reader("tiny", renderer(tmp_path / "model"), reporter or Reporter())
    return reader.read(path, "training", "file-1")


def test_only_the_answers_are_learned_and_the_question_is_shared(tmp_path: Path):
    pair = read(tmp_path, [line()] * 10)[0]

    first = pair.preferred.trained.index(True)
    assert pair.shared >= first
    assert pair.preferred.ids[:first] == pair.rejected.ids[:first]
    learned = [i for i, t in zip(pair.preferred.ids, pair.preferred.trained, strict=True) if t]
    assert "Oslo" in renderer(tmp_path / "model").decode(learned)


def calling(city: str, call_id: str = "call_1") -> dict[str, Any]:
    function = {"name": "weather", "arguments": json.dumps({"city": city})}
    return {
        "role": "assistant",
        "tool_calls": [{"id": call_id, "type": "function", "function": function}],
    }


def test_a_preferred_call_that_cannot_be_forced_is_a_warning(tmp_path: Path):
    schema = {"type": "object", "properties": {"town": {}}, "additionalProperties": False}
    tool = {"type": "function", "function": {"name": "weather", "parameters": schema}}
    asked = line()["input"] | {"tools": [tool]}
    reporter = Reporter()

    read(
        tmp_path, [line() | {"input": asked, "preferred_output": [calling("Oslo")]}] * 10, reporter
    )

    assert "10 example(s) of the training file (line 1, 2, 3" in reporter.warnings[0]


def test_answers_that_call_tools_are_learned_to_the_end_of_the_call(tmp_path: Path):
    tool = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}
    pair = read(
        tmp_path,
        [
            line()
            | {
                "input": line()["input"] | {"tools": [tool]},
                "preferred_output": [calling("Oslo")],
                "non_preferred_output": [calling("Bergen")],
            }
        ]
        * 10,
    )[0]

    text = renderer(tmp_path / "model").decode(list(pair.preferred.ids))
    assert '"name": "weather"' in text
    of_both = []
    for answer in (pair.preferred, pair.rejected):
        learned = [i for i, t in zip(answer.ids, answer.trained, strict=True) if t]
        of_both.append(renderer(tmp_path / "model").decode(learned))
    assert "Oslo" in of_both[0]
    assert "Bergen" in of_both[1]
    assert all("weather" in learned for learned in of_both)


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ({"messages": []}, "not using 'supervised' as the training method (provided method=dpo)"),
        (line(good="Oslo", bad="Oslo"), "the same"),
        (
            line()
            | {
                "preferred_output": [calling("Oslo", "call_1")],
                "non_preferred_output": [calling("Oslo", "call_2")],
            },
            "the same",
        ),
        (line(question="why " * 600), "leaves no room for an answer"),
        (line(good="o " * 600 + "a", bad="o " * 600 + "b"), "prefers nothing"),
    ],
)
def test_a_pair_that_teaches_nothing_is_named_with_its_line(
    tmp_path: Path, bad: dict[str, Any], words: str
):
    lines = [line()] * 10 if "input" in bad else []
    with pytest.raises(JobFailedError) as refused:
        read(tmp_path, [*lines, bad])

    assert words in refused.value.message
    assert refused.value.param == "training_file"


def test_an_answer_that_does_not_fit_is_cut_and_the_owner_warned(tmp_path: Path):
    reporter = Reporter()

    pairs = read(tmp_path, [*[line()] * 9, line(good="o " * 600)], reporter)

    assert len(pairs[-1].preferred.ids) == 512
    assert "the first in line 10" in reporter.warnings[0]


def test_what_a_template_has_no_place_for_is_named_by_its_message(tmp_path: Path):
    refusing = (
        "{% if messages[0].role == 'system' %}{{ raise_exception('No system, please.') }}"
        "{% endif %}" + TEMPLATE
    )
    instructed = line()
    instructed["input"]["messages"].insert(0, {"role": "system", "content": "Be brief."})
    path = tmp_path / "pairs.jsonl"
    path.write_text("\n".join(map(json.dumps, [line()] * 10 + [instructed])))
    reader = _Reader("tiny", renderer(tmp_path / "model", refusing), Reporter())
    with pytest.raises(JobFailedError, match=r"Example 11 .* Message 1 has the role system"):
        reader.read(path, "training", "file-1")

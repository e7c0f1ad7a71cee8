"""Files of prompts are read for training, or the job's error names the line."""

import json
from pathlib import Path
from typing import Any

import pytest

from understudy.data.examples import ReinforcementExample
from understudy.errors import JobFailedError
from understudy.graders.string_check import StringCheck
from understudy.graders.template import read_template
from understudy.worker.trainer.reading_prompts import PromptFiles, check_graded, read_prompts


class Reporter:
    """Keeps warnings."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def check_stop(self) -> None:
        """Let the work continue."""

    def warn(self, message: str) -> None:
        self.warnings.append(message)


def line(content: Any = "2+2?", **keys: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": content}], **keys}


def image(url: str) -> list[dict[str, Any]]:
    return [{"type": "image_url", "image_url": {"url": url}}]


def read(
    tmp_path: Path,
    lines: list[dict[str, Any]],
    which: Any = "training",
    reporter: Reporter | None = None,
) -> tuple[ReinforcementExample, ...]:
    path = tmp_path / "prompts.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)))
    return read_prompts(path, which, "file-1", reporter or Reporter())  # pyright: ignore[reportArgumentType]


def test_graders_get_every_key_but_the_conversation(tmp_path: Path):
    prompt = read(tmp_path, [line(answer=4, unit="apples")] * 10)[0]

    assert (prompt.line, prompt.item) == (1, {"answer": 4, "unit": "apples"})


@pytest.mark.parametrize(
    ("which", "lines", "code", "words"),
    [
        ("training", [line()] * 9, "invalid_n_examples", "has 9 example(s)"),
        ("validation", [line()] * 1001, "invalid_n_examples", "at most 1,000 validation"),
        (
            "training",
            [{"messages": [*line()["messages"], {"role": "assistant", "content": "4"}]}] * 10,
            "invalid_training_file",
            "fine-tune-chat format",
        ),
        (
            "training",
            [*[line()] * 10, line(image("https://example.org/a.png"))],
            "invalid_training_file",
            "Example 11 cannot be rendered for this model: it shows images",
        ),
    ],
)
def test_a_file_that_cannot_be_answered_fails_the_job(
    tmp_path: Path, which: str, lines: list[dict[str, Any]], code: str, words: str
):
    with pytest.raises(JobFailedError) as refused:
        read(tmp_path, lines, which)

    assert refused.value.code == code
    assert refused.value.param == f"{which}_file"
    assert words in refused.value.message


def test_lines_with_broken_images_are_left_out_with_a_warning(tmp_path: Path):
    reporter = Reporter()
    lines = [*[line()] * 10, line(image("data:image/png;base64,AAAA"))]

    assert len(read(tmp_path, lines, reporter=reporter)) == 10
    assert "1 example(s) of the training file were left out" in reporter.warnings[0]


def test_the_first_line_without_what_a_grader_names_fails_the_job(tmp_path: Path):
    grader = StringCheck(
        name="same",
        input=read_template("{{ sample.output_text }}", param="input"),
        reference=read_template("{{ item.answer }}", param="reference"),
        operation="eq",
        pass_threshold=1.0,
    )
    training = read(tmp_path, [*[line(answer="4")] * 10, line(anwser="4")])
    files = PromptFiles(training=training, validation=training[:1])

    check_graded(PromptFiles(training=training[:10], validation=training[:1]), [grader])
    with pytest.raises(JobFailedError) as refused:
        check_graded(files, [grader])

    assert refused.value.code == "invalid_variable"
    assert "Example 11 has no value for the variable 'item.answer'" in refused.value.message

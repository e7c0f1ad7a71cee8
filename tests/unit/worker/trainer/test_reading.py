import json
from pathlib import Path

import pytest

from tests import tiny
from tests.unit.chat.frames import SMOLLM2
from tests.unit.worker.support import Home, chat_lines, open_home
from understudy.chat.rendering.renderer import ChatRenderer
from understudy.data.images.sources import TEXT_ONLY, ImageSource, LookedAtImages
from understudy.errors import JobFailedError
from understudy.jobs.creation import NewJob
from understudy.jobs.service import create_job
from understudy.planning.hyperparameters import JobHyperparameters
from understudy.registry.catalogue import BaseModel, Catalogue
from understudy.storage.jobs.events import list_events
from understudy.storage.tables.jobs import JobRow
from understudy.worker.trainer.reading import read_examples


class Listener:
    """Stands for the job's reporter: remembers the warnings."""

    def __init__(self, images: ImageSource = TEXT_ONLY) -> None:
        self.warnings: list[str] = []
        self.images = images

    def warn(self, message: str) -> None:
        self.warnings.append(message)

    def check_stop(self) -> None:
        """Nobody stops these."""


@pytest.fixture
def renderer(tmp_path: Path) -> ChatRenderer:
    directory = tiny.write_renderer(tmp_path / "renderer")
    (directory / "config.json").write_text('{"max_position_embeddings": 96}')
    return ChatRenderer.from_directory(directory)


def read(tmp_path: Path, content: bytes, renderer: ChatRenderer, listener: Listener):
    path = tmp_path / "file.jsonl"
    path.write_bytes(content)
    return read_examples(
        path,
        "training",
        "file-X",
        renderer,
        listener,  # type: ignore[arg-type]
        base="b",
        splits_turns=False,
    )


def test_examples_that_fit_are_read_without_a_word(tmp_path: Path, renderer: ChatRenderer):
    listener = Listener()
    examples = read(tmp_path, chat_lines(10), renderer, listener)
    assert len(examples) == 10
    assert "Sunny" in renderer.decode(examples[0].ids)
    assert listener.warnings == []


def test_a_file_with_tools_that_the_template_refuses_gets_the_command_that_helps(tmp_path: Path):
    renderer = tiny.renderer(tmp_path / "renderer", SMOLLM2)
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    messages = [{"role": "user", "content": "x"}, {"role": "assistant", "tool_calls": [call]}]
    line = {"messages": messages, "tools": [{"type": "function", "function": {"name": "f"}}]}
    content = (json.dumps(line) + "\n").encode() * 10

    with pytest.raises(JobFailedError, match="understudy models set-template b chatml-think"):
        read(tmp_path, content, renderer, Listener())


def test_long_examples_are_cut_from_the_end_and_counted(tmp_path: Path, renderer: ChatRenderer):
    listener = Listener()
    content = chat_lines(10) + chat_lines(2, answer="rain and sun " * 100)
    examples = read(tmp_path, content, renderer, listener)
    assert [len(example.ids) == 96 for example in examples] == [False] * 10 + [True] * 2
    assert all(len(example.trained) == len(example.ids) for example in examples)
    assert listener.warnings == [
        "2 example(s) of the training file are longer than the model's context of 96 tokens and "
        "were cut from the end."
    ]


def test_examples_whose_answer_was_cut_off_are_left_out(tmp_path: Path, renderer: ChatRenderer):
    listener = Listener()
    long_question = chat_lines(1).replace(b"Paris", b"Paris " * 300)
    examples = read(tmp_path, chat_lines(10) + long_question, renderer, listener)
    assert len(examples) == 10
    assert "1 example(s)" in listener.warnings[1]
    assert "left out" in listener.warnings[1]


def test_a_file_with_nothing_left_to_learn_fails(tmp_path: Path, renderer: ChatRenderer):
    content = chat_lines(10).replace(b"Paris", b"Paris " * 300)
    with pytest.raises(JobFailedError, match="None of its examples") as failure:
        read(tmp_path, content, renderer, Listener())
    assert failure.value.code == "invalid_training_file"
    assert failure.value.param == "training_file"


def test_what_a_template_refuses_fails_the_job_with_its_line(tmp_path: Path):
    template = "{{ raise_exception('No users, please.') }}"
    refusing = tiny.renderer(tmp_path / "refusing", template)
    with pytest.raises(JobFailedError, match=r"Example 1 cannot be rendered .* No users, please"):
        read(tmp_path, chat_lines(10), refusing, Listener())


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (
            b'{"input": {}, "preferred_output": [], "non_preferred_output": []}',
            "is not using 'dpo' as the training method",
        ),
        (
            b'{"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": '
            b'{"url": "https://example.com/a.png"}}]}, {"role": "assistant", "content": "x"}]}',
            "images in training files are not read here",
        ),
        (
            b'{"messages": [{"role": "user", "content": "x"}], "reference_answer": "y"}',
            "is not using 'reinforcement' as the training method",
        ),
    ],
    ids=["preferences", "images", "reinforcement"],
)
def test_formats_that_cannot_be_trained_yet_fail_the_job_with_the_reason(
    tmp_path: Path, renderer: ChatRenderer, line: bytes, reason: str
):
    with pytest.raises(JobFailedError, match=reason) as failure:
        read(tmp_path, (line + b"\n") * 12, renderer, Listener())
    assert failure.value.param == "training_file"


def test_lines_whose_images_cannot_be_used_are_left_out_and_reported(
    tmp_path: Path, renderer: ChatRenderer
):
    broken = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    line = {
        "messages": [
            {"role": "user", "content": [broken]},
            {"role": "assistant", "content": "a cat"},
        ]
    }
    listener = Listener(LookedAtImages())
    content = chat_lines(10) + (json.dumps(line) + "\n").encode() * 12
    assert len(read(tmp_path, content, renderer, listener)) == 10
    (warning,) = listener.warnings
    assert warning.startswith(
        "12 example(s) of the training file were left out, because their images cannot be used.\n"
        "Example 11, message 1, image 1 cannot be used: it is not a JPEG, PNG, WEBP or GIF image\n"
    )
    assert warning.endswith("\n...")


def test_calls_that_no_request_could_force_are_reported_with_their_lines(tmp_path: Path):
    schema = {"type": "object", "properties": {"a": {"type": "integer"}, "b": {}}}
    tools = [{"type": "function", "function": {"name": "f", "parameters": schema}}]

    def line(arguments: str) -> bytes:
        function = {"name": "f", "arguments": arguments}
        call = {"id": "c", "type": "function", "function": function}
        said = [{"role": "user", "content": "x"}, {"role": "assistant", "tool_calls": [call]}]
        return json.dumps({"messages": said, "tools": tools}).encode() + b"\n"

    listener = Listener()
    content = line('{"a": 1, "b": 2}') * 10 + line('{"b": 2, "a": 1}') + line('{"a": "1"}')
    renderer = tiny.renderer(tmp_path / "renderer")
    assert len(read(tmp_path, content, renderer, listener)) == 12
    (warning,) = listener.warnings
    assert "2 example(s) of the training file (line 11, 12) contain tool calls" in warning
    assert "Line 11: " in warning


_LINE = {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}


def trained(home: Home, safety_mix: float | None) -> tuple[JobRow, list[str]]:
    base = BaseModel(name="tiny", directory=home.base_directory, created=1, is_builtin=False)
    new = NewJob(
        model="tiny",
        training_file=home.add_file((json.dumps(_LINE).encode() + b"\n") * 18),
        safety_mix=safety_mix,
        seed=7,
        hyperparameters=JobHyperparameters(n_epochs=1, batch_size=10),
        organization="personal",
    )
    catalogue = Catalogue(bases={"tiny": base}, aliases={})
    job = create_job(home.database, catalogue, home.project, new)
    home.attempt()
    with home.database.read() as session:
        events = list_events(session, job.id, after=None, limit=50)
    return home.job(job.id), [event.message for event in events.items]


def test_demonstrations_are_mixed_in_and_counted(tmp_path: Path, base_directory: Path):
    home = open_home(tmp_path, base_directory)
    plain, said = trained(home, None)
    assert not any("demonstrations" in message for message in said)
    mixed, said = trained(home, 0.1)
    assert mixed.status == "succeeded"
    assert (
        "Mixed 2 safe demonstrations into 18 examples (safety_mix 0.1): 1 refusals and 1 harmless "
        "requests with answers, chosen by the job's seed." in said
    )
    assert (mixed.trained_tokens or 0) > (plain.trained_tokens or 0)
    home.database.close()

"""What is known here of an old model: its training file, its stored completions, a given file."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from openai import NotFoundError, OpenAI
from pydantic import ValidationError

from understudy.answering.plan import plan_chat
from understudy.cli.evals.api import Json, get, pages
from understudy.errors import InvalidRequestError
from understudy.schemas.chat.request import CreateChatCompletion

_PAGE = 100
_MESSAGE_KEYS = (
    "role",
    "content",
    "refusal",
    "name",
    "tool_calls",
    "tool_call_id",
    "function_call",
)


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """One prompt of the old model, with an answer where one is known."""

    messages: list[dict[str, Any]]
    tools: list[Any]
    response_format: Mapping[str, Any] | None
    answer: Mapping[str, Any] | None
    answered_by: str
    """Whose answer it is: the old model's, or that of a file."""
    place: str
    """Where it stands, in words."""
    finish_reason: str = "stop"

    @property
    def question(self) -> dict[str, Any]:
        """The line of a file of questions."""
        line: dict[str, Any] = {"messages": self.messages}
        if self.tools:
            line["tools"] = self.tools
        if self.response_format is not None:
            line["response_format"] = self.response_format
        return line

    @property
    def pair(self) -> dict[str, Any]:
        """The line of a log that says the answer too."""
        request = {**self.question, "model": self.answered_by}
        choice = {"message": self.answer, "finish_reason": self.finish_reason}
        # Its own id, or the copy would be taken for the completion that it is a copy of.
        response = {"id": "clone", "model": self.answered_by, "choices": [choice]}
        return {"request": request, "response": response}


@dataclass(kw_only=True)
class Material:
    """The prompts, each once, and where they came from."""

    prompts: dict[str, Prompt] = field(default_factory=dict[str, Prompt])
    counts: dict[str, int] = field(default_factory=dict[str, int])
    """Prompts that each source adds to the ones before."""
    remarks: list[str] = field(default_factory=list[str])

    def add(self, source: str, found: Iterator[Prompt]) -> None:
        """Take the prompts of a source that are not known yet and can be asked here."""
        before = len(self.prompts)
        problems: list[str] = []
        for each in found:
            if (problem := _problem_of(each)) is not None:
                problems.append(f"{each.place}: {problem}")
                continue
            key = json.dumps(each.question, sort_keys=True)
            known = self.prompts.get(key)
            if known is None or (known.answer is None and each.answer is not None):
                self.prompts[key] = each
        self.counts[source] = len(self.prompts) - before
        if problems:
            self.remarks.append(
                f"{len(problems)} of {source} cannot be asked here and are left out. {problems[0]}"
            )


def gather(client: OpenAI, old: str, file: Path | None) -> Material:
    """Return the prompts that are known here of a model.

    Stored completions come first: theirs are the old model's own answers. Raises
    InvalidRequestError when nothing is known, and for a line that holds no prompt.
    """
    material = Material()
    material.add("stored completions", _of_completions(client, old))
    job = _job_of(client, old)
    if job is None:
        material.remarks.append(
            f"No imported job made {old}, so its training file is not used; "
            "'understudy import openai' takes jobs along."
        )
    else:
        _add_training_file(client, job, material)
    if file is not None:
        lines = enumerate(file.read_bytes().splitlines(), start=1)
        material.add(file.name, _of_lines(lines, file.name, f"file {file.name}"))
    if not material.prompts:
        raise InvalidRequestError(
            f"Nothing is known here of {old}: no imported job made it, and no stored completion is "
            "one of its. Run 'understudy import openai', or give prompts with --file."
        )
    return material


def _add_training_file(client: OpenAI, job: Json, material: Material) -> None:
    id, copies = job["object"]["training_file"], job["file_ids"]
    if id not in copies:
        material.remarks.append(f"The training file {id} was deleted before it could be imported.")
        return
    try:
        content = client.files.content(copies[id]).content
    except NotFoundError:
        material.remarks.append(f"{copies[id]}, the copy of the training file {id}, was deleted.")
        return
    lines = enumerate(content.splitlines(), start=1)
    material.add("training file", _of_lines(lines, f"the training file {id}", "training file"))


def _job_of(client: OpenAI, old: str) -> Json | None:
    after: str | None = None
    while True:
        page = get(client, "/x/history/jobs", limit=_PAGE, after=after)
        for record in page["data"]:
            made = [
                each.get("fine_tuned_model_checkpoint")
                for each in record["parts"].get("checkpoints") or ()
            ]
            if old in (record["object"].get("fine_tuned_model"), *made):
                return record
        if not page["has_more"]:
            return None
        after = page["data"][-1]["id"]


def _problem_of(prompt: Prompt) -> str | None:
    """Return why a prompt is no request of this server, or None."""
    try:
        request = CreateChatCompletion.model_validate({"model": "old", **prompt.question})
        plan_chat(request)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        path = ".".join(str(step) for step in first["loc"] if not str(step).startswith("<"))
        return f"'{path}': {first['msg']}"
    except InvalidRequestError as error:
        return error.message
    return None


def _of_lines(lines: Iterator[tuple[int, bytes]], place: str, answered_by: str) -> Iterator[Prompt]:
    for number, line in lines:
        if line.strip():
            try:
                value = json.loads(line)
            except ValueError:
                value = None
            where = f"Line {number} of {place}"
            prompt = _of_line(value, answered_by, where)
            if prompt is None:
                raise InvalidRequestError(
                    f"{where} holds no prompt: it needs 'messages', a list with "
                    "something to answer, or 'prompt', a text."
                )
            yield prompt


def _of_line(value: Any, answered_by: str, place: str) -> Prompt | None:
    if not isinstance(value, dict):
        return None
    line = cast("dict[str, Any]", value)
    # Lines of preference files have their messages in `input`, and the better answer apart.
    inner = line.get("input")
    asked = cast("dict[str, Any]", inner) if isinstance(inner, dict) else line
    messages = asked.get("messages")
    if isinstance(asked.get("prompt"), str) and messages is None:
        messages = [{"role": "user", "content": asked["prompt"]}]
    if not isinstance(messages, list) or not all(isinstance(each, dict) for each in messages):
        return None
    known = [_plain(each) for each in cast("list[dict[str, Any]]", messages)]
    preferred = line.get("preferred_output")
    if isinstance(preferred, list) and preferred:
        known.append(_plain(cast("list[dict[str, Any]]", preferred)[-1]))
    answer = known.pop() if known and known[-1].get("role") == "assistant" else None
    if not known:
        return None
    form = line.get("response_format")
    return Prompt(
        messages=known,
        tools=asked.get("tools") or [],
        response_format=form,
        answer=answer,
        answered_by=answered_by,
        place=place,
    )


def _of_completions(client: OpenAI, old: str) -> Iterator[Prompt]:
    for found in pages(client, "/chat/completions", model=old):
        path = f"/chat/completions/{found['id']}/messages"
        choice = found["choices"][0]
        yield Prompt(
            messages=[_stored(each) for each in pages(client, path)],
            tools=found.get("tools") or [],
            response_format=found.get("response_format"),
            answer=_plain(choice["message"]) | _refusal(choice["message"]),
            answered_by=old,
            place=f"The completion {found['id']}",
            finish_reason=choice["finish_reason"],
        )


def _stored(message: Json) -> dict[str, Any]:
    parts = message.get("content_parts")
    return _plain(message) | ({"content": parts} if parts else {})


def _refusal(message: Json) -> dict[str, Any]:
    return {"refusal": message["refusal"]} if message.get("refusal") else {}


def _plain(message: Json) -> dict[str, Any]:
    """Return what asks or answers something: no weights, no ids."""
    return {key: message[key] for key in _MESSAGE_KEYS if message.get(key) is not None}

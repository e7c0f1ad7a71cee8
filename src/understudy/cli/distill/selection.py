"""Reads the options of `understudy distill`: which stored answers, and how good they must be."""

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

import typer
from openai import OpenAI

from understudy.cli.grader_file import read_grader

_CONDITION = re.compile(r"(?P<name>[a-z_]+)(?:\[(?P<key>[^\]]{1,64})\])?=(?P<value>.*)", re.DOTALL)
_KEEP = re.compile(r"(?P<grader>.+?)\s*>=\s*(?P<least>-?[0-9.]+)\s*", re.DOTALL)


class LearningMethod(StrEnum):
    """What a student learns of its teacher."""

    ANSWERS = "answers"
    PROBABILITIES = "probabilities"
    ON_POLICY = "on_policy"


_OWNERS = {
    "temperature": LearningMethod.PROBABILITIES,
    "top_k": LearningMethod.PROBABILITIES,
    "mix": LearningMethod.PROBABILITIES,
    "max_tokens": LearningMethod.ON_POLICY,
}
_TIMES = ("created_after", "created_before")
_TEXTS = ("model", "instructions_search")


def selected_of(ids: Path) -> dict[str, Any]:
    """Return the source of the answers whose ids a file has, one a line."""
    named = [line.strip() for line in ids.read_text().splitlines()]
    return {"type": "selected", "ids": [line for line in named if line]}


def source_of(conditions: Sequence[str], *, responses: bool, limit: int | None) -> dict[str, Any]:
    """Return the source that conditions such as `metadata[task]=triage` describe.

    Raises typer.BadParameter for one that cannot be read.
    """
    source: dict[str, Any] = {"type": "responses" if responses else "stored_completions"}
    for condition in conditions:
        read = _CONDITION.fullmatch(condition)
        if read is None:
            raise _unreadable(condition)
        name, key, value = read["name"], read["key"], read["value"]
        if name == "metadata" and key is not None:
            source.setdefault("metadata", {})[key] = value
        elif name in _TIMES and key is None and value.isdecimal():
            source[name] = int(value)
        elif name in _TEXTS and key is None:
            source[name] = value
        else:
            raise _unreadable(condition)
    if limit is not None:
        source["limit"] = limit
    return source


def questions_of(
    client: OpenAI,
    questions: str,
    instructions: Path | None,
    limit: int | None,
    max_tokens: int | None,
) -> dict[str, Any]:
    """Return the source of questions in a local file, which is uploaded, or an uploaded one."""
    path = Path(questions)
    if path.is_file():
        with path.open("rb") as content:
            questions = client.files.create(file=content, purpose="user_data").id
    given = {
        "instructions": None if instructions is None else instructions.read_text().strip(),
        "limit": limit,
        "max_tokens": max_tokens,
    }
    return {"type": "questions", "file_id": questions} | {
        name: value for name, value in given.items() if value is not None
    }


def method_of(method: LearningMethod, settings: Mapping[str, float | None]) -> dict[str, Any]:
    """Return the method as the API takes it; raises typer.BadParameter for what is not its own."""
    given = {name: value for name, value in settings.items() if value is not None}
    for name in given:
        owner = _OWNERS[name]
        if method is not owner:
            option = "--" + name.replace("_", "-")
            raise typer.BadParameter(f"{option} goes with --method {owner}.")
    return {"type": method.value, **given}


def keep_if_of(text: str) -> dict[str, Any]:
    """Return the rule that `GRADER.json>=0.8` says; the file holds one grader.

    Raises typer.BadParameter for a rule or a file that cannot be read.
    """
    read = _KEEP.fullmatch(text)
    if read is None:
        raise typer.BadParameter(
            f"'{text}' is not of the form GRADER.json>=SCORE, such as judge.json>=0.8."
        )
    grader = read_grader(Path(read["grader"]))
    return {"grader": grader, "at_least": float(read["least"])}


def _unreadable(condition: str) -> typer.BadParameter:
    return typer.BadParameter(
        f"'{condition}' is no condition. Conditions are metadata[KEY]=VALUE, model=NAME, "
        "created_after=SECONDS, created_before=SECONDS and, for responses, "
        "instructions_search=TEXT."
    )

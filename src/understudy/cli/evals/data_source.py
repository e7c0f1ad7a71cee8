"""Builds the data source of a run from the options of the command line."""

import json
from pathlib import Path
from typing import Any

from openai import OpenAI

from understudy.errors import InvalidRequestError
from understudy.wording import worded


def data_source(
    client: OpenAI,
    data: Path,
    *,
    model: str | None,
    prompt: str | None,
    system: str | None,
    messages: str | None,
    temperature: float,
    max_tokens: int | None,
) -> dict[str, Any]:
    """Return the data source of a run over a file of rows, which is uploaded if it is none yet.

    With a model, its input is the `prompt` template or the conversation in the field `messages`.
    Without one the rows hold the completions.
    """
    if not (data.is_file() or _is_id(data)):
        raise InvalidRequestError(
            worded("cli.file_not_found", "File not found: {file}.", file=str(data))
        )
    if model is None:
        if prompt is not None or messages is not None or system is not None:
            raise InvalidRequestError(
                worded(
                    "cli.evals.prompt_system_messages_need",
                    "--prompt, --system and --messages need a model; add --model MODEL.",
                )
            )
        return {"type": "jsonl", "source": _uploaded(client, data)}
    if (prompt is None) == (messages is None):
        raise InvalidRequestError(
            worded(
                "cli.evals.add_either_prompt_item",
                "Add either --prompt '{{{{ item.question }}}}', or --messages "
                "item.input when each row has a whole conversation.",
            )
        )
    sampling: dict[str, Any] = {"temperature": temperature}
    if max_tokens is not None:
        sampling["max_completion_tokens"] = max_tokens
    return {
        "type": "completions",
        "model": model,
        "input_messages": _input_messages(prompt, system, messages),
        "sampling_params": sampling,
        "source": _uploaded(client, data),
    }


def _input_messages(prompt: str | None, system: str | None, messages: str | None) -> dict[str, Any]:
    if messages is not None:
        if system is not None:
            raise InvalidRequestError(
                worded(
                    "cli.evals.system_needs_prompt_messages",
                    "--system needs --prompt; with --messages, put the system "
                    "message into the rows.",
                )
            )
        return {"type": "item_reference", "item_reference": messages}
    template = [{"role": "user", "content": prompt}]
    if system is not None:
        template.insert(0, {"role": "developer", "content": system})
    return {"type": "template", "template": template}


def _is_id(data: Path) -> bool:
    return not data.is_file() and str(data).startswith("file-")


def _uploaded(client: OpenAI, data: Path) -> dict[str, str]:
    if _is_id(data):
        return {"type": "file_id", "id": str(data)}
    return {"type": "file_id", "id": client.files.create(file=data, purpose="evals").id}


def read_json(path: Path) -> Any:
    """Read a JSON file, or the eval in the first line of an export (JSON Lines)."""
    if not path.is_file():
        raise InvalidRequestError(
            worded("cli.file_not_found", "File not found: {file}.", file=str(path))
        )
    text = path.read_text(encoding="utf-8")
    try:
        value = json.loads(text)
    except ValueError as error:
        try:
            value = json.loads(text.split("\n", 1)[0])
        except ValueError:
            raise InvalidRequestError(
                worded(
                    "cli.evals.not_json",
                    "{path} is not JSON: {error}.",
                    path=path,
                    error=str(error),
                )
            ) from None
    return value.get("eval", value) if isinstance(value, dict) else value

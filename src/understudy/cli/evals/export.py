"""Exports evals as JSON Lines or as a promptfoo configuration."""

import json
from collections.abc import Iterator
from typing import Any

import yaml
from openai import OpenAI

from understudy.cli.evals.api import Json, get, pages
from understudy.errors import InvalidRequestError
from understudy.evals.exchange.promptfoo import ExportedRow, Promptfoo, promptfoo_config
from understudy.wording import worded

_HEAD = "# Made by 'understudy evals export'. Run it with: npx promptfoo eval -c THIS_FILE\n"
_NEEDS = (
    "# Some criteria are graded by Python code that needs this package: pip install understudy,\n"
    "# and name the interpreter in PROMPTFOO_PYTHON.\n"
)


def json_lines(client: OpenAI, eval_id: str) -> Iterator[str]:
    """Yield the eval, and each of its runs followed by its output items, one object per line."""
    yield _line("eval", get(client, f"/evals/{eval_id}"))
    for run in pages(client, f"/evals/{eval_id}/runs"):
        yield _line("run", run)
        for item in pages(client, f"/evals/{eval_id}/runs/{run['id']}/output_items"):
            yield _line("output_item", item)


def promptfoo_yaml(client: OpenAI, eval_id: str, run_id: str | None) -> tuple[str, Promptfoo]:
    """Return the configuration for one run, by default the latest."""
    run = _run(client, eval_id, run_id)
    items = pages(client, f"/evals/{eval_id}/runs/{run['id']}/output_items")
    rows = [ExportedRow(item=item["datasource_item"], sample=_sample(item)) for item in items]
    made = promptfoo_config(get(client, f"/evals/{eval_id}"), run["data_source"], rows)
    notes = "".join(f"# Not exported: {' '.join(text.split())}\n" for text in made.left_out)
    notes += _NEEDS if made.needs_understudy else ""
    text = yaml.dump(made.config, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
    return _HEAD + notes + text, made


def _run(client: OpenAI, eval_id: str, run_id: str | None) -> Json:
    if run_id is not None:
        return get(client, f"/evals/{eval_id}/runs/{run_id}")
    latest = get(client, f"/evals/{eval_id}/runs", limit=1, order="desc")["data"]
    if not latest:
        raise InvalidRequestError(
            worded(
                "cli.evals.no_runs_promptfoo_configuration",
                "{eval_id} has no runs; a promptfoo configuration needs one for its "
                "rows and prompt. Run the eval first, or use --format jsonl.",
                eval_id=eval_id,
            )
        )
    return latest[0]


def _sample(item: Json) -> Json:
    """Return what was graded, as far as an output item shows it."""
    output = item["sample"]["output"]
    message = {"role": "assistant", "content": "", **(output[0] if output else {})}
    text, calls = message["content"], message.get("tool_calls") or []
    choices = [{"index": 0, "message": message}]
    return {"output_text": text, "output_tools": calls, "choices": choices}


def _line(kind: str, value: Json) -> str:
    return json.dumps({"type": kind, kind: value}, ensure_ascii=False)


class _Dumper(yaml.SafeDumper):
    """Writes multi-line texts as readable blocks."""


def _text(dumper: yaml.SafeDumper, text: str) -> Any:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)

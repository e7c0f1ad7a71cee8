"""`understudy models check` and `release`: what a model's safety check found, and the release."""

import time
from typing import Annotated, Any
from urllib.parse import quote

import typer
from openai import OpenAI

from understudy.cli.client import api_client
from understudy.cli.console import out, printable
from understudy.cli.models.check_table import print_changes
from understudy.wording import stored_sentence, worded

_LOOK_SECONDS = 2.0

Model = Annotated[str, typer.Argument(help="Name of a fine-tuned model or a checkpoint.")]


def check(
    model: Model,
    again: Annotated[
        bool, typer.Option(help="Ask for another check, which takes back an earlier release.")
    ] = False,
    wait: Annotated[bool, typer.Option(help="Wait until a check that runs has ended.")] = True,
) -> None:
    """Show the safety check of a model; one that nobody checked yet is checked now."""
    with api_client() as client:
        found = _get(client, model)
        if again or found["status"] == "not_checked":
            found = _post(client, model, "check", None)
        while wait and found["status"] == "queued":
            time.sleep(_LOOK_SECONDS)
            found = _get(client, model)
    _show(found)


def release(
    model: Model,
    reason: Annotated[str, typer.Option(help="Why; recorded with the name of your key.")],
) -> None:
    """Let a held model answer; who decided that, when and why is recorded."""
    with api_client() as client:
        released = _post(client, model, "release", {"reason": reason})
    last = released["releases"][-1]
    out.print(
        worded(
            "cli.models.released_key_held_because",
            "{model} is released by the key '{key_name}'. It was held because {held_because}.",
            model=model,
            key_name=last["key_name"],
            held_because=last["held_because"],
        ),
        markup=False,
    )


def _show(check: dict[str, Any]) -> None:
    result = check["result"]
    if result is None:
        words = (
            worded("cli.models.being_checked", "is being checked")
            if check["status"] == "queued"
            else worded("cli.models.no_result", "has no result: {why}", why=check["error"])
        )
        out.print(
            worded(
                "cli.models.not_screened",
                "{model} {words}. Not screened.",
                model=check["model"],
                words=words,
            ),
            markup=False,
        )
    else:
        print_changes(result["results"])
        for said in (result["sentence"], *result["gaps"], *result["notes"]):
            out.print(printable(said), markup=False)
    if check["held_because"] is not None:
        out.print(
            worded(
                "cli.models.held",
                "Held: {held_because}.",
                held_because=stored_sentence(
                    printable(check["held_because"]), check.get("held_wording")
                ),
            ),
            markup=False,
            style="bold",
        )


def _get(client: OpenAI, model: str) -> dict[str, Any]:
    return client.get(_path(model, "check"), cast_to=dict[str, Any])


def _post(client: OpenAI, model: str, what: str, body: object) -> dict[str, Any]:
    return client.post(_path(model, what), cast_to=dict[str, Any], body=body)


def _path(model: str, what: str) -> str:
    return f"/x/models/{quote(model, safe='')}/{what}"

"""`understudy logs`: takes in what other programs logged of their calls of a model."""

from pathlib import Path
from typing import Annotated

import typer

from understudy.cli.client import api_client
from understudy.cli.console import CommandGroup, out, problems
from understudy.cli.evals.api import post
from understudy.wording import worded

app = typer.Typer(cls=CommandGroup, help="Import logs of model calls.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keep `import` a command of its own although it is the only one."""


@app.command("import")
def import_(
    file: Annotated[
        Path,
        typer.Argument(
            exists=True,
            dir_okay=False,
            help="JSONL: pairs of request and response, LiteLLM's log, or OpenTelemetry spans.",
        ),
    ],
    metadata: Annotated[
        list[str] | None,
        typer.Option("--metadata", help="KEY=VALUE for each stored completion."),
    ] = None,
    partial: Annotated[
        bool, typer.Option("--partial", help="Store what can be taken although some cannot.")
    ] = False,
) -> None:
    """Store logged calls as completions, for `understudy distill` and evals."""
    pairs = dict(_pair(each) for each in metadata or ())
    with api_client() as client, file.open("rb") as log:
        uploaded = client.files.create(file=log, purpose="user_data")
        body = {"file_id": uploaded.id, "metadata": pairs, "partial": partial}
        try:
            found = post(client, "/x/chat/completions/import", body)
        finally:
            # The completions are copies; nothing needs the upload.
            client.files.delete(uploaded.id)
    for each in found["problems"]:
        problems.print(each["message"], markup=False)
    out.print(
        worded(
            "cli.distill.imported_known_before_refused",
            "{imported} imported, {known} known before, {refused} refused.",
            imported=found["imported"],
            known=found["known"],
            refused=found["refused"],
        )
    )
    if found["refused"]:
        raise typer.Exit(1)


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not key or not equals:
        raise typer.BadParameter(f"'{text}' is not of the form KEY=VALUE.")
    return key, value

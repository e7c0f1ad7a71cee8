"""`understudy models shadow` and `cutover`: two models under one name, compared and exchanged."""

from typing import Annotated, Any, cast
from urllib.parse import quote

import typer
from openai import OpenAI

from understudy.cli.client import api_client
from understudy.cli.console import local_time, out, print_rows, printable, problems
from understudy.cli.evals.api import Json, get

_SHOWN = 10
_MAX_LETTERS = 100


def shadow(
    name: Annotated[str, typer.Argument(help="The name that code asks for.")],
    old: Annotated[
        str | None, typer.Option(help="The model to compare with: remote or fine-tuned.")
    ] = None,
    new: Annotated[str | None, typer.Option(help="The model that shall take its place.")] = None,
    share: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Share of requests that both models answer.")
    ] = 1.0,
    per_minute: Annotated[
        int, typer.Option(min=1, max=6000, help="At most so many of them a minute.")
    ] = 60,
    keep_answers: Annotated[
        bool, typer.Option("--keep-answers", help="Keep questions and answers of real requests.")
    ] = False,
    end: Annotated[bool, typer.Option("--end", help="End it; the name stays an alias.")] = False,
) -> None:
    """Ask a second model what comes in under a name, and show how often both agree.

    With --old and --new it begins, or changes; without them it is shown.
    """
    if (old is None) != (new is None):
        raise typer.BadParameter("Give both --old and --new, or neither to see how it stands.")
    if end and old is not None:
        raise typer.BadParameter("--end takes no models.")
    path = f"/x/shadows/{quote(name, safe=':')}"
    with api_client() as client:
        if end:
            client.delete(path, cast_to=object)
            out.print(f"The shadow of {name} has ended.", markup=False)
            return
        if old is None:
            _show(client, path, get(client, path))
            return
        body = {"old": old, "new": new, "share": share, "per_minute": per_minute}
        begun = _put(client, path, body | {"keep_answers": keep_answers})
    out.print(
        f"{name} is answered by {_answering(begun)}; {_other(begun)} is asked in the background.",
        markup=False,
        soft_wrap=True,
    )


def cutover(
    name: Annotated[str, typer.Argument(help="The name that code asks for.")],
    back: Annotated[bool, typer.Option("--back", help="Let the old model answer again.")] = False,
) -> None:
    """Let the new model of a shadow answer; the old one is asked in the background from now on."""
    path = f"/x/shadows/{quote(name, safe=':')}/answers"
    with api_client() as client:
        now = _put(client, path, {"answers": "old" if back else "new"})
    out.print(f"{name} is answered by {_answering(now)} now.", markup=False, soft_wrap=True)


def _put(client: OpenAI, path: str, body: dict[str, Any]) -> Json:
    return cast("Json", client.put(path, cast_to=object, body=body))


def _show(client: OpenAI, path: str, found: Json) -> None:
    out.print(
        f"{found['id']} is answered by {_answering(found)} since "
        f"{local_time(found['answers_since'])}; {_other(found)} is asked in the background.",
        markup=False,
        soft_wrap=True,
    )
    last = found["last_called_at"]
    when = "never" if last is None else f"last at {local_time(last)}"
    out.print(
        f"Called {found['calls']:,} times, {when}. {found['compared']:,} requests were compared, "
        f"{found['failed']:,} failed, {found['skipped']:,} came too fast.",
        soft_wrap=True,
    )
    if found["last_error"] is not None:
        at = local_time(found["last_error_at"])
        problems.print(f"{at}: {found['last_error']}", markup=False, soft_wrap=True)
    rows = [_row(each) for each in found["agreement"]]
    columns = ("the new model says what the old one says", "", "95 % interval", "n")
    print_rows(columns, rows, empty="Nothing was compared yet.")
    if found["old_seconds"] is not None:
        out.print(
            f"A whole answer takes {found['old_seconds']:.2f} s of the old model, "
            f"{found['new_seconds']:.2f} s of the new one (medians).",
            style="dim",
        )
    different = get(client, f"{path}/comparisons", is_same=False, limit=_SHOWN)["data"]
    for each in (each for each in different if each["question"] is not None):
        out.print(f"  {_short(each['question'])}", markup=False, soft_wrap=True)
        out.print(f"    old: {_said(each['old'])}", markup=False, soft_wrap=True)
        out.print(f"    new: {_said(each['new'])}", markup=False, soft_wrap=True)


def _answering(found: Json) -> str:
    return str(found[found["answers"]])


def _other(found: Json) -> str:
    return str(found["old" if found["answers"] == "new" else "new"])


def _row(rate: Json) -> tuple[str, ...]:
    return (
        rate["name"],
        f"{100 * rate['same'] / rate['total']:.0f} %",
        f"{100 * rate['low']:.0f} to {100 * rate['high']:.0f} %",
        f"{rate['total']:,}",
    )


def _said(answer: Json) -> str:
    calls = [f"{name}({arguments})" for name, arguments in answer["calls"]]
    return _short(" ".join([answer["text"], *calls]).strip()) or "(nothing)"


def _short(text: str) -> str:
    one_line = printable(" ".join(text.split()))
    return one_line if len(one_line) <= _MAX_LETTERS else f"{one_line[:_MAX_LETTERS]}…"

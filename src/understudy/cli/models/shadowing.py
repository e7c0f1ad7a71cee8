"""`understudy models shadow` and `cutover`: two models under one name, compared and exchanged."""

from typing import Annotated, Any, cast
from urllib.parse import quote

import typer
from openai import OpenAI

from understudy.cli.client import api_client
from understudy.cli.console import local_time, out, print_rows, printable, problems
from understudy.cli.evals.api import Json, get
from understudy.wording import worded

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
            out.print(
                worded(
                    "cli.models.shadow_ended",
                    "The shadow of {name} has ended.",
                    name=name,
                ),
                markup=False,
            )
            return
        if old is None:
            _show(client, path, get(client, path))
            return
        body = {"old": old, "new": new, "share": share, "per_minute": per_minute}
        begun = _put(client, path, body | {"keep_answers": keep_answers})
    out.print(
        worded(
            "cli.models.answered_asked_background",
            "{name} is answered by {begun}; {begun2} is asked in the background.",
            name=name,
            begun=_answering(begun),
            begun2=_other(begun),
        ),
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
    out.print(
        worded(
            "cli.models.answered_now",
            "{name} is answered by {model} now.",
            name=name,
            model=_answering(now),
        ),
        markup=False,
        soft_wrap=True,
    )


def _put(client: OpenAI, path: str, body: dict[str, Any]) -> Json:
    return cast("Json", client.put(path, cast_to=object, body=body))


def _show(client: OpenAI, path: str, found: Json) -> None:
    out.print(
        worded(
            "cli.models.answered_since_asked_background",
            "{id} is answered by {found} since {answers_since}; {found2} is asked in "
            "the background.",
            id=found["id"],
            found=_answering(found),
            answers_since=local_time(found["answers_since"]),
            found2=_other(found),
        ),
        markup=False,
        soft_wrap=True,
    )
    last = found["last_called_at"]
    when = "never" if last is None else f"last at {local_time(last)}"
    out.print(
        worded(
            "cli.models.called_times_requests_compared",
            "Called {calls:,} times, {when}. {compared:,} requests were compared, "
            "{failed:,} failed, {skipped:,} came too fast.",
            calls=found["calls"],
            when=when,
            compared=found["compared"],
            failed=found["failed"],
            skipped=found["skipped"],
        ),
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
            worded(
                "cli.models.whole_answer_takes_s",
                "A whole answer takes {old_seconds:.2f} s of the old model, "
                "{new_seconds:.2f} s of the new one (medians).",
                old_seconds=found["old_seconds"],
                new_seconds=found["new_seconds"],
            ),
            style="dim",
        )
    different = get(client, f"{path}/comparisons", is_same=False, limit=_SHOWN)["data"]
    for each in (each for each in different if each["question"] is not None):
        out.print(f"  {_short(each['question'])}", markup=False, soft_wrap=True)
        out.print(
            worded(
                "cli.models.old",
                "    old: {old}",
                old=_said(each["old"]),
            ),
            markup=False,
            soft_wrap=True,
        )
        out.print(
            worded(
                "cli.models.new",
                "    new: {new}",
                new=_said(each["new"]),
            ),
            markup=False,
            soft_wrap=True,
        )


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

"""`understudy webhooks`: endpoints, what was sent to them, and sending it again."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, cast

import typer
from openai import OpenAI

from understudy.cli.client import api_client
from understudy.cli.console import CommandGroup, local_time, out, print_rows
from understudy.wording import worded

app = typer.Typer(
    cls=CommandGroup, help="Send events to programs of your own.", no_args_is_help=True
)

EndpointId = Annotated[
    str, typer.Argument(help="As `understudy webhooks list` shows it.", metavar="ENDPOINT_ID")
]
_PAGE = 100
_OK = 200


@app.command()
def create(
    url: Annotated[str, typer.Argument(metavar="URL", help="Where events are sent.")],
    event: Annotated[
        list[str] | None,
        typer.Option(help="Such as batch.completed; may be repeated. All if omitted."),
    ] = None,
    name: Annotated[str, typer.Option(help="What the endpoint is for.")] = "made by hand",
) -> None:
    """Create an endpoint and print its ID and its signing secret, which is shown only now."""
    with api_client() as client:
        # The server decides which events exist, and refuses others.
        types = cast("Any", event or client.webhooks.event_types.list().data)
        made = client.webhooks.create(name=name, url=url, event_types=types)
    _print_secret(made.id, made.signing_secret)


@app.command("list")
def list_endpoints() -> None:
    """List the endpoints of the project, newest first."""
    with api_client() as client:
        found = list(client.webhooks.list(limit=_PAGE))
    rows = [
        (
            each.id,
            each.name,
            each.url,
            _state(each.to_dict()),
            ", ".join(each.event_types),
            local_time(each.created_at),
        )
        for each in found
    ]
    columns = ("id", "name", "url", "state", "events", "created")
    print_rows(columns, rows, empty=worded("cli.webhooks.none", "No webhook endpoints yet."))


@app.command()
def delete(endpoint_id: EndpointId) -> None:
    """Delete an endpoint with the log of its deliveries."""
    with api_client() as client:
        client.webhooks.delete(endpoint_id)
    out.print(
        worded(
            "cli.models.deleted",
            "Deleted {name}.",
            name=endpoint_id,
        ),
        markup=False,
    )


@app.command()
def rotate(
    endpoint_id: EndpointId,
    keep_old: Annotated[
        bool, typer.Option("--keep-old", help="Sign with the old secret too for 24 hours.")
    ] = False,
) -> None:
    """Replace the signing secret and print the new one, which is shown only now."""
    with api_client() as client:
        made = client.webhooks.rotate_secret(
            endpoint_id, keep_old_secret_active_for_24_hours=keep_old
        )
    _print_secret(made.id, made.signing_secret)


@app.command("test")
def send_sample(
    endpoint_id: EndpointId,
    event: Annotated[
        str | None, typer.Option(help="Event to send; the endpoint's first one if omitted.")
    ] = None,
) -> None:
    """Send a sample at once and print what the endpoint answered."""
    with api_client() as client:
        kind = event or client.webhooks.retrieve(endpoint_id).event_types[0]
        answer = client.webhooks.test(endpoint_id, event_type=cast("Any", kind))
    out.print(
        worded(
            "cli.webhooks.answered",
            "{kind} was answered with {status_code}.",
            kind=kind,
            status_code=answer.status_code,
        ),
        markup=False,
    )
    if not _OK <= answer.status_code < _OK + 100:
        raise typer.Exit(1)


@app.command()
def enable(endpoint_id: EndpointId) -> None:
    """Send again to an endpoint that was disabled because it answered nothing for days."""
    with api_client() as client:
        client.post(f"/x/webhook_endpoints/{endpoint_id}/enable", cast_to=object)
    out.print(
        worded(
            "cli.webhooks.enabled",
            "{endpoint_id} is enabled.",
            endpoint_id=endpoint_id,
        ),
        markup=False,
    )


@app.command()
def deliveries(
    endpoint_id: EndpointId,
    limit: Annotated[int, typer.Option(min=1, max=_PAGE, help="How many to list.")] = 20,
) -> None:
    """List what was sent to an endpoint in the last 30 days, newest first."""
    with api_client() as client:
        found = _deliveries(client, endpoint_id, limit)
    rows = [
        (
            str(each["id"]),
            str(each["event_type"]),
            str(each["object_id"]),
            str(each["status"]),
            _last(each["attempts"]),
            local_time(each["created_at"]),
        )
        for each in found
    ]
    columns = ("id", "event", "about", "status", "last attempt", "created")
    print_rows(
        columns,
        rows,
        empty=worded("cli.webhooks.nothing_sent", "Nothing was sent in the last 30 days."),
    )


@app.command()
def resend(
    endpoint_id: EndpointId,
    delivery_id: Annotated[
        str,
        typer.Argument(help="As `understudy webhooks deliveries` shows it.", metavar="DELIVERY_ID"),
    ],
) -> None:
    """Send an event once more, under the same ID."""
    path = f"/x/webhook_endpoints/{endpoint_id}/deliveries/{delivery_id}/send_again"
    with api_client() as client:
        client.post(path, cast_to=object)
    out.print(
        worded(
            "cli.webhooks.sent_again",
            "{delivery_id} is sent again.",
            delivery_id=delivery_id,
        ),
        markup=False,
    )


def _deliveries(client: OpenAI, endpoint_id: str, limit: int) -> Sequence[Mapping[str, Any]]:
    path = f"/x/webhook_endpoints/{endpoint_id}/deliveries"
    page = client.get(path, cast_to=object, options={"params": {"limit": limit}})
    return cast("Mapping[str, Any]", page)["data"]


def _state(endpoint: Mapping[str, Any]) -> str:
    if endpoint.get("disabled_at") is not None:
        return f"disabled: {endpoint.get('disabled_reason')}"
    since = endpoint.get("failing_since")
    return "enabled" if since is None else f"failing since {local_time(since)}"


def _last(attempts: Sequence[Mapping[str, Any]]) -> str:
    if not attempts:
        return "-"
    last = attempts[-1]
    return str(last["status_code"] or last["error"])


def _print_secret(endpoint_id: str, secret: str) -> None:
    out.print(endpoint_id, markup=False, soft_wrap=True)
    out.print(secret, markup=False, soft_wrap=True)

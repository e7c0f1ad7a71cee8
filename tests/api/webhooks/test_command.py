"""`understudy webhooks`, as somebody uses it on a server."""

from collections.abc import Callable

import pytest
from typer.testing import Result

from tests.api.harness import RunningServer
from tests.api.webhooks.receiver import Receiver
from tests.unit.cli.support import run, words
from understudy.storage.events.outbox import publish


@pytest.fixture
def command(open_server: RunningServer, open_project: tuple[str, str]) -> Callable[..., Result]:
    def command(*arguments: str) -> Result:
        return run(
            *("webhooks", *arguments),
            OPENAI_BASE_URL=f"{open_server.url}/v1",
            OPENAI_API_KEY=open_project[1],
        )

    return command


def test_an_endpoint_is_made_tried_rotated_and_deleted(
    command: Callable[..., Result], receiver: Receiver
):
    made = command("create", receiver.url, "--event", "batch.completed", "--name", "mine")
    id, secret = made.stdout.split()
    assert secret.startswith("whsec_")
    (line,) = command("list").stdout.splitlines()
    assert line.split("\t")[:5] == [id, "mine", receiver.url, "enabled", "batch.completed"]

    assert "batch.completed was answered with 200" in command("test", id).stdout
    assert len(receiver.received) == 1
    receiver.status = 500
    refused = command("test", id)
    assert refused.exit_code == 1
    assert "answered with 500" in refused.stdout

    again, new = command("rotate", id, "--keep-old").stdout.split()
    assert again == id
    assert new != secret
    assert command("enable", id).exit_code == 0
    assert command("delete", id).exit_code == 0
    assert command("list").stdout == ""


def test_all_events_are_sent_unless_some_are_chosen(
    command: Callable[..., Result], receiver: Receiver
):
    command("create", receiver.url)
    assert "fine_tuning.job.succeeded" in command("list").stdout
    refused = command("create", receiver.url, "--event", "batch.exploded")
    assert refused.exit_code == 1
    assert "batch.exploded" in words(refused.stderr)


def test_what_was_sent_is_listed_and_may_be_sent_again(
    open_server: RunningServer,
    open_project: tuple[str, str],
    command: Callable[..., Result],
    receiver: Receiver,
):
    id, _ = command("create", receiver.url, "--event", "batch.completed").stdout.split()
    assert command("deliveries", id).stdout == ""
    database = open_server.services.database
    with database.write() as session:
        publish(
            session,
            project_id=open_project[0],
            type="batch.completed",
            object_id="batch_one",
            created_at=int(database.now(session)),
        )
    delivery, *facts = command("deliveries", id).stdout.split("\t")
    assert facts[:4] == ["batch.completed", "batch_one", "pending", "-"]
    assert "is sent again" in command("resend", id, delivery).stdout
    unknown = command("resend", id, "whd_none")
    assert unknown.exit_code == 1

"""What happens is sent to those who want to hear of it, until they have it."""

import asyncio
from collections.abc import Iterator
from contextlib import aclosing

import pytest
from openai import OpenAI
from standardwebhooks import Webhook

from tests.api.harness import RunningServer
from tests.api.webhooks.receiver import Receiver
from understudy.storage.database import Database
from understudy.storage.events.outbox import publish
from understudy.webhooks.deliveries import DELIVERIES
from understudy.webhooks.sending import WebhookSender
from understudy.work.lease import claim
from understudy.worker.runner.webhook import WebhookContext, deliver

TYPE = "fine_tuning.job.succeeded"
DAY = 24 * 3600.0


class Clock:
    """The database's clock, moved by hand."""

    def __init__(self, start: float) -> None:
        self.now = start

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(open_server: RunningServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    database = open_server.services.database
    with database.read() as session:
        start = database.now(session)
    moved = Clock(start)
    monkeypatch.setattr(database, "_clock", moved)
    # Other tests share the database: nothing of theirs waits here, and nothing of this one there.
    send_all(open_server, moved)
    moved.now = start
    yield moved
    send_all(open_server, moved)


def send_all(server: RunningServer, clock: Clock) -> None:
    while send_what_is_due(server):
        clock.now += DAY


def happen(database: Database, project_id: str, object_id: str) -> None:
    with database.write() as session:
        now = int(database.now(session))
        publish(session, project_id=project_id, type=TYPE, object_id=object_id, created_at=now)


def send_what_is_due(server: RunningServer) -> int:
    """Do what the runner does, once for each delivery that is due; returns how many."""
    services, sent = server.services, 0
    policy = services.webhook_policy()

    async def send() -> None:
        nonlocal sent
        sender = WebhookSender(allows_private=policy.allows_private)
        context = WebhookContext(database=services.database, policy=policy, sender=sender)
        async with aclosing(sender):
            while hold := claim(services.database, DELIVERIES, "runner-1"):
                await deliver(context, hold)
                sent += 1

    asyncio.run(send())
    return sent


def log_of(client: OpenAI, endpoint_id: str) -> list[dict[str, object]]:
    page = client.get(f"/x/webhook_endpoints/{endpoint_id}/deliveries", cast_to=object)
    return page["data"]  # pyright: ignore[reportIndexIssue]


@pytest.fixture
def endpoint(open_client: OpenAI, receiver: Receiver):
    return open_client.webhooks.create(name="mine", url=receiver.url, event_types=[TYPE])


def test_an_event_is_sent_once_signed_to_each_endpoint_that_wants_it(
    open_server: RunningServer,
    open_project: tuple[str, str],
    open_client: OpenAI,
    receiver: Receiver,
    endpoint,
    clock: Clock,
):
    open_client.webhooks.create(name="x", url=receiver.url, event_types=["batch.failed"])
    happen(open_server.services.database, open_project[0], "ftjob-one")
    assert send_what_is_due(open_server) == 1
    assert send_what_is_due(open_server) == 0

    (sent,) = receiver.received
    event = Webhook(endpoint.signing_secret).verify(sent.body, sent.headers)
    assert (event["type"], event["data"]) == (TYPE, {"id": "ftjob-one"})
    (delivery,) = log_of(open_client, endpoint.id)
    assert (delivery["status"], delivery["event_id"]) == ("delivered", event["id"])
    assert [each["status_code"] for each in delivery["attempts"]] == [200]


def test_an_event_that_is_not_taken_is_sent_again_later_under_the_same_id(
    open_server: RunningServer,
    open_project: tuple[str, str],
    open_client: OpenAI,
    receiver: Receiver,
    endpoint,
    clock: Clock,
):
    receiver.status = 500
    happen(open_server.services.database, open_project[0], "ftjob-two")
    waits = [0.0]
    while True:
        assert send_what_is_due(open_server) == 1
        (delivery,) = log_of(open_client, endpoint.id)
        if delivery["status"] != "pending":
            break
        before = clock.now
        clock.now = float(delivery["next_attempt_at"]) + 1
        waits.append(round(clock.now - before, -1) if clock.now - before > 20 else 5.0)
    assert delivery["status"] == "failed"
    assert waits == [0, 5, 300, 1800, 7200, 18_000, 36_000, 36_000]
    assert len({each.headers["webhook-id"] for each in receiver.received}) == 1
    assert len({each.body for each in receiver.received}) == 1
    assert len({each.headers["webhook-timestamp"] for each in receiver.received}) == 8
    assert "The endpoint answered 500" in delivery["attempts"][0]["error"]

    receiver.status = 200
    path = f"/x/webhook_endpoints/{endpoint.id}/deliveries/{delivery['id']}/send_again"
    assert open_client.post(path, cast_to=object)["status"] == "pending"
    assert send_what_is_due(open_server) == 1
    assert log_of(open_client, endpoint.id)[0]["status"] == "delivered"


def test_a_redirect_is_not_followed(
    open_server: RunningServer,
    open_project: tuple[str, str],
    open_client: OpenAI,
    receiver: Receiver,
    endpoint,
    clock: Clock,
):
    receiver.status = 302
    happen(open_server.services.database, open_project[0], "ftjob-three")
    assert send_what_is_due(open_server) == 1
    (delivery,) = log_of(open_client, endpoint.id)
    assert "a redirect, which is not followed" in delivery["attempts"][0]["error"]


def test_while_both_secrets_are_valid_either_verifies(
    open_server: RunningServer,
    open_project: tuple[str, str],
    open_client: OpenAI,
    receiver: Receiver,
    endpoint,
    clock: Clock,
):
    rotated = open_client.webhooks.rotate_secret(
        endpoint.id, keep_old_secret_active_for_24_hours=True
    )
    database, project_id = open_server.services.database, open_project[0]
    happen(database, project_id, "ftjob-four")
    clock.now += DAY - 60
    send_what_is_due(open_server)
    clock.now += 120
    happen(database, project_id, "ftjob-five")
    send_what_is_due(open_server)

    both, only_new = (sent.headers["webhook-signature"].split() for sent in receiver.received)
    assert (len(both), len(only_new)) == (2, 1)
    assert both[0] != only_new[0]
    assert rotated.signing_secret != endpoint.signing_secret


def test_an_endpoint_is_disabled_after_days_without_success_and_can_be_enabled(
    open_server: RunningServer,
    open_project: tuple[str, str],
    open_client: OpenAI,
    receiver: Receiver,
    endpoint,
    clock: Clock,
):
    database, project_id = open_server.services.database, open_project[0]
    receiver.status = 503
    for number in range(7):
        happen(database, project_id, f"ftjob-day-{number}")
        send_what_is_due(open_server)
        clock.now += DAY
    found = open_client.webhooks.retrieve(endpoint.id)
    assert "Nothing arrived for five days" in found.disabled_reason
    before = len(log_of(open_client, endpoint.id))
    happen(database, project_id, "ftjob-later")
    assert len(log_of(open_client, endpoint.id)) == before
    assert {each["status"] for each in log_of(open_client, endpoint.id)} == {"failed"}

    enabled = open_client.post(f"/x/webhook_endpoints/{endpoint.id}/enable", cast_to=object)
    assert enabled["disabled_at"] is None
    receiver.status = 200
    happen(database, project_id, "ftjob-again")
    assert send_what_is_due(open_server) == 1
    assert log_of(open_client, endpoint.id)[0]["status"] == "delivered"


def test_an_endpoint_that_is_gone_wants_nothing_more(
    open_server: RunningServer,
    open_project: tuple[str, str],
    open_client: OpenAI,
    receiver: Receiver,
    endpoint,
    clock: Clock,
):
    receiver.status = 410
    happen(open_server.services.database, open_project[0], "ftjob-six")
    send_what_is_due(open_server)
    assert "410 Gone" in open_client.webhooks.retrieve(endpoint.id).disabled_reason


def test_an_endpoint_that_is_down_does_not_keep_the_others_waiting(
    open_server: RunningServer,
    open_project: tuple[str, str],
    open_client: OpenAI,
    receiver: Receiver,
    clock: Clock,
):
    down = open_client.webhooks.create(name="down", url="http://127.0.0.1:9/", event_types=[TYPE])
    up = open_client.webhooks.create(name="up", url=receiver.url, event_types=[TYPE])
    for number in range(20):
        happen(open_server.services.database, open_project[0], f"ftjob-down-{number}")
    assert send_what_is_due(open_server) == 21
    assert {each["status"] for each in log_of(open_client, up.id)} == {"delivered"}
    assert sum(len(each["attempts"]) for each in log_of(open_client, down.id)) == 1


def test_the_end_of_a_job_and_of_a_run_are_heard_of(
    open_server: RunningServer,
    open_client: OpenAI,
    receiver: Receiver,
    clock: Clock,
):
    hook = open_client.webhooks.create(
        name="mine", url=receiver.url, event_types=["fine_tuning.job.cancelled"]
    )
    line = b'{"messages": [{"role": "assistant", "content": "hi"}]}\n'
    file = open_client.files.create(file=line * 10, purpose="fine-tune")
    job = open_client.fine_tuning.jobs.create(
        model="gpt-4.1-nano-2025-04-14", training_file=file.id
    )
    open_client.fine_tuning.jobs.cancel(job.id)
    assert send_what_is_due(open_server) == 1
    (sent,) = receiver.received
    event = open_client.webhooks.unwrap(
        sent.body.decode(), sent.headers, secret=hook.signing_secret
    )
    assert (event.type, event.data.id) == ("fine_tuning.job.cancelled", job.id)

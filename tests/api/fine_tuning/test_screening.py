"""What a project sees of the screening of its training file, over HTTP and in the shell."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from openai import APIError, OpenAI

from tests.api.harness import ALIAS, RunningServer, running_server
from tests.unit.cli.support import run, words
from understudy.config.safety import USUAL_SCREENING
from understudy.jobs import progress
from understudy.jobs.claims import Claim
from understudy.jobs.lease import claim
from understudy.jobs.screening import record
from understudy.registry.moderation import ScreeningAction
from understudy.wording import in_others_words

POLICY = replace(USUAL_SCREENING, action=ScreeningAction.BLOCK, blocked_share=0.2)
FLAGGED = [
    record.FlaggedLine(line=2, scores={"hate": 0.9, "violence": 0.4}, excerpt="They are vermin."),
    record.FlaggedLine(line=4, scores={"hate": 0.8}, excerpt="Vermin!"),
    record.FlaggedLine(line=7, scores={}, excerpt="Odd."),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """One of its own: these tests claim whatever job waits."""
    with running_server(tmp_path_factory.mktemp("screening")) as running:
        yield running


def blocked_job(server: RunningServer, client: OpenAI) -> str:
    """A job whose file was screened and blocked, as the trainer does it."""
    line = b'{"messages": [{"role": "assistant", "content": "hi"}]}\n'
    file = client.files.create(file=line * 10, purpose="fine-tune")
    job = client.fine_tuning.jobs.create(
        model=ALIAS, training_file=file.id, seed=5, metadata={"a": "b"}
    )
    database = server.services.database
    held = _claimed(server, job.id)
    record.begin(database, held, POLICY, moderator="remote:omni", not_evaluated=["illicit"])
    record.chosen(database, held, total=10, wanted=10)
    found = record.ScreenedBatch(judged=10, unjudged=0, flagged=FLAGGED, next_line=11)
    record.add(database, held, found)
    outcome = record.end(database, held)
    # A line without a category is one of ten, and one of two violent lines is below the score.
    assert outcome.blocking == ()
    again = replace(POLICY, blocked_share=0.1)
    record.begin(database, held, again, moderator="remote:omni", not_evaluated=["illicit"])
    outcome = record.end(database, held)
    assert outcome.blocking == ("hate",)
    progress.failed(
        database, held, "unsafe_file", in_others_words("It was blocked."), "training_file"
    )
    return job.id


def _claimed(server: RunningServer, job_id: str) -> Claim:
    while True:
        found = claim(server.services.database, "trainer-1")
        assert found is not None
        if found.job_id == job_id:
            return found


def test_a_job_that_has_not_begun_is_not_screened(server: RunningServer, client: OpenAI):
    line = b'{"messages": [{"role": "assistant", "content": "hi"}]}\n'
    file = client.files.create(file=line * 10, purpose="fine-tune")
    job = client.fine_tuning.jobs.create(model=ALIAS, training_file=file.id)
    found = client.get(f"/x/fine_tuning/jobs/{job.id}/screening", cast_to=object)
    assert (found["status"], found["moderator"], found["data"]) == ("not_screened", None, [])
    assert "has not begun" in found["reason"]
    client.fine_tuning.jobs.cancel(job.id)


def test_flagged_lines_are_listed_downloaded_marked_and_the_job_continued(
    server: RunningServer, client: OpenAI
):
    job_id = blocked_job(server, client)
    path = f"/x/fine_tuning/jobs/{job_id}/screening"
    found = client.get(path, cast_to=object)
    assert (found["status"], found["is_blocked"], found["can_continue"]) == (
        "screened",
        True,
        False,
    )
    assert [line["line"] for line in found["data"]] == [2, 4, 7]
    assert found["data"][0]["category"] == "hate"
    assert found["data"][2]["category"] == "other"
    assert found["data"][2]["score"] is None
    assert [(one["category"], one["flagged"]) for one in found["categories"]] == [
        ("hate", 2),
        ("other", 1),
        ("violence", 1),
    ]
    assert found["not_evaluated"] == ["illicit"]
    page = client.get(path, cast_to=object, options={"params": {"after": 2, "limit": 1}})
    assert ([line["line"] for line in page["data"]], page["has_more"]) == ([4], True)

    written = server.http.get(
        f"/v1{path}/lines", headers={"authorization": f"Bearer {client.api_key}"}
    )
    rows = [json.loads(row) for row in written.text.splitlines()]
    first = rows[0]
    assert (first["line"], first["category"], first["excerpt"]) == (2, "hate", "They are vermin.")

    with pytest.raises(APIError, match="still blocked for hate"):
        client.post(f"{path}/continue", cast_to=object)
    marked = client.post(f"{path}/marks", body={"lines": [4]}, cast_to=object)
    assert (marked["lines_marked"], marked["is_blocked"], marked["can_continue"]) == (
        1,
        False,
        True,
    )
    unmarked = client.post(
        f"{path}/marks", body={"lines": [4], "is_false_positive": False}, cast_to=object
    )
    assert unmarked["is_blocked"]
    client.post(f"{path}/marks", body={"lines": [4, 2]}, cast_to=object)
    made = client.post(f"{path}/continue", cast_to=object)
    assert made["id"] != job_id
    assert (made["seed"], made["metadata"], made["training_file"]) == (
        5,
        {"a": "b"},
        found["training_file"],
    )
    # What was judged is taken over.
    held = _claimed(server, made["id"])
    status, _ = record.begin(
        server.services.database, held, POLICY, moderator="remote:omni", not_evaluated=[]
    )
    assert status == record.ScreeningStatus.SCREENED
    assert record.end(server.services.database, held).counts == {"other": 1}
    client.fine_tuning.jobs.cancel(made["id"])


@pytest.mark.parametrize("lines", [[3], [2, 999], [], [0], ["4"], [True]])
def test_marks_on_what_was_not_flagged_are_refused(
    server: RunningServer, client: OpenAI, lines: list
):
    job_id = blocked_job(server, client)
    with pytest.raises(APIError) as refused:
        client.post(
            f"/x/fine_tuning/jobs/{job_id}/screening/marks",
            body={"lines": lines},
            cast_to=object,
        )
    assert refused.value.status_code == 400
    assert refused.value.param is not None
    assert refused.value.param.startswith("lines")


def test_another_projects_screening_is_not_found(server: RunningServer, client: OpenAI):
    job_id = blocked_job(server, client)
    other = server.client(server.new_project()[1])
    path = f"/x/fine_tuning/jobs/{job_id}/screening"
    for ask in (
        lambda: other.get(path, cast_to=object),
        lambda: other.get(f"{path}/lines", cast_to=str),
        lambda: other.post(f"{path}/marks", body={"lines": [2]}, cast_to=object),
        lambda: other.post(f"{path}/continue", cast_to=object),
    ):
        with pytest.raises(APIError) as refused:
            ask()
        assert refused.value.status_code == 404


def test_the_command_lists_marks_and_continues(server: RunningServer, client: OpenAI, tmp_path):
    job_id = blocked_job(server, client)
    shell = {"OPENAI_BASE_URL": f"{server.url}/v1", "OPENAI_API_KEY": client.api_key}
    shown = run("jobs", "screening", job_id, **shell).output
    assert "Screened by remote:omni." in words(shown)
    assert "It cannot judge illicit." in words(shown)
    assert "2\thate\t0.90\t\tThey are vermin." in shown
    path = tmp_path / "flagged.jsonl"
    run("jobs", "screening", job_id, "--output", str(path), **shell)
    assert len(path.read_text().splitlines()) == 3
    refused = run("jobs", "screening", job_id, "--mark", "3", **shell)
    assert refused.exit_code == 1
    assert "Line 3 is none" in words(refused.output)
    marked = run("jobs", "screening", job_id, "--mark", "2,4", **shell).output
    assert "4\thate\t0.80\tfalse positive\tVermin!" in marked
    made = run("jobs", "screening", job_id, "--continue", **shell).output.split()[0]
    client.fine_tuning.jobs.cancel(made)

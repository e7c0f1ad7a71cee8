"""What the server does at the moment, as the dashboard asks for it."""

from openai import OpenAI

from tests.api.evals.eval_requests import make_eval, row
from tests.api.harness import ALIAS, RunningServer, add_tuned_model
from understudy.storage.evals.runs import lock_run
from understudy.storage.jobs.events import NewEvent, append_event
from understudy.wording import in_others_words

NANO = "understudy-nano"
LINE = b'{"messages": [{"role": "assistant", "content": "hi"}]}\n'


def overview(server: RunningServer, key: str):
    answer = server.http.get("/v1/x/overview", headers={"authorization": f"Bearer {key}"})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_an_empty_project_shows_the_machine_and_the_engine(server: RunningServer, key: str):
    shown = overview(server, key)
    assert (shown["jobs"], shown["active"], shown["files"]) == ({}, [], 0)
    machine = shown["machine"]
    assert machine["cores"] >= 1
    assert 0 < machine["memory_used_bytes"] < machine["memory_bytes"]
    assert 0 < machine["disk_free_bytes"] <= machine["disk_bytes"]
    assert shown["engine"]["running"] == 0


def test_a_base_that_answers_is_shown_with_how_it_is_served_and_why(whole: RunningServer):
    _, key = whole.new_project("served")
    client = whole.client(key)
    client.chat.completions.create(
        model=NANO, messages=[{"role": "user", "content": "hi"}], max_completion_tokens=2
    )
    engine = overview(whole, key)["engine"]
    (fit,) = [fit for fit in engine["fits"] if fit["model"] == NANO]
    assert NANO in engine["bases"]
    assert fit["is_batched"]
    assert "answers many requests together (float32 logits differ by" in fit["words"]


def test_a_job_is_counted_and_shown_with_its_last_step(
    server: RunningServer, key: str, client: OpenAI
):
    file = client.files.create(file=LINE * 10, purpose="fine-tune")
    job = client.fine_tuning.jobs.create(model=ALIAS, training_file=file.id, suffix="mine")
    (waiting,) = overview(server, key)["active"]
    assert (waiting["id"], waiting["suffix"], waiting["step"]) == (job.id, "mine", None)

    with server.services.database.write() as session:
        for step in (1, 2):
            data = {"step": step, "total_steps": 30, "train_loss": 1.0}
            event = NewEvent(
                key=f"step:{step}", message=in_others_words(""), type="metrics", data=data
            )
            append_event(session, job.id, event, created_at=1)
    shown = overview(server, key)
    assert (shown["active"][0]["step"], shown["active"][0]["total_steps"]) == (2, 30)
    assert (shown["jobs"], shown["files"]) == ({"validating_files": 1}, 1)

    client.fine_tuning.jobs.cancel(job.id)
    shown = overview(server, key)
    assert (shown["active"], shown["jobs"]) == ([], {"cancelled": 1})


def test_another_project_s_jobs_are_not_counted(server: RunningServer, key: str, client: OpenAI):
    project, foreign = server.new_project("other")
    add_tuned_model(server, project, server.client(foreign))
    shown = overview(server, key)
    assert (shown["jobs"], shown["tuned_models"]) == ({}, 0)
    assert overview(server, foreign)["tuned_models"] == 1


def test_the_first_steps_of_a_project_are_counted(
    server: RunningServer, project: tuple[str, str], client: OpenAI
):
    project_id, key = project
    shown = overview(server, key)
    assert (shown["evals"], shown["tuned_runs"]) == (0, 0)
    owner = make_eval(client)
    source = {"type": "file_content", "content": [row("What?", "this", "that")]}
    run = client.evals.runs.create(owner.id, data_source={"type": "jsonl", "source": source})
    shown = overview(server, key)
    assert (shown["evals"], shown["tuned_runs"]) == (1, 0)

    with server.services.database.write() as session:
        made = lock_run(session, project_id, owner.id, run.id)
        made.model, made.status = "ft:understudy-nano:personal::abc", "completed"
    assert overview(server, key)["tuned_runs"] == 1

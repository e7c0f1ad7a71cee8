"""Another project's objects answer exactly like unknown ones, on every route that takes an id."""

import pytest

from tests.api.fine_tuning.test_fine_tuning import LINES
from tests.api.harness import BASE, RunningServer, add_tuned_model


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/files/{file}"),
        ("DELETE", "/v1/files/{file}"),
        ("GET", "/v1/files/{file}/content"),
        ("GET", "/v1/fine_tuning/jobs/{job}"),
        ("POST", "/v1/fine_tuning/jobs/{job}/cancel"),
        ("GET", "/v1/fine_tuning/jobs/{job}/events"),
        ("GET", "/v1/fine_tuning/jobs/{job}/checkpoints"),
        ("GET", "/v1/models/{model}"),
        ("DELETE", "/v1/models/{model}"),
    ],
)
def test_a_foreign_id_is_an_unknown_id(server: RunningServer, method: str, path: str):
    ids = owned_by_somebody(server)
    _, key = server.new_project("stranger")

    def ask(file: str, job: str, model: str) -> tuple[int, str]:
        url = path.format(file=file, job=job, model=model)
        answer = server.http.request(method, url, headers={"Authorization": f"Bearer {key}"})
        text = answer.text
        for name in (file, job, model):
            text = text.replace(name, "<id>")
        return answer.status_code, text

    assert ask(**ids) == ask("file-none", "ftjob-none", "ft:none")
    assert ask(**ids)[0] == 404


@pytest.mark.parametrize("field", ["training_file", "validation_file", "model"])
def test_a_foreign_id_in_a_job_is_an_unknown_id(server: RunningServer, field: str):
    ids = owned_by_somebody(server)
    foreign = ids["model"] if field == "model" else ids["file"]
    _, key = server.new_project("stranger")
    own = server.client(key).files.create(file=LINES, purpose="fine-tune").id

    def ask(value: str) -> tuple[int, str]:
        body = {"model": BASE, "training_file": own} | {field: value}
        url = "/v1/fine_tuning/jobs"
        answer = server.http.post(url, headers={"Authorization": f"Bearer {key}"}, json=body)
        return answer.status_code, answer.text.replace(value, "<id>")

    assert ask(foreign) == ask("none-such")
    assert ask(foreign)[0] == 400


def test_a_foreign_model_does_not_answer(server: RunningServer):
    model = owned_by_somebody(server)["model"]
    _, key = server.new_project("stranger")

    def ask(value: str) -> tuple[int, str]:
        body = {"model": value, "messages": [{"role": "user", "content": "hi"}]}
        url = "/v1/chat/completions"
        answer = server.http.post(url, headers={"Authorization": f"Bearer {key}"}, json=body)
        return answer.status_code, answer.text.replace(value, "<id>")

    assert ask(model) == ask("ft:none")
    assert ask(model)[0] == 404


def test_lists_show_only_the_own_project(server: RunningServer):
    model = owned_by_somebody(server)["model"]
    _, key = server.new_project("stranger")
    client = server.client(key)
    assert client.files.list().data == []
    assert client.fine_tuning.jobs.list().data == []
    assert model not in [model.id for model in client.models.list()]


def owned_by_somebody(server: RunningServer) -> dict[str, str]:
    project_id, key = server.new_project("owner")
    client = server.client(key)
    tuned = add_tuned_model(server, project_id, client)
    job = client.fine_tuning.jobs.retrieve(tuned.job_id)
    return {"file": job.training_file, "job": job.id, "model": tuned.name}

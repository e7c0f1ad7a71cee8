"""Lists show what belongs to the own project; test_foreign_ids asks for what does not."""

from tests.api.harness import RunningServer, add_tuned_model


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

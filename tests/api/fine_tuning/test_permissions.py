"""A project lets others use what it tuned, by the official client."""

import pytest
from openai import BadRequestError, NotFoundError, OpenAI

from tests.api.harness import RunningServer, TunedModel, add_tuned_model


@pytest.fixture
def tuned(server: RunningServer, project: tuple[str, str], client: OpenAI) -> TunedModel:
    return add_tuned_model(server, project[0], client)


@pytest.fixture
def other(server: RunningServer) -> tuple[str, OpenAI]:
    project_id, key = server.new_project("other")
    return project_id, server.client(key)


def ask(client: OpenAI, model: str) -> str | None:
    made = client.chat.completions.create(model=model, messages=[{"role": "user", "content": "hi"}])
    return made.choices[0].message.content


def test_another_project_uses_a_model_only_while_it_is_permitted(
    client: OpenAI, tuned: TunedModel, other: tuple[str, OpenAI]
):
    project_id, stranger = other
    permissions = client.fine_tuning.checkpoints.permissions
    with pytest.raises(NotFoundError):
        ask(stranger, tuned.name)

    (made,) = permissions.create(tuned.name, project_ids=[project_id]).data
    assert (made.project_id, made.object) == (project_id, "checkpoint.permission")
    assert ask(stranger, tuned.name) == ask(client, tuned.name)
    assert tuned.name in [model.id for model in stranger.models.list()]
    assert stranger.models.retrieve(tuned.name).id == tuned.name

    assert permissions.delete(made.id, fine_tuned_model_checkpoint=tuned.name).deleted
    with pytest.raises(NotFoundError):
        ask(stranger, tuned.name)


def test_a_model_that_is_shared_stays_its_owners(
    client: OpenAI, tuned: TunedModel, other: tuple[str, OpenAI]
):
    project_id, stranger = other
    client.fine_tuning.checkpoints.permissions.create(tuned.name, project_ids=[project_id])
    with pytest.raises(NotFoundError):
        stranger.models.delete(tuned.name)
    with pytest.raises(NotFoundError, match="no fine-tuned model or checkpoint of this project"):
        stranger.fine_tuning.checkpoints.permissions.create(tuned.name, project_ids=[project_id])
    client.models.delete(tuned.name)
    with pytest.raises(NotFoundError):
        ask(stranger, tuned.name)


def test_permissions_are_listed_page_by_page_and_by_project(
    server: RunningServer, client: OpenAI, tuned: TunedModel
):
    ids = [server.new_project(name)[0] for name in "abc"]
    permissions = client.fine_tuning.checkpoints.permissions
    permissions.create(tuned.name, project_ids=ids)
    assert [each.project_id for each in permissions.list(tuned.name, limit=1)] == ids[::-1]
    listed = permissions.list(tuned.name, limit=2, order="ascending")
    assert [each.project_id for each in listed] == ids
    (only,) = permissions.list(tuned.name, project_id=ids[1])
    assert only.project_id == ids[1]


def test_permitting_twice_keeps_the_permission(
    client: OpenAI, tuned: TunedModel, other: tuple[str, OpenAI]
):
    permissions = client.fine_tuning.checkpoints.permissions
    first = permissions.create(tuned.name, project_ids=[other[0]]).data
    assert permissions.create(tuned.name, project_ids=[other[0], other[0]]).data == first


def test_projects_that_cannot_be_permitted_are_refused_and_nobody_is_permitted(
    client: OpenAI, project: tuple[str, str], tuned: TunedModel, other: tuple[str, OpenAI]
):
    permissions = client.fine_tuning.checkpoints.permissions
    with pytest.raises(BadRequestError, match="There is no project 'proj_x'"):
        permissions.create(tuned.name, project_ids=[other[0], "proj_x"])
    with pytest.raises(BadRequestError, match="needs no permission"):
        permissions.create(tuned.name, project_ids=[project[0]])
    with pytest.raises(BadRequestError):
        permissions.create(tuned.name, project_ids=[])
    assert permissions.list(tuned.name).data == []
    with pytest.raises(NotFoundError, match="No such permission"):
        permissions.delete("cp_x", fine_tuned_model_checkpoint=tuned.name)

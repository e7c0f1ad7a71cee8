"""Models through the official client: bases, aliases and what was tuned from them."""

from pathlib import Path

import pytest
from openai import NotFoundError, OpenAI, PermissionDeniedError

from tests.api.harness import ALIAS, BASE, RunningServer, add_tuned_model


def test_bases_and_aliases_are_listed(client: OpenAI):
    models = {model.id: model for model in client.models.list()}
    assert {BASE, ALIAS} <= set(models)
    assert models[ALIAS].owned_by == "system"
    assert models[ALIAS].object == "model"
    assert models[BASE].created > 0


def test_a_name_with_a_slash_is_found_escaped_and_plain(client: OpenAI):
    assert client.models.retrieve(BASE).id == BASE
    assert client.get(f"/models/{BASE}", cast_to=object)["id"] == BASE


def test_an_unknown_model_is_a_404(client: OpenAI):
    with pytest.raises(NotFoundError) as missing:
        client.models.retrieve("ft:none")
    assert (missing.value.code, missing.value.param) == ("model_not_found", "model")
    assert missing.value.body["message"] == "The model 'ft:none' does not exist"


@pytest.mark.parametrize("name", [BASE, ALIAS])
def test_a_base_cannot_be_deleted(client: OpenAI, name: str):
    with pytest.raises(PermissionDeniedError):
        client.models.delete(name)
    assert client.models.retrieve(name).id == name


def test_a_deleted_tuned_model_is_gone_and_its_job_stays(
    server: RunningServer, project: tuple[str, str], client: OpenAI
):
    tuned = add_tuned_model(server, project[0], client)
    assert client.models.retrieve(tuned.name).owned_by == "personal"
    assert tuned.name in [model.id for model in client.models.list()]
    deleted = client.models.delete(tuned.name)
    assert (deleted.id, deleted.object, deleted.deleted) == (tuned.name, "model", True)
    for ask in (client.models.retrieve, client.models.delete):
        with pytest.raises(NotFoundError):
            ask(tuned.name)
    assert client.fine_tuning.jobs.retrieve(tuned.job_id).id == tuned.job_id


def test_a_base_that_is_added_while_the_server_runs_is_found(
    server: RunningServer, client: OpenAI, tmp_path: Path
):
    settings = server.home / "understudy.toml"
    before = settings.read_text()
    settings.write_text(f'{before}\n[models."new/base"]\ndirectory = "{server.home}/bases/tiny"\n')
    try:
        assert client.models.retrieve("new/base").id == "new/base"
        settings.write_text("[aliases]\nbroken")
        assert client.models.retrieve("new/base").id == "new/base"
    finally:
        settings.write_text(before)

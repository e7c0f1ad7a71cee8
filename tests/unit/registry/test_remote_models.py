"""Which answers are those of the remote model that was asked."""

import pytest

from understudy.registry.catalogue import InvalidCatalogueError, catalogue_of
from understudy.registry.remote_models import MaxTokensField, RemoteEndpoint, RemoteTask


def endpoint(name: str = "teacher", *, model: str = "gpt-4.1", answers_as: str | None = None):
    return RemoteEndpoint(
        name=name,
        base_url="https://api.openai.com/v1",
        model=model,
        api_key_env=None,
        owned_by="openai",
        task=RemoteTask.CHAT,
        answers_as=answers_as,
        timeout_seconds=1,
        max_retries=0,
        at_once=1,
        requests_per_minute=None,
        tokens_per_minute=None,
        max_tokens_field=MaxTokensField.NEW,
        has_fixed_sampling=False,
        created=0,
    )


@pytest.mark.parametrize(
    ("asked", "answered", "is_it"),
    [
        ("gpt-4.1", "gpt-4.1", True),
        ("gpt-4.1", "gpt-4.1-2025-04-14", True),
        ("gpt-4.1", "openai/gpt-4.1", True),
        ("openai/gpt-4.1", "gpt-4.1-2025-04-14", True),
        ("gpt-4.1", "gpt-4.1-mini", False),
        ("gpt-4.1", "gpt-4.1-mini-2025-04-14", False),
        ("gpt-4.1", "gpt-4", False),
        ("gpt-4.1-2025-04-14", "gpt-4.1", False),
        ("gemini-2.5-pro", "gemini-2.5-pro-001", True),
    ],
)
def test_a_snapshot_is_the_model_and_a_smaller_sister_is_not(
    asked: str, answered: str, is_it: bool
):
    assert endpoint(model=asked).is_answered_by(answered) is is_it


def test_the_settings_decide_where_they_say_something():
    assert endpoint(answers_as="deployment-7").is_answered_by("deployment-7")
    assert not endpoint(answers_as="deployment-7").is_answered_by("gpt-4.1")
    assert endpoint(answers_as="*").is_answered_by("anything")


def test_a_remote_model_is_found_before_an_alias_without_its_date():
    alias = {"gpt-4.1-2025-04-14": "understudy-mini"}
    catalogue = catalogue_of({}, alias, {}, remotes={"gpt-4.1": endpoint("gpt-4.1")})
    assert catalogue.resolve("gpt-4.1") is None
    assert catalogue.resolve("gpt-4.1-2025-04-14") is not None


@pytest.mark.parametrize("taken", ["understudy-mini", "an-alias"])
def test_a_remote_model_cannot_have_the_name_of_another_model(taken: str):
    with pytest.raises(InvalidCatalogueError, match="choose another name"):
        catalogue_of({}, {"an-alias": "understudy-mini"}, {}, remotes={taken: endpoint(taken)})

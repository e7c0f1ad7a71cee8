import re
from dataclasses import asdict

import pytest

from tests.jobs.workshop import CATALOGUE, Workshop, run_to_end
from understudy.errors import InvalidRequestError, NotFoundError
from understudy.jobs.lease import claim
from understudy.jobs.lifecycle import JobStatus
from understudy.jobs.service import (
    cancel_job,
    create_job,
    get_job,
    list_checkpoints,
    list_events,
    list_jobs,
)
from understudy.planning.hyperparameters import JobHyperparameters
from understudy.storage.files.files import delete_file
from understudy.storage.idempotency import Repeatable


def messages(shop: Workshop, job_id: str) -> list[str]:
    page = list_events(shop.db, shop.project, job_id, limit=100)
    return [event.message for event in reversed(page.items)]


def test_a_new_job_is_validating_and_says_which_files(shop: Workshop):
    held_out = shop.add_file()
    job = shop.create(validation_file=held_out)
    assert job.status == JobStatus.VALIDATING_FILES
    assert re.fullmatch(r"ftjob-\w{24}", job.id)
    assert job.error_code is None
    assert job.result_file is None
    assert messages(shop, job.id) == [
        f"Created fine-tuning job: {job.id}",
        f"Validating training file: {shop.file} and validation file: {held_out}",
    ]


def test_what_was_asked_for_is_echoed(shop: Workshop):
    asked = JobHyperparameters(n_epochs=4, learning_rate_multiplier=1.5)
    job = shop.create(hyperparameters=asked, seed=7, suffix="my suffix", metadata={"a": "b"})
    again = get_job(shop.db, shop.project, job.id)
    assert again.id == job.id
    assert again.requested == asdict(asked)
    assert (again.seed, again.suffix) == (7, "my suffix")
    assert [(pair.key, pair.value) for pair in again.pairs] == [("a", "b")]


def test_a_seed_is_chosen_when_none_is_asked_for(shop: Workshop):
    assert 0 <= shop.create().seed < 2**31


def test_an_undated_alias_becomes_its_snapshot(shop: Workshop):
    assert shop.create(model="gpt-4.1-nano").model == "gpt-4.1-nano-2025-04-14"


def test_an_unknown_openai_name_is_refused_with_the_line_to_add(shop: Workshop):
    with pytest.raises(InvalidRequestError) as caught:
        shop.create(model="gpt-4o-mini-2024-07-18")
    error = caught.value
    assert (error.code, error.param) == ("model_not_available", "model")
    assert error.message.startswith(
        "Model gpt-4o-mini-2024-07-18 is not available for fine-tuning or does not exist."
    )
    assert '"gpt-4o-mini-2024-07-18" = "understudy-mini"' in error.message
    assert "--alias gpt-4o-mini-2024-07-18=understudy-mini" in error.message


@pytest.mark.parametrize("name", ["nonsense", "Qwen/Qwen3-0.6B", "ft:gpt-4o-mini:x::AbCd1234"])
def test_any_other_unknown_model_is_refused_without_a_hint(shop: Workshop, name: str):
    with pytest.raises(InvalidRequestError) as caught:
        shop.create(model=name)
    assert caught.value.message == (
        f"Model {name} is not available for fine-tuning or does not exist."
    )


@pytest.mark.parametrize("param", ["training_file", "validation_file"])
def test_an_unknown_file_is_refused_and_so_is_another_projects(shop: Workshop, param: str):
    foreign = shop.add_file(project=shop.other_project)
    for file in ("file-unknown", foreign):
        with pytest.raises(InvalidRequestError, match=f"^invalid {param}: {file}$") as caught:
            shop.create(**{param: file})
        assert caught.value.param == param


def test_a_file_of_another_purpose_is_refused(shop: Workshop):
    with pytest.raises(InvalidRequestError, match="has the purpose 'batch'"):
        shop.create(training_file=shop.add_file("batch"))


def test_a_refused_job_leaves_nothing_behind(shop: Workshop):
    with pytest.raises(InvalidRequestError):
        shop.create(training_file="file-unknown")
    assert list_jobs(shop.db, shop.project).items == ()


def test_deleting_the_file_does_not_take_it_from_the_job(shop: Workshop):
    job = shop.create()
    with shop.db.write() as session:
        delete_file(session, shop.project, shop.file)
    taken = claim(shop.db, "w")
    assert taken is not None
    assert (taken.job_id, taken.training_blob) == (job.id, "a" * 64)


def test_training_goes_on_from_a_tuned_model_and_keeps_the_bases_name(shop: Workshop):
    shop.create(model="gpt-4.1-nano")
    first = claim(shop.db, "w")
    assert first is not None
    tuned = run_to_end(shop.db, first)
    job = shop.create(model=tuned, suffix="more")
    assert job.model == tuned
    second = claim(shop.db, "w")
    assert second is not None
    assert second.base_name == "gpt-4.1-nano-2025-04-14"
    assert second.base == "understudy-mini"
    assert str(second.continued_directory) == "/models/step-6"
    name = run_to_end(shop.db, second)
    assert re.fullmatch(r"ft:gpt-4.1-nano-2025-04-14:ruming-s-org:more:\w{8}", name)


def test_jobs_of_one_second_are_listed_newest_first(shop: Workshop):
    ids = [shop.create().id for _ in range(5)]
    assert [job.id for job in list_jobs(shop.db, shop.project).items] == ids[::-1]


def test_pages_follow_each_other_without_gaps(shop: Workshop):
    ids = [shop.create().id for _ in range(5)]
    seen: list[str] = []
    after, has_more = None, True
    while has_more:
        page = list_jobs(shop.db, shop.project, after=after, limit=2)
        seen += [job.id for job in page.items]
        after, has_more = seen[-1], page.has_more
    assert seen == ids[::-1]


def test_a_limit_of_zero_and_an_unknown_cursor_are_tolerated(shop: Workshop):
    job = shop.create()
    assert list_jobs(shop.db, shop.project, limit=0).items == ()
    found = list_jobs(shop.db, shop.project, after="ftjob-unknown").items
    assert [each.id for each in found] == [job.id]


def test_metadata_filters_the_list(shop: Workshop):
    plain = shop.create().id
    empty_value = shop.create(metadata={"team": ""}).id
    red = shop.create(metadata={"team": "red", 'odd "key".$': "1"}).id

    def ids(**query: object) -> list[str]:
        return [job.id for job in list_jobs(shop.db, shop.project, **query).items]  # type: ignore[arg-type]

    assert ids(metadata={"team": "red"}) == [red]
    assert ids(metadata={"team": ""}) == [empty_value]
    assert ids(metadata={"team": "red", 'odd "key".$': "1"}) == [red]
    assert ids(metadata={"team": "red", 'odd "key".$': "2"}) == []
    assert ids(is_without_metadata=True) == [plain]
    assert ids() == [red, empty_value, plain]


def test_a_cancelled_job_stays_cancelled(shop: Workshop):
    job = shop.create()
    cancelled = cancel_job(shop.db, shop.project, job.id)
    assert cancelled.status == JobStatus.CANCELLED
    assert cancelled.finished_at == 1_700_000_000
    assert messages(shop, job.id)[-1] == "The job has been cancelled"
    assert claim(shop.db, "w") is None


def test_a_finished_job_cannot_be_cancelled(shop: Workshop):
    job = shop.create()
    cancel_job(shop.db, shop.project, job.id)
    with pytest.raises(InvalidRequestError) as caught:
        cancel_job(shop.db, shop.project, job.id)
    assert caught.value.message == (
        f'Cannot cancel a job {job.id} that already has status "cancelled".'
    )


def test_another_projects_job_answers_like_an_unknown_one(shop: Workshop):
    job = shop.create()
    for operation in (get_job, cancel_job, list_events, list_checkpoints):
        for project, name in ((shop.other_project, job.id), (shop.project, "ftjob-unknown")):
            with pytest.raises(NotFoundError) as caught:
                operation(shop.db, project, name)
            assert caught.value.message == f"Could not find fine tune: {name}"
            assert (caught.value.code, caught.value.param) == (
                "fine_tune_not_found",
                "fine_tune_id",
            )
    assert list_jobs(shop.db, shop.other_project).items == ()


def test_a_repeated_request_creates_one_job(shop: Workshop):
    first = Repeatable(key="k", body_sha256="1", may_be_repetition=False)
    again = Repeatable(key="k", body_sha256="1", may_be_repetition=True)
    made = [
        create_job(shop.db, CATALOGUE, shop.project, shop.wish(), request=request).id
        for request in (first, again, again)
    ]
    assert len(set(made)) == 1
    assert len(list_jobs(shop.db, shop.project).items) == 1


def test_the_same_body_sent_on_purpose_creates_another_job(shop: Workshop):
    request = Repeatable(key="k", body_sha256="1", may_be_repetition=False)
    made = {
        create_job(shop.db, CATALOGUE, shop.project, shop.wish(), request=request).id
        for _ in range(2)
    }
    assert len(made) == 2


def test_events_are_paged_newest_first(shop: Workshop):
    job = shop.create()
    first = list_events(shop.db, shop.project, job.id, limit=1)
    assert first.has_more
    second = list_events(shop.db, shop.project, job.id, after=first.items[0].id, limit=1)
    assert second.items[0].message == f"Created fine-tuning job: {job.id}"
    assert not second.has_more

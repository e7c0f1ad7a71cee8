"""Fine-tuning jobs through the official client: what may be asked for, and what is shown."""

import json

import httpx2
import pytest
from openai import BadRequestError, NotFoundError, OpenAI

from tests.api.harness import ALIAS, BASE, RunningServer
from tests.jobs.workshop import run_to_start
from understudy.jobs.lease import claim
from understudy.work.lease import release
from understudy.work.policy import ExitReason

LINES = b"".join(
    json.dumps({"messages": [{"role": "assistant", "content": str(i)}]}).encode() + b"\n"
    for i in range(12)
)


@pytest.fixture
def training_file(client: OpenAI) -> str:
    return client.files.create(file=LINES, purpose="fine-tune").id


def create_raw(server: RunningServer, key: str, body: dict) -> httpx2.Response:
    headers = {"Authorization": f"Bearer {key}"}
    return server.http.post("/v1/fine_tuning/jobs", headers=headers, json=body)


def test_a_new_job_looks_as_recorded(client: OpenAI, training_file: str):
    raw = client.fine_tuning.jobs.with_raw_response.create(
        model=ALIAS, training_file=training_file, suffix="My Test", seed=7, metadata={"a": "b"}
    )
    auto = {"n_epochs": "auto", "batch_size": "auto", "learning_rate_multiplier": "auto"}
    body = json.loads(raw.text)
    assert body.pop("id").startswith("ftjob-")
    assert isinstance(body.pop("created_at"), int)
    assert body == {
        "object": "fine_tuning.job",
        "model": ALIAS,
        "finished_at": None,
        "fine_tuned_model": None,
        "organization_id": "org-personal",
        "result_files": [],
        "status": "validating_files",
        "validation_file": None,
        "training_file": training_file,
        "hyperparameters": auto,
        "trained_tokens": None,
        "error": None,
        "user_provided_suffix": "My Test",
        "seed": 7,
        "estimated_finish": None,
        "integrations": [],
        "method": {"type": "supervised", "supervised": {"hyperparameters": auto}},
        "metadata": {"a": "b"},
    }
    job = raw.parse()
    assert client.fine_tuning.jobs.retrieve(job.id) == job


def test_an_undated_alias_becomes_its_snapshot(client: OpenAI, training_file: str):
    job = client.fine_tuning.jobs.create(model="gpt-4.1-nano", training_file=training_file)
    assert job.model == ALIAS
    assert 0 <= job.seed < 2**31


def test_explicit_nulls_mean_the_same_as_nothing(
    server: RunningServer, key: str, training_file: str
):
    nullable = ["validation_file", "method", "hyperparameters", "suffix", "seed", "metadata"]
    body = {"model": BASE, "training_file": training_file, "integrations": None}
    answer = create_raw(server, key, body | dict.fromkeys(nullable))
    assert answer.status_code == 200
    nothing = {"hyperparameters": {"n_epochs": None, "batch_size": None}}
    assert create_raw(server, key, body | nothing).json()["hyperparameters"]["n_epochs"] == "auto"


NUMBERS = {"n_epochs": 3, "batch_size": "auto", "learning_rate_multiplier": 1.5}


@pytest.mark.parametrize(
    "request_fields",
    [
        {"hyperparameters": NUMBERS},
        {"method": {"type": "supervised", "supervised": {"hyperparameters": NUMBERS}}},
        {
            "hyperparameters": {"n_epochs": 3, "learning_rate_multiplier": 1.5},
            "method": {"type": "supervised", "supervised": {"hyperparameters": NUMBERS}},
        },
        {
            # The clients' own tests send every sibling at once.
            "method": {
                "type": "supervised",
                "supervised": {"hyperparameters": NUMBERS},
                "dpo": {"hyperparameters": {"beta": "auto"}},
                "reinforcement": {"grader": {"anything": True}},
            },
        },
    ],
)
def test_hyperparameters_are_read_from_both_places(
    client: OpenAI, training_file: str, request_fields: dict
):
    job = client.fine_tuning.jobs.create(model=BASE, training_file=training_file, **request_fields)
    assert job.hyperparameters.to_dict() == NUMBERS
    assert job.method.supervised.hyperparameters.to_dict() == NUMBERS


@pytest.mark.parametrize(
    ("fields", "code", "param"),
    [
        ({"epochs": 3}, "unknown_parameter", "epochs"),
        ({"suffix": "x" * 65}, "string_above_max_length", "suffix"),
        ({"suffix": ""}, "empty_string", "suffix"),
        ({"suffix": "a\x00"}, "invalid_value", "suffix"),
        ({"seed": -1}, "integer_below_min_value", "seed"),
        ({"seed": 2**31}, "integer_above_max_value", "seed"),
        ({"seed": 1.5}, "invalid_type", "seed"),
        ({"seed": True}, "invalid_type", "seed"),
        ({"model": None}, "invalid_type", "model"),
        ({"metadata": {str(i): "" for i in range(17)}}, "object_above_max_properties", "metadata"),
        ({"metadata": {"k" * 65: ""}}, "string_above_max_length", "metadata." + "k" * 65),
        ({"metadata": {"k": "v" * 513}}, "string_above_max_length", "metadata.k"),
        ({"metadata": {"k": 1}}, "invalid_type", "metadata.k"),
        (
            {"hyperparameters": {"n_epochs": 0}},
            "integer_below_min_value",
            "hyperparameters.n_epochs",
        ),
        (
            {"hyperparameters": {"n_epochs": 51}},
            "integer_above_max_value",
            "hyperparameters.n_epochs",
        ),
        ({"hyperparameters": {"n_epochs": 2.5}}, "invalid_type", "hyperparameters.n_epochs"),
        ({"hyperparameters": {"n_epochs": "many"}}, "invalid_value", "hyperparameters.n_epochs"),
        (
            {"hyperparameters": {"batch_size": 257}},
            "integer_above_max_value",
            "hyperparameters.batch_size",
        ),
        (
            {"hyperparameters": {"learning_rate_multiplier": 0}},
            "decimal_below_min_value",
            "hyperparameters.learning_rate_multiplier",
        ),
        ({"hyperparameters": {"beta": 1}}, "unknown_parameter", "hyperparameters.beta"),
        (
            {
                "method": {
                    "type": "supervised",
                    "supervised": {"hyperparameters": {"n_epochs": 99}},
                }
            },
            "integer_above_max_value",
            "method.supervised.hyperparameters.n_epochs",
        ),
        ({"method": {"type": "lora"}}, "invalid_value", "method.type"),
        ({"method": {}}, "missing_required_parameter", "method.type"),
        (
            {"method": {"type": "dpo", "dpo": {"hyperparameters": {"beta": 0}}}},
            "decimal_below_min_value",
            "method.dpo.hyperparameters.beta",
        ),
        (
            {"method": {"type": "dpo", "dpo": {"hyperparameters": {"beta": 2.5}}}},
            "decimal_above_max_value",
            "method.dpo.hyperparameters.beta",
        ),
        (
            {"method": {"type": "dpo"}, "hyperparameters": {"n_epochs": 2}},
            "invalid_value",
            "hyperparameters",
        ),
        (
            {"method": {"type": "reinforcement"}},
            "missing_required_parameter",
            "method.reinforcement.grader",
        ),
        (
            {
                "hyperparameters": {"n_epochs": 1},
                "method": {
                    "type": "supervised",
                    "supervised": {"hyperparameters": {"n_epochs": 2}},
                },
            },
            "invalid_value",
            "hyperparameters",
        ),
        (
            {"integrations": [{"type": "wandb", "wandb": {"project": "p"}}]},
            "unsupported_value",
            "integrations",
        ),
        ({"model": "gpt-9"}, "model_not_available", "model"),
        ({"training_file": "file-none"}, None, "training_file"),
        ({"validation_file": "file-none"}, None, "validation_file"),
    ],
)
def test_a_wrong_request_is_refused_with_its_path(
    server: RunningServer, key: str, training_file: str, fields: dict, code: str, param: str
):
    answer = create_raw(server, key, {"model": BASE, "training_file": training_file} | fields)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["param"]) == (400, code, param)


def test_a_missing_field_is_named(server: RunningServer, key: str):
    error = create_raw(server, key, {"training_file": "file-x"}).json()["error"]
    assert error["message"] == "Missing required parameter: 'model'."


def test_the_messages_are_those_of_openai(server: RunningServer, key: str, training_file: str):
    body = {"model": BASE, "training_file": training_file, "hyperparameters": {"n_epochs": 0}}
    assert create_raw(server, key, body).json()["error"]["message"] == (
        "Invalid 'hyperparameters.n_epochs': integer below minimum value. "
        "Expected a value >= 1, but got 0 instead."
    )


def test_an_openai_name_without_an_alias_is_refused_with_the_line_to_add(
    client: OpenAI, training_file: str
):
    with pytest.raises(BadRequestError, match=r"understudy\.toml"):
        client.fine_tuning.jobs.create(model="gpt-4o-mini", training_file=training_file)


def test_a_file_of_another_purpose_cannot_train(client: OpenAI):
    file = client.files.create(file=LINES, purpose="evals")
    with pytest.raises(BadRequestError) as refused:
        client.fine_tuning.jobs.create(model=BASE, training_file=file.id)
    assert refused.value.param == "training_file"


def test_jobs_are_listed_newest_first_and_by_metadata(client: OpenAI, training_file: str):
    def create(**more) -> str:
        return client.fine_tuning.jobs.create(model=BASE, training_file=training_file, **more).id

    plain, red = create(), create(metadata={"color": "red", "x": ""})
    both = create(metadata={"color": "red", "size": "1"})
    listing = client.fine_tuning.jobs.list
    assert [job.id for job in listing(limit=1)] == [both, red, plain]
    assert [job.id for job in listing(metadata={"color": "red"})] == [both, red]
    assert [job.id for job in listing(metadata={"color": "red", "size": "1"})] == [both]
    assert [job.id for job in listing(metadata={"x": ""})] == [red]
    assert [job.id for job in listing(extra_query={"metadata": "null"})] == [plain]
    with pytest.raises(BadRequestError):
        listing(extra_query={"metadata": "red"})
    assert listing(limit=0).data == []


def test_cancelling_is_immediate_and_happens_once(client: OpenAI, training_file: str):
    job = client.fine_tuning.jobs.create(model=BASE, training_file=training_file)
    assert client.fine_tuning.jobs.cancel(job.id).status == "cancelled"
    with pytest.raises(BadRequestError) as refused:
        client.fine_tuning.jobs.cancel(job.id)
    assert refused.value.body["message"] == (
        f'Cannot cancel a job {job.id} that already has status "cancelled".'
    )


def test_cancel_accepts_an_empty_body_that_says_it_is_json(
    server: RunningServer, client: OpenAI, key: str, training_file: str
):
    job = client.fine_tuning.jobs.create(model=BASE, training_file=training_file)
    answer = server.http.post(
        f"/v1/fine_tuning/jobs/{job.id}/cancel",
        headers={"Authorization": f"Bearer {key}", "content-type": "application/json"},
    )
    assert answer.json()["status"] == "cancelled"


def test_events_tell_the_story_newest_first(client: OpenAI, training_file: str):
    job = client.fine_tuning.jobs.create(model=BASE, training_file=training_file)
    client.fine_tuning.jobs.cancel(job.id)
    events = list(client.fine_tuning.jobs.list_events(job.id, limit=1))
    assert [event.message for event in reversed(events)] == [
        f"Created fine-tuning job: {job.id}",
        f"Validating training file: {training_file}",
        "The job has been cancelled",
    ]
    assert events[0].object == "fine_tuning.job.event"
    assert (events[0].level, events[0].type, events[0].data) == ("info", "message", {})


def test_a_job_without_checkpoints_has_an_empty_list(client: OpenAI, training_file: str):
    job = client.fine_tuning.jobs.create(model=BASE, training_file=training_file)
    page = client.fine_tuning.jobs.checkpoints.list(job.id)
    assert (page.data, page.has_more) == ([], False)


def test_an_unknown_job_is_a_404_everywhere(client: OpenAI):
    jobs = client.fine_tuning.jobs
    asks = (jobs.retrieve, jobs.pause, jobs.resume, jobs.cancel)
    for ask in (*asks, jobs.list_events, jobs.checkpoints.list):
        with pytest.raises(NotFoundError) as missing:
            ask("ftjob-none")
        assert missing.value.code == "fine_tune_not_found"
        assert missing.value.param == "fine_tune_id"
        assert missing.value.body["message"] == "Could not find fine tune: ftjob-none"


def test_a_paused_job_is_resumed_into_the_queue(client: OpenAI, training_file: str):
    job = client.fine_tuning.jobs.create(model=BASE, training_file=training_file)
    paused = client.fine_tuning.jobs.pause(job.id)
    assert (paused.id, paused.status, paused.error) == (job.id, "paused", None)
    assert client.fine_tuning.jobs.retrieve(job.id) == paused
    assert client.fine_tuning.jobs.resume(job.id).status == "queued"
    events = list(client.fine_tuning.jobs.list_events(job.id, limit=2).data)
    assert [(event.level, event.type, event.message) for event in reversed(events)] == [
        ("info", "message", "The job has been paused"),
        ("info", "message", "The job has been resumed"),
    ]


def test_a_job_in_training_is_shown_as_running_until_its_state_is_saved(
    server: RunningServer, client: OpenAI, training_file: str
):
    job = client.fine_tuning.jobs.create(model=BASE, training_file=training_file)
    database = server.services.database
    while (held := claim(database, "test")) is not None and held.job_id != job.id:
        pass  # jobs of other tests, which were created earlier
    assert held is not None
    run_to_start(database, held)
    assert client.fine_tuning.jobs.pause(job.id).status == "running"
    with pytest.raises(BadRequestError) as refused:
        client.fine_tuning.jobs.resume(job.id)
    assert refused.value.body["message"] == (
        f'Cannot resume a job {job.id} that has status "running".'
    )
    release(database, held.hold, ExitReason.PAUSED)
    assert client.fine_tuning.jobs.retrieve(job.id).status == "paused"
    assert client.fine_tuning.jobs.cancel(job.id).status == "cancelled"


def test_pausing_and_resuming_in_the_wrong_state_is_a_400(client: OpenAI, training_file: str):
    jobs = client.fine_tuning.jobs
    job = jobs.create(model=BASE, training_file=training_file)
    cases = (
        (None, jobs.resume, 'Cannot resume a job {} that has status "validating_files".'),
        (jobs.pause, jobs.pause, 'Cannot pause a job {} that already has status "paused".'),
        (jobs.cancel, jobs.pause, 'Cannot pause a job {} that already has status "cancelled".'),
        (None, jobs.resume, 'Cannot resume a job {} that has status "cancelled".'),
    )
    for first, ask, message in cases:
        if first is not None:
            first(job.id)
        with pytest.raises(BadRequestError) as refused:
            ask(job.id)
        assert refused.value.body["message"] == message.format(job.id)


@pytest.mark.parametrize("verb", ["pause", "resume"])
def test_pause_and_resume_accept_an_empty_body_that_says_it_is_json(
    server: RunningServer, client: OpenAI, key: str, training_file: str, verb: str
):
    job = client.fine_tuning.jobs.create(model=BASE, training_file=training_file)
    if verb == "resume":
        client.fine_tuning.jobs.pause(job.id)
    answer = server.http.post(
        f"/v1/fine_tuning/jobs/{job.id}/{verb}",
        headers={"Authorization": f"Bearer {key}", "content-type": "application/json"},
    )
    assert answer.json()["status"] == {"pause": "paused", "resume": "queued"}[verb]


def test_a_retried_creation_creates_once(server: RunningServer, key: str, training_file: str):
    def create(retry: int, **body) -> str:
        headers = {"Authorization": f"Bearer {key}", "x-stainless-retry-count": str(retry)}
        whole = {"model": BASE, "training_file": training_file} | body
        url = "/v1/fine_tuning/jobs"
        return server.http.post(url, headers=headers, json=whole).json()["id"]

    first = create(0)
    assert create(1) == first
    assert create(2, seed=3) != first
    assert create(0) != first


def test_an_idempotency_key_creates_once_and_only_for_one_body(
    server: RunningServer, key: str, training_file: str
):
    def create(**body) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {key}", "idempotency-key": "k"}
        whole = {"model": BASE, "training_file": training_file} | body
        return server.http.post("/v1/fine_tuning/jobs", headers=headers, json=whole)

    assert create().json()["id"] == create().json()["id"]
    assert create(seed=1).status_code == 400


def test_a_retried_upload_makes_one_file(server: RunningServer, key: str):
    def upload(retry: int, content: bytes) -> str:
        headers = {"Authorization": f"Bearer {key}", "x-stainless-retry-count": str(retry)}
        form = {"files": {"file": ("a", content)}, "data": {"purpose": "fine-tune"}}
        return server.http.post("/v1/files", headers=headers, **form).json()["id"]

    first = upload(0, LINES)
    assert upload(1, LINES) == first
    assert upload(1, LINES + b"{}\n") != first
    assert upload(0, LINES) != first


def test_a_job_shows_that_it_splits_turns_and_only_then(client: OpenAI, training_file: str):
    def shown(**supervised: object) -> dict:
        raw = client.fine_tuning.jobs.with_raw_response.create(
            model=ALIAS,
            training_file=training_file,
            method={"type": "supervised", "supervised": supervised},  # type: ignore[arg-type]
        )
        return json.loads(raw.text)["method"]["supervised"]

    assert shown(split_turns=True)["split_turns"] is True
    assert "split_turns" not in shown(split_turns=False)
    assert "split_turns" not in shown(split_turns=None)
    with pytest.raises(BadRequestError, match="split_turns"):
        shown(split_turns="yes")
    with pytest.raises(BadRequestError, match="splits_turns"):
        shown(splits_turns=True)


def test_a_job_over_pairs_shows_its_method_and_its_hyperparameters(
    client: OpenAI, training_file: str
):
    asked = {"beta": 0.3, "n_epochs": 2, "sft_weight": 0.5}

    job = client.fine_tuning.jobs.create(
        model=BASE,
        training_file=training_file,
        method={"type": "dpo", "dpo": {"hyperparameters": asked}},  # pyright: ignore
    )

    shown = client.fine_tuning.jobs.retrieve(job.id).method
    assert shown is not None
    assert shown.to_dict() == {
        "type": "dpo",
        "dpo": {
            "hyperparameters": {
                "n_epochs": 2,
                "batch_size": "auto",
                "learning_rate_multiplier": "auto",
                "beta": 0.3,
                "sft_weight": 0.5,
            }
        },
    }

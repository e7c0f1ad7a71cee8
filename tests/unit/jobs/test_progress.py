import re
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.jobs.workshop import (
    NUMBERS,
    RESULT,
    Clock,
    Workshop,
    checkpoint,
    run_to_end,
    run_to_start,
    step,
)
from understudy.errors import JobFailedError
from understudy.jobs.checkpoints import add_checkpoint
from understudy.jobs.claims import Claim, ResumePoint
from understudy.jobs.lease import JOBS, claim, heartbeat
from understudy.jobs.lifecycle import Desired, JobStatus
from understudy.jobs.progress import failed, recorded_steps, started, step_metrics, validated, warn
from understudy.jobs.service import cancel_job, get_job, list_checkpoints, list_events
from understudy.jobs.success import succeeded
from understudy.storage.files.files import get_file
from understudy.storage.models import delete_model, find_model, list_models
from understudy.storage.tables.jobs import JobEventRow
from understudy.storage.tables.projects import OutboxRow
from understudy.training.metrics import StepMetrics
from understudy.wording import in_others_words
from understudy.work.lease import LeaseLostError, release_worker


def taken(shop: Workshop, worker: str = "w") -> Claim:
    found = claim(shop.db, worker)
    assert found is not None
    return found


def history(shop: Workshop, held: Claim) -> list[JobEventRow]:
    page = list_events(shop.db, shop.project, held.job_id, limit=1000)
    return list(reversed(page.items))


def messages(shop: Workshop, held: Claim) -> list[str]:
    return [event.message for event in history(shop, held)]


def outbox(shop: Workshop) -> list[tuple[str, str]]:
    with shop.db.read() as session:
        return [(row.type, row.object_id) for row in session.query(OutboxRow)]


def test_a_job_tells_its_whole_story_in_order(shop: Workshop):
    shop.create(model="gpt-4.1-nano", suffix="Café Über")
    held = taken(shop)
    name = run_to_end(shop.db, held)
    assert re.fullmatch(r"ft:gpt-4.1-nano-2025-04-14:ruming-s-org:cafe-uber:\w{8}", name)
    earlier = [c.model_name for c in list_checkpoints(shop.db, shop.project, held.job_id).items]
    assert messages(shop, held) == [
        f"Created fine-tuning job: {held.job_id}",
        f"Validating training file: {shop.file}",
        "Files validated, moving job to queued state",
        "Fine-tuning job started",
        *[f"Step {n}/6: training loss=0.50" for n in range(1, 7)],
        f"Checkpoint created at step 2 with Snapshot ID: {earlier[2]}",
        f"Checkpoint created at step 4 with Snapshot ID: {earlier[1]}",
        f"New fine-tuned model created: {name}",
        "The job has successfully completed",
    ]


def test_the_story_can_be_read_while_it_goes_on(shop: Workshop):
    job = shop.create()
    held = taken(shop)
    seen = [get_job(shop.db, shop.project, job.id)]
    validated(shop.db, held)
    seen.append(get_job(shop.db, shop.project, job.id))
    started(shop.db, held, NUMBERS, renderer_hash="renderer")
    seen.append(get_job(shop.db, shop.project, job.id))
    assert [view.status for view in seen] == ["validating_files", "queued", "running"]
    assert [row.resolved and row.resolved["n_epochs"] for row in seen] == [None, None, 3]
    assert seen[2].estimated_finish is None
    assert seen[2].resolved == asdict(NUMBERS)


def test_a_job_whose_template_changed_between_attempts_cannot_go_on(shop: Workshop):
    shop.create()
    run_to_start(shop.db, taken(shop))
    release_worker(shop.db, JOBS, "w")
    second = taken(shop)
    with pytest.raises(JobFailedError, match="chat template of understudy-nano changed"):
        started(shop.db, second, NUMBERS, renderer_hash="another")


def test_validation_losses_are_told_where_they_were_measured(shop: Workshop):
    shop.create()
    held = taken(shop)
    run_to_start(shop.db, held)
    measured = StepMetrics(
        step=288,
        total_steps=303,
        train_loss=0.001,
        train_mean_token_accuracy=1.0,
        valid_loss=0.314,
        valid_mean_token_accuracy=0.8,
        full_valid_loss=0.333,
        full_valid_mean_token_accuracy=0.75,
    )
    step_metrics(shop.db, held, [measured], estimated_finish=5)
    event = history(shop, held)[-1]
    assert event.message == (
        "Step 288/303: training loss=0.00, validation loss=0.31, full validation loss=0.33"
    )
    assert (event.type, event.level) == ("metrics", "info")
    assert event.data == {
        "step": 288,
        "total_steps": 303,
        "train_loss": 0.001,
        "train_mean_token_accuracy": 1.0,
        "valid_loss": 0.314,
        "valid_mean_token_accuracy": 0.8,
        "full_valid_loss": 0.333,
        "full_valid_mean_token_accuracy": 0.75,
    }
    assert get_job(shop.db, shop.project, held.job_id).estimated_finish == 5


def test_messages_carry_an_empty_object_and_the_start_carries_nothing(shop: Workshop):
    shop.create()
    held = taken(shop)
    run_to_start(shop.db, held)
    assert [event.data for event in history(shop, held)] == [{}, {}, {}, None]


def test_success_leaves_model_result_file_and_one_notice(shop: Workshop):
    shop.create()
    held = taken(shop)
    name = run_to_end(shop.db, held)
    job = get_job(shop.db, shop.project, held.job_id)
    assert job.status == JobStatus.SUCCEEDED
    assert (job.fine_tuned_model, job.trained_tokens) == (name, 123)
    assert (job.finished_at, job.estimated_finish) == (1_700_000_000, None)
    with shop.db.read() as session:
        file = get_file(session, shop.project, job.result_file or "")
        model = find_model(session, shop.project, name)
    assert (file.filename, file.purpose, file.sha256) == (
        "step_metrics.csv",
        "fine-tune-results",
        RESULT.sha256,
    )
    assert model is not None
    assert (model.kind, model.base, model.step) == ("final", "understudy-nano", 6)
    assert outbox(shop) == [("fine_tuning.job.succeeded", held.job_id)]


def test_the_fourth_checkpoint_takes_the_place_of_the_first(shop: Workshop):
    shop.create()
    held = taken(shop)
    run_to_start(shop.db, held)
    recorded = [add_checkpoint(shop.db, held, checkpoint(step, 8)) for step in (2, 4, 6, 8)]
    removed = [[str(path) for path in one.removed_directories] for one in recorded]
    assert removed == [[], [], [], ["/models/step-2"]]
    with shop.db.read() as session:
        served = {model.name for model in list_models(session, shop.project)}
    assert served == {one.model_name for one in recorded[1:]}


def test_the_last_three_checkpoints_are_kept(shop: Workshop):
    shop.create()
    held = taken(shop)
    name = run_to_end(shop.db, held, epochs=5)
    kept = list_checkpoints(shop.db, shop.project, held.job_id).items
    assert [checkpoint.step for checkpoint in kept] == [10, 8, 6]
    assert kept[0].model_name == name
    identifiers = {checkpoint.model_name.split(":")[4] for checkpoint in kept}
    assert len(identifiers) == 3
    assert kept[1].model_name.endswith(":ckpt-step-8")
    with shop.db.read() as session:
        served = {model.name for model in list_models(session, shop.project)}
    assert served == {checkpoint.model_name for checkpoint in kept}


def test_checkpoints_are_served_while_the_job_runs_and_after_it_is_cancelled(shop: Workshop):
    shop.create()
    held = taken(shop)
    run_to_start(shop.db, held)
    name = add_checkpoint(shop.db, held, checkpoint(2, 6)).model_name
    cancel_job(shop.db, shop.project, held.job_id)
    with shop.db.read() as session:
        model = find_model(session, shop.project, name)
    assert model is not None
    assert (model.kind, model.directory) == ("checkpoint", "/models/step-2")
    assert outbox(shop) == [("fine_tuning.job.cancelled", held.job_id)]


def test_a_deleted_checkpoint_does_not_come_back_with_success(shop: Workshop):
    shop.create()
    held = taken(shop)
    run_to_start(shop.db, held)
    name = add_checkpoint(shop.db, held, checkpoint(2, 4)).model_name
    with shop.db.write() as session:
        delete_model(session, shop.project, name)
    add_checkpoint(shop.db, held, checkpoint(4, 4))
    final = succeeded(shop.db, held, result=RESULT, trained_tokens=1)
    with shop.db.read() as session:
        names = [model.name for model in list_models(session, shop.project)]
    assert names == [final]


def test_deleting_the_last_checkpoint_early_does_not_cost_the_final_model(shop: Workshop):
    shop.create()
    held = taken(shop)
    run_to_start(shop.db, held)
    name = add_checkpoint(shop.db, held, checkpoint(2, 2)).model_name
    with shop.db.write() as session:
        delete_model(session, shop.project, name)
    final = succeeded(shop.db, held, result=RESULT, trained_tokens=1)
    with shop.db.read() as session:
        model = find_model(session, shop.project, final)
    assert model is not None
    assert model.directory == "/models/step-2"


def test_a_resumed_attempt_tells_no_fact_twice(shop: Workshop):
    shop.create()
    first = taken(shop)
    run_to_start(shop.db, first)
    step_metrics(shop.db, first, [step(1, 4), step(2, 4)])
    name = add_checkpoint(shop.db, first, checkpoint(2, 4)).model_name
    step_metrics(shop.db, first, [step(3, 4)])
    before = messages(shop, first)
    release_worker(shop.db, JOBS, "w")
    second = taken(shop)
    assert second.resume_points == (ResumePoint(step=2, directory=Path("/models/step-2")),)
    run_to_start(shop.db, second)
    assert add_checkpoint(shop.db, second, checkpoint(2, 4)).model_name == name
    step_metrics(shop.db, second, [step(3, 4, loss=0.7)])
    assert messages(shop, second) == before
    step_metrics(shop.db, second, [step(4, 4)])
    recorded = recorded_steps(shop.db, second)
    assert [(done.step, done.train_loss) for done in recorded] == [
        (1, 0.5),
        (2, 0.5),
        (3, 0.5),
        (4, 0.5),
    ]


def test_a_failed_job_says_why_in_the_job_and_in_its_last_event(shop: Workshop):
    shop.create()
    held = taken(shop)
    text = "Training file has 7 example(s), but must have at least 10 examples"
    failed(shop.db, held, "invalid_n_examples", in_others_words(text), "training_file")
    job = get_job(shop.db, shop.project, held.job_id)
    assert job.status == JobStatus.FAILED
    error = (job.error_code, job.error_message, job.error_param)
    assert error == ("invalid_n_examples", in_others_words(text), "training_file")
    last = history(shop, held)[-1]
    assert (last.message, last.level) == (text, "error")
    assert outbox(shop) == [("fine_tuning.job.failed", held.job_id)]


def test_a_warning_is_given_once(shop: Workshop):
    shop.create()
    held = taken(shop)
    warn(shop.db, held, in_others_words("slow path"))
    warn(shop.db, held, in_others_words("slow path"))
    assert [event.level for event in history(shop, held)].count("warn") == 1


def test_a_cancelled_workers_writes_are_refused_and_its_heartbeat_says_so(
    shop: Workshop, clock: Clock
):
    shop.create()
    held = taken(shop)
    run_to_start(shop.db, held)
    assert heartbeat(shop.db, held.hold) == Desired.RUN
    cancel_job(shop.db, shop.project, held.job_id)
    assert heartbeat(shop.db, held.hold) == Desired.CANCEL
    before = messages(shop, held)
    writes = (
        lambda: validated(shop.db, held),
        lambda: started(shop.db, held, NUMBERS, renderer_hash="renderer"),
        lambda: step_metrics(shop.db, held, [step(1, 2)]),
        lambda: add_checkpoint(shop.db, held, checkpoint(2, 2)),
        lambda: failed(shop.db, held, "c", in_others_words("m"), None),
        lambda: warn(shop.db, held, in_others_words("w")),
        lambda: succeeded(shop.db, held, result=RESULT, trained_tokens=1),
    )
    for write in writes:
        with pytest.raises(LeaseLostError):
            write()
    assert messages(shop, held) == before

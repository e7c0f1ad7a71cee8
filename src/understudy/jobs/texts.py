"""The exact words of a job's events, which users' scripts look for."""

from datetime import date

from understudy.training.metrics import StepMetrics
from understudy.wording import Sentence, in_others_words, worded


def created(job_id: str) -> Sentence:
    """Return the first event's text."""
    return worded("job.created", "Created fine-tuning job: {job}", job=job_id)


def validating(training_file: str, validation_file: str | None) -> Sentence:
    """Return the text that names the files to be checked."""
    if validation_file is None:
        return worded(
            "job.validating", "Validating training file: {training}", training=training_file
        )
    return worded(
        "job.validating_both",
        "Validating training file: {training} and validation file: {validation}",
        training=training_file,
        validation=validation_file,
    )


VALIDATED = worded("job.validated", "Files validated, moving job to queued state")
STARTED = worded("job.started", "Fine-tuning job started")
SUCCEEDED = worded("job.succeeded", "The job has successfully completed")
CANCELLED = worded("job.cancelled", "The job has been cancelled")
PAUSED = worded("job.paused", "The job has been paused")
RESUMED = worded("job.resumed", "The job has been resumed")
HUNG = worded(
    "job.hung",
    "The trainer hung, and the server replaced it; the job continues from its last saved state.",
)


def step_done(metrics: StepMetrics) -> Sentence:
    """Return the text of a step, with whatever validation it measured.

    It carries no code: an event with metrics says the same in its `data`, thousands of times a job.
    """
    return in_others_words(_step(metrics))


def _step(metrics: StepMetrics) -> str:
    if "train_mean_reward" in metrics.more:
        return _rewarded(metrics)
    text = f"Step {metrics.step}/{metrics.total_steps}: training loss={metrics.train_loss:.2f}"
    if metrics.valid_loss is not None:
        text += f", validation loss={metrics.valid_loss:.2f}"
    if metrics.full_valid_loss is not None:
        text += f", full validation loss={metrics.full_valid_loss:.2f}"
    return text


def _rewarded(metrics: StepMetrics) -> str:
    more = metrics.more
    # A blank before the comma: so OpenAI writes it, and scripts look for it.
    text = f"Step {metrics.step}/{metrics.total_steps} , train mean reward="
    text += f"{more['train_mean_reward']:.2f}"
    if "full_valid_mean_reward" in more:
        text += f", full validation mean reward={more['full_valid_mean_reward']:.2f}"
        text += f", full validation mean parse error={more['full_valid_mean_parse_error']:.2f}"
    return text


def prints_date(day: date) -> Sentence:
    """Return the text that says which date a model is taught with."""
    return worded(
        "job.prints_date",
        "The chat template prints a date. The examples are trained with {day}, and the tuned "
        "model is asked with that date unless template_date in understudy.toml says another.",
        day=day.isoformat(),
    )


def checkpoint_created(step: int, model_name: str) -> Sentence:
    """Return the text that names a checkpoint's model."""
    return worded(
        "job.checkpoint",
        "Checkpoint created at step {step} with Snapshot ID: {model}",
        step=step,
        model=model_name,
    )


def model_created(model_name: str) -> Sentence:
    """Return the text that names the tuned model."""
    return worded("job.model", "New fine-tuned model created: {model}", model=model_name)

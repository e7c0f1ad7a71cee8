"""The exact words of a job's events, which users' scripts look for."""

from datetime import date

from understudy.training.metrics import StepMetrics


def created(job_id: str) -> str:
    """Return the first event's text."""
    return f"Created fine-tuning job: {job_id}"


def validating(training_file: str, validation_file: str | None) -> str:
    """Return the text that names the files to be checked."""
    text = f"Validating training file: {training_file}"
    return text if validation_file is None else f"{text} and validation file: {validation_file}"


VALIDATED = "Files validated, moving job to queued state"
STARTED = "Fine-tuning job started"
SUCCEEDED = "The job has successfully completed"
CANCELLED = "The job has been cancelled"
PAUSED = "The job has been paused"
RESUMED = "The job has been resumed"
HUNG = "The trainer hung, and the server replaced it; the job continues from its last saved state."


def step_done(metrics: StepMetrics) -> str:
    """Return the text of a step, with whatever validation it measured."""
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


def prints_date(day: date) -> str:
    """Return the text that says which date a model is taught with."""
    return (
        f"The chat template prints a date. The examples are trained with {day.isoformat()}, and "
        "the tuned model is asked with that date unless template_date in understudy.toml says "
        "another."
    )


def checkpoint_created(step: int, model_name: str) -> str:
    """Return the text that names a checkpoint's model."""
    return f"Checkpoint created at step {step} with Snapshot ID: {model_name}"


def model_created(model_name: str) -> str:
    """Return the text that names the tuned model."""
    return f"New fine-tuned model created: {model_name}"

"""Creates a job here from one that was imported: the same files, the same hyperparameters."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from openai import OpenAI, omit

from understudy.cli.evals.api import get
from understudy.errors import InvalidRequestError


def rerun_job(client: OpenAI, job_id: str, model: str, *, is_auto: bool) -> str:
    """Return the id of the new job; raises InvalidRequestError when its training file is gone."""
    record = get(client, f"/x/history/jobs/{quote(job_id)}")
    job, copies = record["object"], record["file_ids"]
    training = copies.get(job["training_file"])
    if training is None:
        raise InvalidRequestError(
            f"The training file {job['training_file']} of {job_id} was deleted there before it "
            "could be imported, so the job cannot run again."
        )
    validation = copies.get(job.get("validation_file"))
    method = (job.get("method") or {}).get("type") or "supervised"
    if method != "supervised":
        raise InvalidRequestError(
            f"{job_id} was trained with the method '{method}', which this server does not offer."
        )
    created = client.fine_tuning.jobs.create(
        model=model,
        training_file=training,
        validation_file=omit if validation is None else validation,
        suffix=job.get("user_provided_suffix") or omit,
        # The page of the new job lays the old one's curves below its own.
        metadata={"rerun_of": job_id},
        seed=omit if job.get("seed") is None else job["seed"],
        method={"type": "supervised", "supervised": {"hyperparameters": _numbers(job, is_auto)}},
    )
    return created.id


def _numbers(job: Mapping[str, Any], is_auto: bool) -> Any:
    """Return the resolved hyperparameters; the rate's multiplier belongs to OpenAI's own bases."""
    if is_auto:
        return {}
    method = (job.get("method") or {}).get("supervised") or {}
    given = method.get("hyperparameters") or job.get("hyperparameters") or {}
    return {
        name: given[name] for name in ("n_epochs", "batch_size") if isinstance(given.get(name), int)
    }

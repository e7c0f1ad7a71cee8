"""Jobs on a server, run to their ends, and how often the models that they make are right."""

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

from openai import OpenAI

from understudy.evals.verdict.statistics import mcnemar_p, wilson_interval


class Jobs:
    """Runs jobs on one server."""

    def __init__(self, client: OpenAI) -> None:
        self.client = client

    def upload(self, name: str, lines: Sequence[Mapping[str, Any]]) -> str:
        """Store a file and return its id."""
        content = "\n".join(map(json.dumps, lines)).encode()
        return self.client.files.create(file=(name, content), purpose="fine-tune").id

    def run(self, *, suffix: str, seed: int = 1, **request: Any) -> str:
        """Run a job to its end, print how long that took and return its model.

        Ends the program when the job fails.
        """
        job = self.client.fine_tuning.jobs.create(suffix=suffix, seed=seed, **request)
        began = time.monotonic()
        while job.status not in ("succeeded", "failed", "cancelled"):
            time.sleep(1)
            job = self.client.fine_tuning.jobs.retrieve(job.id)
        if job.fine_tuned_model is None:
            raise SystemExit(f"The job {job.status}: {job.error}")
        print(f"{suffix}: {time.monotonic() - began:.0f} s", flush=True)
        return job.fine_tuned_model


def report(name: str, found: Sequence[bool], before: Sequence[bool] | None, how: str) -> None:
    """Print how often a model is right, and whether that is more than another one."""
    low, high = wilson_interval(sum(found), len(found))
    words = ""
    if before is not None:
        pairs = list(zip(before, found, strict=True))
        gained, lost = pairs.count((False, True)), pairs.count((True, False))
        words = f"; {gained} gained and {lost} lost, p {mcnemar_p(gained, lost):.2g}"
    print(
        f"{name}, {how}: {sum(found)} of {len(found)} right ({low:.0%} to {high:.0%}){words}",
        flush=True,
    )

"""Real objects in place of the made-up ids of the clients' own tests, each made afresh."""

import json
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from openai import OpenAI

from tests.api.evals.eval_requests import EXACT, completions, jsonl, make_eval, row
from tests.api.evals.eval_runner import running_runner
from tests.api.harness import RunningServer, add_tuned_model, wait_until

MODEL = "understudy-nano"
EMBEDDER = "tiny-embedder"
_CHAT = {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "ho"}]}
CHATS = (json.dumps(_CHAT) + "\n").encode() * 10


def _batch_line(endpoint: str) -> bytes:
    bodies = {
        "/v1/responses": {"input": "hi", "max_output_tokens": 16},
        "/v1/embeddings": {"input": "hi"},
        "/v1/moderations": {"input": "hi"},
        "/v1/completions": {"prompt": "hi", "max_tokens": 1},
    }
    body = bodies.get(endpoint, {"messages": [{"role": "user", "content": "hi"}]})
    line = {"custom_id": "1", "method": "POST", "url": endpoint, "body": {"model": MODEL} | body}
    return json.dumps(line).encode()


@dataclass
class RealObjects:
    """Makes objects of one project on a running server."""

    server: RunningServer
    project_id: str
    client: OpenAI
    webhook_url: str
    """Where somebody listens."""
    refused: Counter[str] = field(default_factory=Counter[str])
    """Parameters that the server refused by their names, since this was last emptied."""

    def file(self) -> str:
        return self.client.files.create(file=("f.jsonl", CHATS), purpose="fine-tune").id

    def batch_file(self, endpoint: str = "/v1/chat/completions") -> str:
        content = ("b.jsonl", _batch_line(endpoint))
        return self.client.files.create(file=content, purpose="batch").id

    def batch(self) -> str:
        return self.client.batches.create(
            completion_window="24h",
            endpoint="/v1/chat/completions",
            input_file_id=self.batch_file(),
        ).id

    def upload(self) -> str:
        return self.client.uploads.create(
            bytes=len(CHATS), filename="f.jsonl", mime_type="text/jsonl", purpose="fine-tune"
        ).id

    def part(self, upload: str) -> str:
        return self.client.uploads.parts.create(upload, data=CHATS).id

    def job(self) -> str:
        return self.client.fine_tuning.jobs.create(model=MODEL, training_file=self.file()).id

    def paused_job(self) -> str:
        job = self.job()
        self.client.fine_tuning.jobs.pause(job)
        return job

    def tuned_model(self) -> str:
        return add_tuned_model(self.server, self.project_id, self.client).name

    def other_project(self) -> str:
        return self.server.new_project("other")[0]

    def permission(self, model: str) -> str:
        made = self.client.fine_tuning.checkpoints.permissions.create(
            model, project_ids=[self.other_project()]
        )
        return next(iter(made)).id

    def response(self) -> str:
        return self.client.responses.create(model=MODEL, input="hi", max_output_tokens=16).id

    def background_response(self) -> str:
        return self.client.responses.create(
            model=MODEL, input="hi", max_output_tokens=16, background=True, stream=False
        ).id

    def streamed_response(self) -> str:
        with self.client.responses.create(
            model=MODEL, input="hi", max_output_tokens=16, background=True, stream=True
        ) as events:
            return next(iter(events)).response.id  # type: ignore[union-attr]

    def completion(self) -> str:
        return self.client.chat.completions.create(
            model=MODEL,
            # The client's type of a stored message knows no user.
            messages=[{"role": "assistant", "content": "hi"}],
            max_completion_tokens=2,
            store=True,
        ).id

    def eval(self) -> str:
        return make_eval(self.client).id

    def open_eval(self) -> str:
        """An eval that takes rows of any shape."""
        return self.client.evals.create(
            data_source_config={
                "type": "custom",
                "item_schema": {"type": "object"},
                "include_sample_schema": True,
            },
            testing_criteria=[EXACT | {"input": "a", "reference": "a"}],  # type: ignore[list-item]
        ).id

    def run(self, eval_id: str) -> str:
        source: Any = jsonl(row("q", "a", "a"))
        return self.client.evals.runs.create(eval_id, data_source=source).id

    @cached_property
    def graded(self) -> tuple[str, str, str]:
        """An eval, its run that has ended, and an output item of that.

        The client's types know only samples that a model was asked for, with every setting.
        """
        eval_id = self.eval()
        sampling = {"max_completion_tokens": 16, "seed": 1, "temperature": 1.0, "top_p": 1.0}
        source: Any = completions(row("q", "a"), model=MODEL, sampling_params=sampling)
        with running_runner(self.server):
            run = self.client.evals.runs.create(eval_id, data_source=source).id

            def is_done() -> bool:
                found = self.client.evals.runs.retrieve(run, eval_id=eval_id)
                return found.status in ("completed", "failed")

            wait_until(is_done, timeout_seconds=120)
        items = self.client.evals.runs.output_items.list(run, eval_id=eval_id)
        return eval_id, run, items.data[0].id

    def webhook(self) -> str:
        # A project has fifty at most.
        for endpoint in self.client.webhooks.list(limit=100).data[20:]:
            self.client.webhooks.delete(endpoint.id)
        return self.client.webhooks.create(
            name="n", url=self.webhook_url, event_types=["batch.completed"]
        ).id

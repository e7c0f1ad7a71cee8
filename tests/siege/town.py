"""One object of every kind that a project can have, and the ids by which each is named."""

import json
from collections.abc import Mapping
from typing import Any

from tests.api.harness import BASE, RunningServer, add_tuned_model
from understudy.ids import unix_now
from understudy.storage.tables.evals import EvalItemRow
from understudy.storage.tables.images import ImageRow
from understudy.storage.tables.webhooks import WebhookDeliveryRow, WebhookEndpointRow

LINE = {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}
GRADER = {
    "type": "string_check",
    "name": "exact",
    "input": "{{ sample.output_text }}",
    "reference": "{{ item.answer }}",
    "operation": "eq",
}
SCHEMA = {"type": "object", "properties": {"answer": {"type": "string"}}}
ROW = {"item": {"answer": "a"}, "sample": {"output_text": "a"}}
Ids = dict[str, str]
"""From a name of a path's parameter, or `KIND_name`, to the id of the project's object."""


class Town:
    """A project with something of everything; `build` may be called again after deletions."""

    def __init__(self, server: RunningServer, name: str = "town") -> None:
        self.server = server
        self.project_id, self.key = server.new_project(name)
        self.friend_id, _ = server.new_project(f"{name}'s friend")
        """A project that may use the tuned model of this one."""
        _, self.strangers_key = server.new_project(f"{name}'s neighbour")

    def build(self) -> Ids:
        """Make an object of every kind and return their ids."""
        ids = self._trained()
        ids |= self._asked() | self._evaluated(ids) | self._noted()
        ids |= self._hooks() | self._queued(ids)
        ids["sha256"] = self._image()
        return ids

    def ask(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        """Send a request in the project's name and return its JSON; every answer must be good."""
        headers = {"Authorization": f"Bearer {self.key}"}
        answer = self.server.http.request(method, path, headers=headers, json=body, **more)
        assert answer.status_code < 300, (method, path, answer.text)
        return answer.json()

    def _trained(self) -> Ids:
        client = self.server.client(self.key)
        tuned = add_tuned_model(self.server, self.project_id, client)
        file = client.files.create(
            file=(json.dumps(LINE) + "\n").encode() * 20, purpose="fine-tune"
        )
        job = client.fine_tuning.jobs.create(model=BASE, training_file=file.id)
        path = f"/v1/fine_tuning/checkpoints/{tuned.name}/permissions"
        permitted = self.ask("POST", path, {"project_ids": [self.friend_id]})
        upload = {"purpose": "batch", "filename": "f", "bytes": 5, "mime_type": "application/jsonl"}
        return {
            "file_id": file.id,
            "job_id": job.id,
            "model": tuned.name,
            "permission_id": permitted["data"][0]["id"],
            "upload_id": self.ask("POST", "/v1/uploads", upload)["id"],
            "line": "1",
            "number": "1",
        }

    def _asked(self) -> Ids:
        self.server.engine.says()
        chat = {"model": BASE, "messages": LINE["messages"][:1], "store": True}
        response = self.ask("POST", "/v1/responses", {"model": BASE, "input": "Hi"})
        return {
            "completion_id": self.ask("POST", "/v1/chat/completions", chat)["id"],
            "response_id": response["id"],
        }

    def _evaluated(self, ids: Mapping[str, str]) -> Ids:
        config = {"type": "custom", "item_schema": SCHEMA, "include_sample_schema": True}
        made = {"data_source_config": config, "testing_criteria": [GRADER], "name": "e"}
        eval_id = self.ask("POST", "/v1/evals", made)["id"]
        source = {"type": "jsonl", "source": {"type": "file_content", "content": [ROW]}}
        run = self.ask("POST", f"/v1/evals/{eval_id}/runs", {"data_source": source})
        item = EvalItemRow(
            run_id=run["id"], number=0, id=f"outputitem_{run['id']}", created_at=unix_now(),
            status="pass", item_key="k", item=ROW["item"], results=[], sample={},
        )  # fmt: skip
        with self.server.services.database.write() as session:
            session.add(item)
            item_id = item.id
        return {"eval_id": eval_id, "run_id": run["id"], "output_item_id": item_id}

    def _noted(self) -> Ids:
        record = {
            "source": "https://api.openai.com/v1",
            "object": {"id": "file-old", "object": "file"},
        }
        self.ask("PUT", "/v1/x/history/files/file-old", record)
        return {
            "kind": "files",
            "id": "file-old",
            "key_id": self.ask("POST", "/v1/x/keys", {"name": "second"})["id"],
        }

    def _hooks(self) -> Ids:
        hook = {"name": "h", "url": "https://example.com/", "event_types": ["batch.completed"]}
        endpoint = self.ask("POST", "/v1/webhook_endpoints", hook)["id"]
        with self.server.services.database.write() as session:
            row = session.query(WebhookEndpointRow).filter_by(id=endpoint).one()
            delivery = WebhookDeliveryRow(
                id=f"whd_{endpoint}", endpoint_seq=row.seq, event_id="evt_1",
                event_type="batch.completed", object_id="batch_1", status="failed",
                created_at=unix_now(), finished_at=unix_now(), attempts=[], attempts_left=0,
            )  # fmt: skip
            session.add(delivery)
            delivery_id = delivery.id
        return {"webhook_endpoint_id": endpoint, "delivery_id": delivery_id}

    def _queued(self, ids: Mapping[str, str]) -> Ids:
        call = {
            "custom_id": "1",
            "method": "POST",
            "url": "/v1/chat/completions",
            "body": {"model": BASE, "messages": LINE["messages"][:1]},
        }
        client = self.server.client(self.key)
        file = client.files.create(file=json.dumps(call).encode(), purpose="batch")
        batch = client.batches.create(
            input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h"
        )
        export = self.ask("POST", "/v1/x/exports", {"model": BASE, "format": "merged"})
        student = {"source": {"type": "stored_completions"}, "student": BASE}
        return {
            "batch_id": batch.id,
            "export_id": export["id"],
            "distillation_id": self.ask("POST", "/v1/x/distillations", student)["id"],
        }

    def _image(self) -> str:
        blob = self.server.services.blobs.write([self.project_id.encode()])
        with self.server.services.database.write() as session:
            session.merge(
                ImageRow(
                    project_id=self.project_id, sha256=blob.sha256, media_type="image/png",
                    created_at=unix_now(), expires_at=unix_now() + 86400,
                )
            )  # fmt: skip
        return blob.sha256

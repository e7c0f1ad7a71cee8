"""What Prometheus collects from a server."""

from openai import OpenAI
from prometheus_client.parser import text_string_to_metric_families

from tests.api.harness import ALIAS, RunningServer

LINE = b'{"messages": [{"role": "assistant", "content": "hi"}]}\n'


def collected(
    server: RunningServer, key: str
) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    answer = server.http.get("/metrics", headers={"authorization": f"Bearer {key}"})
    assert answer.status_code == 200, answer.text
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def value(found: dict[tuple[str, frozenset[tuple[str, str]]], float], name: str, **labels: str):
    return found.get((name, frozenset(labels.items())), 0.0)


def test_requests_are_counted_by_route_and_status_without_ids(
    server: RunningServer, key: str, client: OpenAI
):
    before = collected(server, key)
    headers = {"authorization": f"Bearer {key}"}
    assert server.http.get("/v1/files/file-abc", headers=headers).status_code == 404
    assert server.http.get("/v1/nowhere/file-abc", headers=headers).status_code == 404
    list(client.files.list())
    after = collected(server, key)

    def risen(**labels: str) -> float:
        name = "understudy_http_requests_total"
        return value(after, name, **labels) - value(before, name, **labels)

    assert risen(method="GET", route="/v1/files/{file_id}", status="404") == 1
    assert risen(method="GET", route="none", status="404") == 1
    assert risen(method="GET", route="/v1/files", status="200") == 1
    assert not any("file-abc" in str(labels) for _, labels in after)
    assert value(after, "understudy_http_request_seconds_count", route="/v1/files") >= 1


def test_work_is_counted_whatever_its_project(server: RunningServer, key: str, client: OpenAI):
    labels = {"kind": "fine_tuning_job", "status": "validating_files"}
    before = value(collected(server, key), "understudy_work", **labels)
    file = client.files.create(file=LINE * 10, purpose="fine-tune")
    client.fine_tuning.jobs.create(model=ALIAS, training_file=file.id)
    _, foreign = server.new_project("other")
    assert value(collected(server, foreign), "understudy_work", **labels) == before + 1


def test_engine_and_disk_are_shown(server: RunningServer, key: str):
    found = collected(server, key)
    assert value(found, "understudy_engine_up") == 1
    assert value(found, "understudy_disk_free_bytes") > 0
    assert ("understudy_engine_generated_tokens_total", frozenset()) in found


def test_without_a_key_nothing_is_shown(server: RunningServer):
    answer = server.http.get("/metrics")
    assert answer.status_code == 401
    assert answer.json()["error"]["message"].startswith("You didn't provide an API key.")

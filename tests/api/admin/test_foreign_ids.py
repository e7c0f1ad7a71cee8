"""Ids of another project, in every route and every field that takes one, are unknown ids."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.harness import BASE, RunningServer
from tests.siege.document import METHODS, whole_document
from tests.siege.town import GRADER, Ids, Town

NONE = "none-such-0123456789"
SERVER_WIDE = {
    "/v1/x/bases/{name}": "bases belong to the server",
    "/v1/x/bases/additions/{addition_id}/cancel": "bases belong to the server",
    "/v1/x/history/{kind}": "a kind is no id",
    "/v1/x/model_aliases/{name}": "a name of the caller's own",
    "/v1/x/shadows/{name}": "a name of the caller's own; putting it is a row of BODIES",
    "/v1/x/shadows/{name}/answers": "a name of the caller's own",
    "/v1/x/shadows/{name}/comparisons": "a name of the caller's own",
}
OPEN_TO_ALL = {"/healthz", "/readyz"}
OWN_WHEN_PUT = {("put", "/v1/x/history/{kind}/{id}")}
"""Routes that make what they name."""
BODY_OF_ROUTE: dict[tuple[str, str], Any] = {
    ("post", "/v1/chat/completions/{completion_id}"): {"metadata": {}},
    ("post", "/v1/evals/{eval_id}"): {"name": "mine"},
    ("post", "/v1/evals/{eval_id}/runs"): {
        "data_source": {
            "type": "jsonl",
            "source": {"type": "file_content", "content": [{"item": {"answer": "a"}}]},
        }
    },
    ("post", "/v1/fine_tuning/checkpoints/{model}/permissions"): {"project_ids": ["OTHER"]},
    ("post", "/v1/uploads/{upload_id}/complete"): {"part_ids": ["part_1"]},
    ("post", "/v1/webhook_endpoints/{webhook_endpoint_id}"): {"name": "mine"},
    ("post", "/v1/webhook_endpoints/{webhook_endpoint_id}/rotate_secret"): {},
    ("post", "/v1/webhook_endpoints/{webhook_endpoint_id}/test"): {"event_type": "batch.completed"},
    ("post", "/v1/x/files/{file_id}/edit"): {"remove": [1]},
    ("post", "/v1/x/files/{file_id}/repair"): {},
    ("post", "/v1/x/files/{file_id}/split"): {"fraction": 0.5},
    ("post", "/v1/x/files/{file_id}/split/plan"): {"fraction": 0.5},
    ("post", "/v1/x/fine_tuning/jobs/{job_id}/report"): {"grader": GRADER},
    ("post", "/v1/x/fine_tuning/jobs/{job_id}/screening/marks"): {"lines": [1]},
    ("post", "/v1/x/models/{model}/release"): {"reason": "because"},
    ("put", "/v1/x/models/{model}/system_prompt"): {"system_prompt": "Be kind."},
    ("post", "/v1/x/evals/{eval_id}/runs/import"): {
        "name": "r", "status": "completed", "created_at": 1, "output_items": [],
        "data_source": {"type": "jsonl"},
        "result_counts": {"total": 0, "passed": 0, "failed": 0, "errored": 0},
        "imported": {"source": "openai"},
    },
}  # fmt: skip
QUERY_OF_ROUTE = {
    "/v1/x/evals/{eval_id}/compare": {"base": "run_id", "candidate": "run_id"},
    "/v1/x/evals/{eval_id}/comparisons": {"runs": "RUNS"},
    "/v1/x/files/{file_id}/preview": {"line": "1", "model": BASE},
    "/v1/x/files/{file_id}/report": {"model": BASE},
}


@pytest.fixture(scope="module")
def town(server: RunningServer) -> Town:
    return Town(server)


@pytest.fixture(scope="module")
def ids(town: Town) -> Ids:
    return town.build()


def routes_with_ids(document: Any = None) -> Iterator[tuple[str, str]]:
    for path, operations in (document or whole_document())["paths"].items():
        if "{" in path and path not in SERVER_WIDE:
            yield from (
                (method, path)
                for method in METHODS
                if method in operations and (method, path) not in OWN_WHEN_PUT
            )


def status_and_text(
    town: Town, key: str, method: str, path: str, ids: Ids, body: Any = None
) -> tuple[int, str]:
    runs = f"{ids['run_id']},another"
    asked_of = QUERY_OF_ROUTE.get(path, {})
    query = {name: (ids | {"RUNS": runs}).get(value, value) for name, value in asked_of.items()}
    form = {"files": {"data": b"x"}} if path.endswith("/parts") else {}
    answer = town.server.http.request(
        method.upper(), path.format(**ids), headers={"Authorization": f"Bearer {key}"},
        json=body, params=query, **form,
    )  # fmt: skip
    text = answer.text
    for value in sorted({*ids.values(), NONE}, key=len, reverse=True):
        if len(value) > 5:
            text = text.replace(value, "<id>")
    return answer.status_code, text


@pytest.mark.parametrize(("method", "path"), [*routes_with_ids()])
def test_a_foreign_id_in_a_path_is_an_unknown_id(town: Town, ids: Ids, method: str, path: str):
    body = BODY_OF_ROUTE.get((method, path))
    unknown = {name: value if len(value) < 6 else NONE for name, value in ids.items()}
    unknown |= {"sha256": "0" * 64, "id": "file-none"}
    found = status_and_text(town, town.strangers_key, method, path, ids, body)
    missing = status_and_text(town, town.strangers_key, method, path, unknown, body)
    assert found[0] == 404, found
    assert found == (missing[0], missing[1].replace("0" * 64, "<id>").replace("file-none", "<id>"))


def test_nothing_is_answered_to_a_revoked_key(town: Town, ids: Ids):
    made = town.ask("POST", "/v1/x/keys", {"name": "gone"})
    town.ask("DELETE", f"/v1/x/keys/{made['id']}")
    headers = {"Authorization": f"Bearer {made['key']}"}
    every = dict.fromkeys(("name", "addition_id"), "x") | ids
    for path, operations in whole_document()["paths"].items():
        for method in METHODS:
            if method in operations and path not in OPEN_TO_ALL:
                answer = town.server.http.request(
                    method.upper(), path.format(**every), headers=headers
                )
                assert answer.status_code == 401, (method, path)
                assert answer.json()["error"]["code"] == "invalid_api_key"


IS_ID = re.compile(
    r"(^|_)(id|ids|file|files|model|student|teacher|run|runs|old|new|base|candidate)$"
)
ASK = [{"role": "user", "content": "Hi"}]
FOREIGN = "FOREIGN"
"""Stands in a body or query where the id of another project's object goes."""
_CHAT, _RESPONSES = "post /v1/chat/completions", "post /v1/responses"
_JOB = {"model": BASE, "training_file": "file_id"}
_STUDENT = {"source": {"type": "stored_completions"}, "student": BASE}
_SHOWN = {"type": "input_image", "file_id": FOREIGN}
_RUN = "post /v1/evals/{eval_id}/runs"
_ASKED = {"type": "completions", "model": BASE, "source": {"type": "stored_completions"}}
_TEMPLATE = {"type": "template", "template": [{"role": "user", "content": "Hi"}]}
_GRADED = {"data_source_config": {"type": "stored_completions"}}


def run_body(**changes: Any) -> Any:
    return {"data_source": {**_ASKED, "input_messages": _TEMPLATE, **changes}}


def shown(content: Any) -> Any:
    template = {"type": "template", "template": [{"role": "user", "content": content}]}
    return run_body(input_messages=template, source=ROWS)


ROWS = {"type": "file_content", "content": [{"item": {"answer": "a"}}]}
QUESTION = {"type": "predicate", "instructions": "Is it?"}
FIELDS: dict[tuple[str, str], tuple[str, Any]] = {
    # route, field: which of the other project's ids goes there, and the rest of the request
    ("get /v1/chat/completions", "?model"): ("model", None),
    ("get /v1/x/chat/completions", "?model"): ("model", None),
    ("get /v1/x/responses", "?model"): ("model", None),
    ("get /v1/x/exports", "?model"): ("model", None),
    ("get /v1/x/evals/{eval_id}/compare", "?base"): ("run_id", {"candidate": "run_id"}),
    ("get /v1/x/evals/{eval_id}/compare", "?candidate"): ("run_id", {"base": "run_id"}),
    ("get /v1/x/evals/{eval_id}/comparisons", "?runs"): ("run_id", {"runs": f"{FOREIGN},x"}),
    ("get /v1/x/files/{file_id}/preview", "?model"): ("model", {"line": "1"}),
    ("get /v1/x/files/{file_id}/report", "?model"): ("model", None),
    ("get /v1/x/files/{file_id}/report", "?validation_file"): ("file_id", {"model": BASE}),
    ("post /v1/batches", ".input_file_id"): (
        "file_id",
        {"endpoint": "/v1/chat/completions", "completion_window": "24h"},
    ),
    (_CHAT, ".model"): ("model", {"messages": ASK}),
    (_CHAT, ".moderation.model"): ("model", {"model": BASE, "messages": ASK}),
    ("post /v1/completions", ".model"): ("model", {"prompt": "Hi"}),
    ("post /v1/decisions", ".model"): ("model", {"input": "Hi", "questions": [QUESTION]}),
    ("post /v1/decisions", ".input[].id"): (
        "item", {"model": BASE, "input": [{"type": "item_reference", "id": FOREIGN}],
                 "questions": [QUESTION]},
    ),
    ("post /v1/embeddings", ".model"): ("model", {"input": "Hi"}),
    ("post /v1/moderations", ".model"): ("model", {"input": "Hi"}),
    (_RUN, ".data_source.model"): ("model", run_body(model=FOREIGN)),
    (_RUN, ".data_source.source.id"): (
        "file_id", run_body(source={"type": "file_id", "id": FOREIGN}),
    ),
    (_RUN, ".data_source.source.model"): (
        "model", run_body(source={"type": "stored_completions", "model": FOREIGN}),
    ),
    (_RUN, ".data_source.input_messages.template[].content.file_id"): ("file_id", shown(_SHOWN)),
    (_RUN, ".data_source.input_messages.template[].content[].file_id"): (
        "file_id", shown([_SHOWN]),
    ),
    ("post /v1/fine_tuning/jobs", ".model"): ("model", {"training_file": "file_id"}),
    ("post /v1/fine_tuning/jobs", ".training_file"): ("file_id", _JOB),
    ("post /v1/fine_tuning/jobs", ".validation_file"): ("file_id", _JOB),
    ("post /v1/x/fine_tuning/jobs/estimate", ".model"): ("model", {"training_file": "file_id"}),
    ("post /v1/x/fine_tuning/jobs/estimate", ".training_file"): ("file_id", _JOB),
    ("post /v1/x/fine_tuning/jobs/estimate", ".validation_file"): ("file_id", _JOB),
    (_RESPONSES, ".model"): ("model", {"input": "Hi"}),
    (_RESPONSES, ".moderation.model"): ("model", {"model": BASE, "input": "Hi"}),
    (_RESPONSES, ".previous_response_id"): ("response_id", {"model": BASE, "input": "Hi"}),
    (_RESPONSES, ".input[].id"): (
        "item", {"model": BASE, "input": [{"type": "item_reference", "id": FOREIGN}]},
    ),
    **{
        (route, field): row
        for route in ("post /v1/responses/input_tokens", "post /v1/responses/compact")
        for field, row in {
            ".model": ("model", {"input": "Hi"}),
            ".previous_response_id": ("response_id", {"model": BASE, "input": "Hi"}),
            ".input[].id": (
                "item", {"model": BASE, "input": [{"type": "item_reference", "id": FOREIGN}]},
            ),
        }.items()
    },
    **{
        (route, f".input[].{place}.file_id"): (
            "file_id",
            {"model": BASE, "input": [{"role": "user", "content": [_SHOWN]}]},
        )
        for route in (
            _RESPONSES, "post /v1/responses/input_tokens", "post /v1/responses/compact",
        )
        for place in ("content[]", "output[]", "summary[]")
    },
    ("post /v1/uploads/{upload_id}/complete", ".part_ids"): ("part_id", {"part_ids": [FOREIGN]}),
    ("post /v1/x/chat/completions/import", ".file_id"): ("file_id", {}),
    **{
        (route, field): (kind, {**_STUDENT, **body})
        for route in ("post /v1/x/distillations", "post /v1/x/distillations/preview")
        for field, kind, body in (
            (".source.file_id", "file_id", {"source": {"type": "file", "file_id": FOREIGN}}),
            (".source.ids", "completion_id",
             {"source": {"type": "stored_completions", "ids": [FOREIGN]}}),
            (".source.model", "model",
             {"source": {"type": "stored_completions", "model": FOREIGN}}),
            (".student", "model", {"student": FOREIGN}),
            (".teacher", "model", {"teacher": FOREIGN}),
        )
    },
    ("post /v1/x/exports", ".model"): ("model", {"format": "merged"}),
    ("post /v1/x/preference_pairs", ".runs"): ("run_id", {"runs": [FOREIGN], "method": "score"}),
    ("post /v1/x/preference_pairs/preview", ".runs"): ("run_id", {"runs": [FOREIGN]}),
    ("put /v1/x/model_aliases/{name}", ".model"): ("model", {}),
    ("put /v1/x/shadows/{name}", ".new"): ("model", {"old": BASE}),
    ("put /v1/x/shadows/{name}", ".old"): ("model", {"new": BASE}),
}  # fmt: skip
CONDITIONS = {
    ("get /v1/chat/completions", "?model"),
    ("get /v1/x/chat/completions", "?model"),
    ("get /v1/x/responses", "?model"),
    ("get /v1/x/exports", "?model"),
    ("post /v1/x/distillations/preview", ".source.model"),
    ("post /v1/x/distillations/preview", ".teacher"),
    ("post /v1/x/distillations/preview", ".student"),
    # The runner looks for the file in the project of its run.
    (_RUN, ".data_source.input_messages.template[].content.file_id"),
    (_RUN, ".data_source.input_messages.template[].content[].file_id"),
}
"""Fields that make a request fail for no value: what is answered is the same for every stranger."""
NO_IDS = {
    ".messages[].tool_call_id": "names a call in the same request",
    ".messages[].tool_calls[].id": "names a call in the same request",
    ".input[].call_id": "names a call in the same request",
    ".messages[].content[].image_file": "refused whatever it says",
    ".messages[].content[].image_file.file_id": "refused whatever it says",
    ".file": "bytes",
    ".project_ids": "other projects are what it is for",
    "?project_id": "other projects are what it is for",
    ".copy_files": "a switch",
    ".hub_id": "a name at the hub",
    ".imported.file": "a name elsewhere",
    ".imported.id": "a name elsewhere",
    ".file_ids": "names elsewhere",
    ".output_items[].datasource_item_id": "a number within the run",
}


def id_fields(document: Any = None) -> set[tuple[str, str]]:
    """Return route and field of everything that is called like an id, in bodies and queries."""
    document, found = document or whole_document(), set()
    for path, operations in document["paths"].items():
        for method in METHODS:
            operation = operations.get(method, {})
            route = f"{method} {path}"
            content = operation.get("requestBody", {}).get("content", {})
            for kind in content.values():
                found |= {(route, field) for field in fields_of(document, kind["schema"])}
            found |= {
                (route, f"?{each['name']}")
                for each in operation.get("parameters", ())
                if each["in"] == "query" and IS_ID.search(each["name"])
            }
    return {(route, field) for route, field in found if field not in NO_IDS}


def fields_of(
    document: Any, schema: Any, path: str = "", above: frozenset[str] = frozenset()
) -> Iterator[str]:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        if name not in above:
            target = document["components"]["schemas"][name]
            yield from fields_of(document, target, path, above | {name})
        return
    for branch in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        yield from fields_of(document, branch, path, above)
    for name, part in schema.get("properties", {}).items():
        if IS_ID.search(name):
            yield f"{path}.{name}"
        yield from fields_of(document, part, f"{path}.{name}", above)
    if isinstance(schema.get("items"), dict):
        yield from fields_of(document, schema["items"], f"{path}[]", above)


def test_every_field_that_is_called_like_an_id_has_a_row():
    assert id_fields() - {*FIELDS} == {("post /v1/x/evals/{eval_id}/runs/import", ".model")}
    assert {*FIELDS} <= id_fields()


@pytest.fixture(scope="module")
def stranger(server: RunningServer) -> tuple[Town, Ids]:
    town = Town(server, "stranger")
    return town, town.build()


@pytest.mark.parametrize(("route", "field"), FIELDS)
def test_a_foreign_id_in_a_field_is_an_unknown_id(
    town: Town, ids: Ids, stranger: tuple[Town, Ids], route: str, field: str
):
    kind, _ = FIELDS[route, field]
    foreign = {**ids, "item": f"msg_{ids['response_id'][5:]}", "part_id": "part_1"}[kind]
    found, missing = (asked(stranger, route, field, value) for value in (foreign, NONE))
    assert found == missing


def asked(stranger: tuple[Town, Ids], route: str, field: str, value: str) -> tuple[int, str]:
    """Ask with a value in a field; return status and text, without what is new each time."""
    town, mine = stranger
    town.server.engine.says("Hello")
    rest = FIELDS[route, field][1]
    method, _, path = route.partition(" ")
    names = mine | {"name": "shown"}
    content = filled(rest or {}, value, mine)
    if value not in str(content):
        _put(content, field.lstrip("?."), value)
    sent = {"params": content} if method == "get" else {"json": content}
    headers = {"Authorization": f"Bearer {town.key}"}
    answer = town.server.http.request(method, path.format(**names), headers=headers, **sent)
    text = answer.text.replace(value, "<id>")
    assert (answer.status_code in (400, 404)) != ((route, field) in CONDITIONS), answer.text
    return answer.status_code, re.sub(r"(eval|evalrun)_\w{10,}|\d{10}", "", text)


def filled(part: Any, value: str, mine: Ids) -> Any:
    if isinstance(part, dict):
        return {name: filled(each, value, mine) for name, each in part.items()}
    if isinstance(part, list):
        return [filled(each, value, mine) for each in part]
    if isinstance(part, str):
        return mine.get(part, part.replace(FOREIGN, value))
    return part


def _put(content: dict[str, Any], field: str, value: str) -> None:
    *way, last = field.split(".")
    for step in way:
        content = content.setdefault(step, {})
    content[last] = value

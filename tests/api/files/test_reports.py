"""The report of an uploaded file and its lines in tokens, as a dashboard asks for them."""

import json
from typing import Any

import httpx2
import pytest
from openai import OpenAI

from tests.api.harness import RunningServer
from understudy.cli.demo.tasks import demo_tasks
from understudy.errors import OverloadedError
from understudy.server.files import report_limiter

NANO = "understudy-nano"
WEATHER = demo_tasks()[0].training_path.read_bytes()


def chat_line(question: str, answer: str) -> bytes:
    messages = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return json.dumps({"messages": messages}).encode() + b"\n"


def upload(client: OpenAI, content: bytes) -> str:
    return client.files.create(file=("train.jsonl", content), purpose="fine-tune").id


@pytest.fixture
def get(server: RunningServer, key: str):
    def get(path: str, **query: object) -> httpx2.Response:
        headers = {"authorization": f"Bearer {key}"}
        return server.http.get(f"/v1/x/files/{path}", params=query, headers=headers)  # type: ignore[arg-type]

    return get


def error_of(answer: httpx2.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert set(answer.json()) == {"error"}
    return answer.json()["error"]


def test_the_report_of_a_clean_file(client: OpenAI, get):
    file = upload(client, WEATHER)
    answer = get(f"{file}/report", model=NANO).json()
    assert answer["object"] == "x.file.report"
    assert (answer["file_id"], answer["model"], answer["is_clean"]) == (file, NANO, True)
    report = answer["report"]
    assert report["examples"] == len(WEATHER.splitlines())
    assert report["tools"]["calls"] == report["examples"]
    assert report["tokens"]["total"]["total"] > report["tokens"]["trained"]["total"] > 0
    assert report["job"]["seconds"] is None
    assert get(f"{file}/report", model=NANO).json() == answer


def test_the_report_names_every_bad_line_and_the_error_of_a_job(client: OpenAI, get):
    lines = [chat_line(f"question {i}", f"answer {i}") for i in range(12)]
    lines[4] = b'{"messages": [{"content": "who says this?"}]}\n'
    lines[7] = b'{"messages": [], "weight": 1}\n'
    file = upload(client, b"".join(lines))
    answer = get(f"{file}/report", model=NANO).json()
    assert not answer["is_clean"]
    assert {error["line"] for error in answer["report"]["errors"]} == {5, 8}
    assert answer["report"]["verdict"]["code"] == "invalid_training_file"
    assert (
        "Example 5, message 1 Discriminator 'role' is missing in value"
        in (answer["report"]["verdict"]["message"])
    )


def test_a_validation_file_is_compared_with_the_training_file(client: OpenAI, get):
    training = upload(client, WEATHER)
    validation = upload(client, WEATHER.splitlines(keepends=True)[3] + chat_line("new", "yes"))
    answer = get(f"{training}/report", model=NANO, validation_file=validation).json()
    assert answer["validation_file"] == validation
    leakage = answer["report"]["validation"]["leakage"]
    assert leakage["exact"] == {"count": 1, "first": [1]}


def test_advice_has_a_code_a_severity_lines_and_the_parameters_of_its_words(client: OpenAI, get):
    lines = [chat_line(f"{number} squared?", f"It is {number**2}.") for number in range(50)]
    lines += [chat_line("my number is 13812345678", "Noted."), chat_line("hello?", "Dear [NAME],")]
    advice = get(f"{upload(client, b''.join(lines))}/report", model=NANO).json()["report"]["advice"]
    personal, placeholder = (
        next(each for each in advice if each["code"] == code)
        for code in ("personal_data", "placeholders")
    )
    assert personal["parameters"] == {"count": 1, "kind": "phone number"}
    assert personal["lines"] == {"count": 1, "first": [51]}
    assert placeholder["severity"] == "look_at"
    assert placeholder["file"] == "training"
    assert placeholder["groups"] is None
    assert "[NAME]" in placeholder["text"]


def test_a_file_is_judged_for_the_method_that_is_asked_for(client: OpenAI, get):
    file = upload(client, WEATHER)
    answer = get(f"{file}/report", model=NANO, method="dpo").json()
    assert answer["report"]["method"] == "dpo"
    assert "provided method=dpo" in answer["report"]["verdict"]["message"]


def test_the_preview_marks_the_call_and_its_end_and_nothing_else(client: OpenAI, get):
    file = upload(client, WEATHER)
    answer = get(f"{file}/preview", model=NANO, line=3).json()
    assert (answer["object"], answer["line"], answer["context_length"]) == (
        "x.file.preview", 3, 2048,
    )  # fmt: skip
    learned = "".join(token["text"] for token in answer["tokens"] if token["trained"])
    assert learned.startswith("<tool_call>\n")
    assert learned.endswith("</tool_call><|im_end|>")
    whole = "".join(token["text"] for token in answer["tokens"])
    assert whole.count("<|im_start|>") == 3
    assert whole.rstrip("\n").endswith(learned)


def test_a_bad_line_is_not_shown_but_explained(client: OpenAI, get):
    file = upload(client, chat_line("a", "b") + b'{"messages": []}\n')
    error = error_of(get(f"{file}/preview", model=NANO, line=2), 400)
    assert (error["param"], error["type"]) == ("line", "invalid_request_error")
    assert error["message"].startswith("Invalid file format. Example 2 must have at least one")
    error = error_of(get(f"{file}/preview", model=NANO, line=3), 400)
    assert error["message"] == "The file has no example on line 3."


@pytest.mark.parametrize("what", ["report", "preview"])
def test_what_is_not_there_answers_404(server: RunningServer, client: OpenAI, get, what: str):
    error = error_of(get(f"file-unknown/{what}", model=NANO, line=1), 404)
    assert (error["message"], error["param"]) == ("No such File object: file-unknown", "id")
    stranger = server.client(server.new_project()[1])
    foreign = upload(stranger, WEATHER)
    assert error_of(get(f"{foreign}/{what}", model=NANO, line=1), 404)["param"] == "id"
    own = upload(client, WEATHER)
    error = error_of(get(f"{own}/{what}", model="nobody", line=1), 404)
    assert (error["code"], error["param"]) == ("model_not_found", "model")


def test_a_question_that_makes_no_sense_answers_400(client: OpenAI, get):
    file = upload(client, WEATHER)
    assert error_of(get(f"{file}/report"), 400)["param"] == "model"
    assert error_of(get(f"{file}/report", model=NANO, method="magic"), 400)["param"] == "method"
    for line in ("0", "-1", "three", "1.5"):
        assert error_of(get(f"{file}/preview", model=NANO, line=line), 400)["param"] == "line"
    assert error_of(get(f"{file}/preview", model=NANO), 400)["param"] == "line"


def test_nobody_sees_a_report_without_a_key(server: RunningServer, client: OpenAI):
    file = upload(client, WEATHER)
    answer = server.http.get(f"/v1/x/files/{file}/report", params={"model": NANO})
    assert error_of(answer, 401)["type"] == "invalid_request_error"


def test_only_a_few_reports_are_made_at_once(server: RunningServer, client: OpenAI, get):
    file = upload(client, WEATHER)
    with server.services.report_limiter.turn(), server.services.report_limiter.turn():
        answer = get(f"{file}/report", model=NANO)
        assert error_of(answer, 429)["code"] == "rate_limit_exceeded"
        assert answer.headers["retry-after"] == "2"
        with pytest.raises(OverloadedError), server.services.report_limiter.turn():
            pass
    assert get(f"{file}/report", model=NANO).status_code == 200


def test_a_file_that_is_too_large_to_look_at_is_refused(
    client: OpenAI, get, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(report_limiter, "MAX_FILE_BYTES", len(WEATHER) - 1)
    file = upload(client, WEATHER)
    for what in ("report", "preview"):
        error = error_of(get(f"{file}/{what}", model=NANO, line=1), 400)
        assert error["code"] == "file_too_large"
        assert "understudy check" in error["message"]


def test_a_report_that_takes_too_long_is_given_up():
    now = iter([0.0, 10.0, 91.0])
    limiter = report_limiter.ReportLimiter(clock=lambda: next(now))
    with limiter.turn() as check_stop:
        check_stop()
        with pytest.raises(report_limiter.InvalidRequestError, match="more than 90 seconds"):
            check_stop()

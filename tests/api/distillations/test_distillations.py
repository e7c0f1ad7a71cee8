"""Distillations over HTTP: what is previewed, what is refused, and whose they are."""

from pathlib import Path
from typing import Any

import pytest
from openai import APIStatusError, NotFoundError, OpenAI

from tests.api.harness import BASE, RunningServer
from tests.api.scripted_engine import Script
from tests.unit.cli.support import run

ROUTE = "/x/distillations"


def body(**changes: Any) -> dict[str, Any]:
    source = {"type": "stored_completions", "metadata": {"task": "capitals"}}
    return {"source": source, "student": BASE, **changes}


def store(server: RunningServer, client: OpenAI, answers: dict[str, str]) -> None:
    for question, answer in answers.items():
        server.engine.says(Script(text=answer))
        client.chat.completions.create(
            model=BASE,
            messages=[{"role": "user", "content": question}],
            store=True,
            metadata={"task": "capitals"},
        )


def refusal(client: OpenAI, sent: dict[str, Any], route: str = ROUTE) -> APIStatusError:
    with pytest.raises(APIStatusError) as caught:
        client.post(route, cast_to=object, body=sent)
    return caught.value


def test_a_preview_says_what_is_kept_and_why_the_rest_is_not(server: RunningServer, client: OpenAI):
    store(
        server,
        client,
        {"Norway?": "Oslo", "Sweden?": "Stockholm", "Atlantis?": "I'm sorry, I can't help."},
    )
    client.chat.completions.create(
        model=BASE, messages=[{"role": "user", "content": "Not stored"}], metadata={"a": "b"}
    )

    found: Any = client.post(f"{ROUTE}/preview", cast_to=object, body=body())

    assert found["counts"]["found"] == 3
    assert found["counts"]["kept"] == 2
    assert [(each["reason"], each["count"]) for each in found["counts"]["dropped"]] == [
        ("refused", 1)
    ]
    assert found["examples"][0] == {
        "messages": [
            {"role": "user", "content": "Sweden?"},
            {"role": "assistant", "content": "Stockholm"},
        ]
    }
    assert client.files.list().data == []


def test_an_earlier_refusal_stays_in_the_conversation(server: RunningServer, client: OpenAI):
    earlier = {"role": "assistant", "content": None, "refusal": "That I cannot say."}
    asked = {"role": "user", "content": "Sweden?"}
    server.engine.says(Script(text="Stockholm"))
    client.chat.completions.create(
        model=BASE,
        messages=[asked, earlier, asked],  # type: ignore[list-item]
        store=True,
        metadata={"task": "capitals"},
    )

    found: Any = client.post(f"{ROUTE}/preview", cast_to=object, body=body())

    assert found["examples"][0]["messages"][1]["refusal"] == "That I cannot say."


def test_nothing_is_queued_where_no_stored_answer_fits(client: OpenAI):
    error = refusal(client, body())

    assert (error.status_code, error.code, error.param) == (400, "no_rows", "source")


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"student": "no/such"}, "model"),
        ({"teacher": "a", "source": {"type": "stored_completions", "model": "b"}}, "teacher"),
        ({"validation": 1}, "validation"),
        ({"source": {"type": "stored_completions", "limit": 50_001}}, "source.limit"),
        (
            {"keep_if": {"grader": {"type": "string_check", "name": "x"}, "at_least": 1}},
            "keep_if.grader.input",
        ),
    ],
)
def test_what_cannot_be_distilled_is_refused_by_name(
    server: RunningServer, client: OpenAI, changes: dict[str, Any], param: str
):
    store(server, client, {"Norway?": "Oslo"})

    error = refusal(client, body(**changes))

    assert (error.status_code, error.param) == (400, param)


def test_a_distillation_is_created_once_listed_and_cancelled(server: RunningServer, client: OpenAI):
    store(server, client, {"Norway?": "Oslo"})
    twice = {"headers": {"idempotency-key": "once"}}

    made: Any = client.post(ROUTE, cast_to=object, body=body(), options=twice)
    again: Any = client.post(ROUTE, cast_to=object, body=body(), options=twice)

    assert (made["status"], again["id"]) == ("queued", made["id"])
    listed: Any = client.get(ROUTE, cast_to=object)
    assert [each["id"] for each in listed["data"]] == [made["id"]]
    ended: Any = client.post(f"{ROUTE}/{made['id']}/cancel", cast_to=object)
    assert ended["status"] == "cancelled"
    assert refusal(client, {}, f"{ROUTE}/{made['id']}/cancel").status_code == 400


def test_another_project_finds_none_of_it(server: RunningServer, client: OpenAI):
    store(server, client, {"Norway?": "Oslo"})
    made: Any = client.post(ROUTE, cast_to=object, body=body())
    _, key = server.new_project()
    other = server.client(key)

    listed: Any = other.get(ROUTE, cast_to=object)
    assert listed["data"] == []
    for ask in (
        lambda: other.get(f"{ROUTE}/{made['id']}", cast_to=object),
        lambda: other.post(f"{ROUTE}/{made['id']}/cancel", cast_to=object),
    ):
        with pytest.raises(NotFoundError):
            ask()
    # The answers of one project are no material for another.
    assert refusal(other, body()).code == "no_rows"


def questions(client: OpenAI, *lines: str) -> dict[str, Any]:
    text = "\n".join(lines).encode()
    file = client.files.create(file=("questions.jsonl", text), purpose="user_data")
    return {"type": "questions", "file_id": file.id}


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (("{",), "Line 1 of the questions is not a JSON object"),
        (('{"prompt": "Norway?"}', '{"text": "Sweden?"}'), "Line 2 of the questions has neither"),
        (('{"messages": [{"role": "assistant", "content": "Oslo"}]}',), "Line 1 of the questions"),
        (("", ""), "The file of questions is empty"),
    ],
)
def test_questions_that_cannot_be_asked_are_refused_with_their_line(
    client: OpenAI, lines: tuple[str, ...], words: str
):
    error = refusal(client, body(source=questions(client, *lines), teacher=BASE))

    assert (error.status_code, error.param) == (400, "source.file_id")
    assert words in error.message


def test_questions_need_a_teacher_who_is_here_and_cannot_be_previewed(client: OpenAI):
    source = questions(client, '{"prompt": "Norway?"}')

    assert refusal(client, body(source=source)).param == "teacher"
    assert refusal(client, body(source=source, teacher="no/such")).code == "model_not_found"
    assert refusal(client, body(source=source), f"{ROUTE}/preview").param == "source.type"


def learning(client: OpenAI, method: dict[str, Any], **changes: Any) -> dict[str, Any]:
    source = questions(client, '{"prompt": "Norway?"}')
    return body(**{"source": source, "teacher": BASE, "method": method} | changes)


@pytest.mark.parametrize(
    ("method", "param"),
    [
        ({"type": "logits"}, "method.type"),
        ({"type": "probabilities", "top_k": 0}, "method.top_k"),
        ({"type": "probabilities", "temperature": 0}, "method.temperature"),
        ({"type": "probabilities", "mix": 1}, "method.mix"),
        ({"type": "answers", "top_k": 5}, "method.top_k"),
        ({"type": "on_policy", "mix": 0.5}, "method.mix"),
        ({"type": "on_policy", "max_tokens": 0}, "method.max_tokens"),
    ],
)
def test_a_method_that_does_not_exist_is_refused_by_name(
    client: OpenAI, method: dict[str, Any], param: str
):
    error = refusal(client, learning(client, method))

    assert (error.status_code, error.param) == (400, param)


@pytest.mark.parametrize("kind", ["probabilities", "on_policy"])
def test_probabilities_are_learned_of_a_teacher_with_weights_here(
    server: RunningServer, client: OpenAI, kind: str
):
    made: Any = client.post(ROUTE, cast_to=object, body=learning(client, {"type": kind}))

    assert made["request"]["method"]["type"] == kind
    store(server, client, {"Norway?": "Oslo"})
    unnamed = refusal(client, body(method={"type": kind}))
    assert (unnamed.code, unnamed.param) == ("missing_required_parameter", "teacher")
    absent = refusal(client, body(method={"type": kind}, teacher="no/such"))
    assert absent.param in ("teacher", "source")


def test_single_answers_of_both_apis_are_distilled_by_their_ids(
    server: RunningServer, client: OpenAI
):
    store(server, client, {"Norway?": "Oslo", "Sweden?": "Stockholm", "Finland?": "Helsinki"})
    server.engine.says("Copenhagen")
    response = client.responses.create(model=BASE, input="Denmark?").id
    by_answer = {
        each.choices[0].message.content: each.id for each in client.chat.completions.list()
    }
    # One that is named twice is one.
    ids = [by_answer["Oslo"], response, by_answer["Oslo"], by_answer["Helsinki"]]

    sent = body(source={"type": "selected", "ids": ids})
    found: Any = client.post(f"{ROUTE}/preview", cast_to=object, body=sent)

    assert (found["counts"]["found"], found["counts"]["kept"]) == (3, 3)
    answers = [line["messages"][-1]["content"] for line in found["examples"]]
    assert sorted(answers) == ["Copenhagen", "Helsinki", "Oslo"]
    queued: Any = client.post(ROUTE, cast_to=object, body=sent)
    assert queued["request"]["source"] == sent["source"]
    client.post(f"{ROUTE}/{queued['id']}/cancel", cast_to=object)


def test_a_selected_answer_that_is_not_stored_is_named(server: RunningServer, client: OpenAI):
    store(server, client, {"Norway?": "Oslo"})
    (stored,) = client.chat.completions.list()
    other = server.client(server.new_project()[1])
    for asker, ids in ((client, [stored.id, "chatcmpl-gone"]), (other, [stored.id])):
        error = refusal(asker, body(source={"type": "selected", "ids": ids}))
        assert (error.status_code, error.param) == (404, "source.ids")
        assert ids[-1] in error.message
    error = refusal(client, body(source={"type": "selected", "ids": []}))
    assert (error.status_code, error.param) == (400, "source.ids")


def test_the_command_takes_a_file_of_ids(server: RunningServer, tmp_path: Path):
    _, key = server.new_project()
    client = server.client(key)
    store(server, client, {"Norway?": "Oslo", "Sweden?": "Stockholm"})
    (last, _) = client.chat.completions.list(order="desc")
    file = tmp_path / "ids.txt"
    file.write_text(f"{last.id}\n\n")
    here = {"OPENAI_BASE_URL": f"{server.url}/v1", "OPENAI_API_KEY": key}

    done = run("distill", "--ids", str(file), "--student", BASE, "--preview", **here)

    assert done.exit_code == 0, done.output
    assert done.output.split() == ["kept", "1", BASE]

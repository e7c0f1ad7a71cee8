"""Decisions through the official client, on a model with real weights."""

from math import exp

import pytest
from openai import BadRequestError, NotFoundError, OpenAI

from tests.api.harness import RunningServer
from understudy.answering.decisions.asking import ask_question
from understudy.answering.decisions.plan import plan_decision
from understudy.answering.shown_images import NOT_HERE
from understudy.schemas.decisions import CreateDecision

NANO = "understudy-nano"
TEXT = "The package arrived two days late and the box was crushed."
TRUE = {"type": "predicate", "name": "late", "instructions": "The package was late."}
TOPIC = {
    "type": "choice",
    "instructions": "What is this about?",
    "choices": [
        {"value": "delivery", "description": "How a package arrived"},
        {"value": "billing"},
        {"value": "something else"},
    ],
}
MOOD = {
    "type": "score",
    "name": "mood",
    "instructions": "How content is the customer?",
    "levels": [{"label": "angry"}, {"label": "neutral"}, {"label": "very happy"}],
}


@pytest.fixture
def client(whole: RunningServer) -> OpenAI:
    return whole.client(whole.new_project()[1])


def decide(client: OpenAI, *questions, input=TEXT, **more):
    return client.decisions.create(model=NANO, input=input, questions=questions, **more)


def test_questions_of_all_kinds_are_answered_in_their_order(client: OpenAI):
    made = decide(client, TRUE, TOPIC, MOOD, prompt_cache_key="k", safety_identifier="s")
    late, topic, mood = made.answers
    assert (made.model, late.type, topic.type, mood.type) == (NANO, "predicate", "choice", "score")
    assert (late.name, topic.name, mood.name) == ("late", None, "mood")
    assert 0 < late.probability < 1
    likely = {each.value: each.probability for each in topic.probabilities}
    assert list(likely) == ["delivery", "billing", "something else"]
    assert sum(likely.values()) == pytest.approx(1)
    assert topic.confidence == likely[topic.choice] == max(likely.values())
    levels = [(each.value, each.label) for each in mood.probabilities]
    assert levels == [(0, "angry"), (1, "neutral"), (2, "very happy")]
    assert sum(each.probability for each in mood.probabilities) == pytest.approx(1)
    assert mood.score == pytest.approx(
        sum(each.value * each.probability for each in mood.probabilities)
    )
    for answer in made.answers:
        assert 0 < answer.label_mass <= 1
        assert (answer.temperature, answer.as_trained) == (1.0, False)
    usage = made.usage
    assert usage.input_tokens == usage.total_tokens > 0
    assert (usage.output_tokens, usage.output_tokens_details.reasoning_tokens) == (0, 0)


def test_an_option_is_as_likely_as_its_whole_text_and_its_end(whole: RunningServer, client: OpenAI):
    answer = decide(client, TOPIC).answers[0]
    body = CreateDecision.model_validate({"model": NANO, "input": TEXT, "questions": [TOPIC]})
    plan = plan_decision(body, NOT_HERE)
    served = whole.services.served.find_own("", NANO)
    asked = ask_question(served, plan.messages, plan.questions[0])
    forced = []
    for ids in asked.answers:
        assert ids[-1] in served.renderer.stop_ids
        prompt = [*asked.prompt.ids, *ids]
        read = client.completions.create(
            model=NANO, prompt=prompt, echo=True, logprobs=0, max_tokens=0
        )
        forced.append(exp(sum(read.choices[0].logprobs.token_logprobs[-len(ids) :])))
    assert len({len(ids) for ids in asked.answers}) > 1, "options of several lengths"
    assert answer.label_mass == pytest.approx(sum(forced), rel=1e-4)
    for found, probability in zip(answer.probabilities, forced, strict=True):
        assert found.probability == pytest.approx(probability / sum(forced), rel=1e-4)


def test_the_order_of_questions_and_choices_and_what_was_read_before_change_nothing(
    client: OpenAI,
):
    text = "The invoice has the wrong address."
    cold = decide(client, TOPIC, MOOD, TRUE, input=text)
    turned = TOPIC | {"choices": TOPIC["choices"][::-1]}
    again = decide(client, TRUE, turned, MOOD, input=text)
    assert again.usage.input_tokens_details.cached_tokens > 0
    topic, mood, late = cold.answers
    for found in again.answers[1].probabilities:
        (first,) = [each for each in topic.probabilities if each.value == found.value]
        assert found.probability == pytest.approx(first.probability, abs=1e-6)
    assert again.answers[0].probability == pytest.approx(late.probability, abs=1e-6)
    assert again.answers[2].score == pytest.approx(mood.score, abs=1e-6)


def test_choices_keep_their_types(client: OpenAI):
    choices = [{"value": True}, {"value": "true"}, {"value": False}]
    question = {"type": "choice", "instructions": "Is it late?", "choices": choices}
    answer = decide(client, question).answers[0]
    values = [each.value for each in answer.probabilities]
    assert [(value, type(value)) for value in values] == [
        (True, bool),
        ("true", str),
        (False, bool),
    ]


def test_items_and_json_are_an_input(client: OpenAI):
    parts = [
        {"type": "input_text", "text": "A ticket:"},
        {"type": "input_json", "data": {"subject": "late", "tries": [1, 2]}},
    ]
    items = [
        {"role": "developer", "content": "You are strict."},
        {"role": "user", "content": parts},
        {"role": "assistant", "content": [{"type": "output_text", "text": "I see."}]},
    ]
    instructions = [{"type": "input_text", "text": "It is late."}]
    made = decide(client, TRUE | {"instructions": instructions}, input=items)
    assert 0 < made.answers[0].probability < 1


def deep(levels: int) -> object:
    return {"x": deep(levels - 1)} if levels > 1 else {}


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"questions": []}, "questions"),
        ({"questions": [{"type": "rank", "instructions": "?"}]}, "questions[0].type"),
        ({"questions": [TOPIC | {"choices": [{"value": "a"}]}]}, "questions[0].choices"),
        ({"questions": [TOPIC | {"choices": None}]}, "questions[0].choices"),
        (
            {"questions": [TOPIC | {"choices": [{"value": "a"}, {"value": "a"}]}]},
            "questions[0].choices[1].value",
        ),
        (
            {"questions": [TRUE, MOOD | {"levels": [{"label": "a"}, {"label": " "}]}]},
            "questions[1].levels[1].label",
        ),
        ({"questions": [MOOD | {"levels": [{"label": str(n)} for n in range(11)]}]}, None),
        ({"input": [{"role": "robot", "content": "?"}]}, "input[0].role"),
        ({"input": [{"type": "custom_tool_call", "name": "x"}]}, "input[0].type"),
        (
            {"input": [{"role": "user", "content": [{"type": "input_json", "data": [1]}]}]},
            "input[0].content[0].data",
        ),
        (
            {"input": [{"role": "user", "content": [{"type": "input_json", "data": deep(33)}]}]},
            "input[0].content[0].data",
        ),
        ({"input": "word " * 4000}, "input"),
        ({"input": None}, "input"),
    ],
)
def test_what_cannot_be_decided_is_refused_by_name(client: OpenAI, change, param):
    body = {"model": NANO, "input": TEXT, "questions": [TRUE]} | change
    with pytest.raises(BadRequestError) as refused:
        client.post("/decisions", body=body, cast_to=object)
    if param is not None:
        assert refused.value.param == param


def test_an_unknown_model_is_not_found(client: OpenAI):
    with pytest.raises(NotFoundError, match="does not exist"):
        client.decisions.create(model="gpt-6-luna", input=TEXT, questions=[TRUE])

"""Graders built from their wire form, with a judge and a sandbox that say what a test wants."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from understudy.chat.messages import JsonObject, Role
from understudy.errors import InvalidRequestError, NotFoundError, UnavailableError
from understudy.graders.base import Grader, grade
from understudy.graders.build import GraderContext, build_grader
from understudy.graders.grade import Grade, GradeErrors, GradingError
from understudy.graders.judged.judge import Judgement, JudgeQuestion
from understudy.graders.judged.usage import TokenUsage
from understudy.graders.python_code import Code, CodeResult
from understudy.graders.sample import Sample, sample_of_answer
from understudy.graders.sandbox.failures import CodeError
from understudy.schemas.evals.graders import WireGrader

USAGE = TokenUsage(prompt_tokens=10, completion_tokens=5, cached_tokens=0)
ITEM = {"answer": "Paris", "n": 3}
CHECK = {
    "type": "string_check",
    "name": "check",
    "input": "{{ sample.output_text }}",
    "reference": "{{ item.answer }}",
    "operation": "eq",
}
SCORE = {
    "type": "score_model",
    "name": "score",
    "model": "judge",
    "input": [{"role": "user", "content": "Rate {{ sample.output_text }}."}],
}
LABEL = {
    "type": "label_model",
    "name": "label",
    "model": "judge",
    "input": [{"role": "developer", "content": "Be strict."}, {"role": "user", "content": "?"}],
    "labels": ["good", "fair", "bad"],
    "passing_labels": ["good", "fair"],
}
PART = {"type": "input_text", "text": "x"}
PYTHON = {"type": "python", "source": "def grade(sample, item): return 1"}


class SayingJudge:
    """Knows the model "judge" and answers what it was told to."""

    def __init__(self, text: str = "", **more: Any) -> None:
        self.answer = Judgement(
            **{"text": text, "refusal": None, "is_cut_off": False, "model": "judge-1", **more},
            usage=USAGE,
        )
        self.error: Exception | None = None
        self.asked: list[JudgeQuestion] = []

    async def check(self, model: str) -> None:
        if model != "judge":
            raise NotFoundError("The model does not exist.", code="model_not_found", param="model")

    async def ask(self, question: JudgeQuestion) -> Judgement:
        self.asked.append(question)
        if self.error is not None:
            raise self.error
        return self.answer


class SayingSandbox:
    def __init__(self, result: CodeResult | GradingError) -> None:
        self.result = result
        self.given: list[tuple[Mapping[str, Any], Mapping[str, Any]]] = []

    async def check(self, code: Code, *, param: str) -> None:
        if "def grade" not in code.source:
            raise InvalidRequestError("no grade", param=param)

    async def grade(self, code: Code, sample: JsonObject, item: JsonObject) -> CodeResult:
        self.given.append((sample, item))
        if isinstance(self.result, GradingError):
            raise self.result
        return self.result


class NoEmbedder:
    async def check(self) -> None:
        raise NotFoundError("This server has no embedding model.")

    async def embed(self, texts: tuple[str, ...]) -> list[list[float]]:
        raise AssertionError("nobody asks a model that is not there")


SANDBOX = SayingSandbox(CodeResult(score=0.75, printed="hello\n"))


def built(wire: object, judge: SayingJudge | None = None, sandbox: Any = SANDBOX) -> Grader:
    given = TypeAdapter[Any](WireGrader).validate_python(wire)
    context = GraderContext(
        owner="me", judge=judge or SayingJudge(), sandbox=sandbox, embedder=NoEmbedder()
    )
    return asyncio.run(build_grader(given, context, param="grader"))


def graded(
    wire: object,
    sample: Sample | str,
    judge: SayingJudge | None = None,
    sandbox: Any = SANDBOX,
    item: Mapping[str, Any] = ITEM,
) -> Grade:
    sample = sample_of_answer(sample) if isinstance(sample, str) else sample
    return asyncio.run(grade(built(wire, judge, sandbox), sample, item))


@pytest.mark.parametrize(
    ("operation", "text", "score"),
    [
        ("eq", "Paris", 1), ("eq", "paris", 0), ("eq", "Paris ", 0),
        ("ne", "Paris", 0), ("ne", "London", 1), ("neq", "London", 1),
        ("like", "It is Paris.", 1), ("like", "it is paris", 0), ("like", "Pari", 0),
        ("ilike", "it is PARIS", 1), ("ilike", "London", 0),
    ],
)  # fmt: skip
def test_string_check(operation: str, text: str, score: float):
    found = graded({**CHECK, "operation": operation}, text)
    assert (found.score, found.has_passed, found.is_errored) == (score, score == 1, False)
    assert found.finding.evidence["input"] == text
    assert found.finding.evidence["reference"] == "Paris"


def test_ilike_folds_case_in_every_language():
    found = graded({**CHECK, "operation": "ilike"}, "STRASSE", item={"answer": "straße"})
    assert found.score == 1


@pytest.mark.parametrize(("threshold", "passes"), [(None, True), (0.7, True), (0.8, False)])
def test_text_similarity_passes_from_its_threshold_on(threshold: float | None, passes: bool):
    wire = {
        "type": "text_similarity",
        "input": "{{ sample.output_text }}",
        "reference": "fuzzy wuzzy was a bear",
        "evaluation_metric": "fuzzy_match",
        "pass_threshold": threshold,
    }
    found = graded(wire, "fuzzy wuzzy had no hair")
    assert found.score == pytest.approx(0.7555555555555555)
    assert found.has_passed is passes


@pytest.mark.parametrize(
    ("metric", "text"), [("fuzzy_match", "ab " * 20_000), ("rouge_l", "ab " * 200_000)]
)
def test_texts_that_take_for_ever_to_compare_are_an_error(metric: str, text: str):
    wire = {
        "type": "text_similarity",
        "input": "{{ sample.output_text }}",
        "reference": "{{ item.answer }}",
        "evaluation_metric": metric,
    }
    found = graded(wire, text, item={"answer": "ba " * 9_000})
    assert found.errors == GradeErrors(other_error=True)
    assert graded(wire, "ab " * 900, item={"answer": "ab " * 900}).score == 1


def test_a_missing_variable_makes_the_grade_an_error_and_not_a_low_score():
    found = graded({**CHECK, "reference": "{{ item.typo }}"}, "Paris")
    assert found.is_errored
    assert found.errors == GradeErrors(invalid_variable_error=True)
    assert found.score == 0
    assert "item.typo" in found.problem


OF_THE_ANSWER = [
    "{{ sample.output_json.total }}",
    "{{ sample.output_tools[0].function.arguments.city }}",
    "{{ sample.output_json }}",
    "{{ sample.choices[0].message.tool_calls[0].id }}",
]


@pytest.mark.parametrize("place", OF_THE_ANSWER)
@pytest.mark.parametrize(
    "wire",
    [
        {**CHECK, "input": "PLACE"},
        {**CHECK, "operation": "ne", "input": "PLACE"},
        {"type": "text_similarity", "input": "PLACE", "reference": "x", "pass_threshold": 0,
         "evaluation_metric": "bleu"},
        {**SCORE, "input": [{"role": "user", "content": "PLACE"}], "range": [0, 1]},
        {**LABEL, "input": [{"role": "user", "content": "PLACE"}]},
        {"type": "multi", "name": "m", "graders": {"a": {**CHECK, "input": "PLACE"}},
         "calculate_output": "1 - a"},
    ],
)  # fmt: skip
def test_what_is_wrong_with_the_answer_itself_fails_it(wire: dict[str, Any], place: str):
    filled = TypeAdapter[Any](Any).validate_json(json.dumps(wire).replace("PLACE", place))
    judge = SayingJudge()
    found = graded(filled, "prose where JSON was asked", judge)
    assert not found.is_errored
    assert (found.score, found.has_passed) == (0, False)
    assert "sample." in found.problem
    assert found.errors.sample_parse_error or found.errors.invalid_variable_error
    assert judge.asked == []


def test_an_answer_that_a_score_model_cannot_be_shown_gets_its_lowest_score():
    wire = {**SCORE, "input": [{"role": "user", "content": OF_THE_ANSWER[0]}], "range": [-1, 5]}
    found = graded(wire, "prose")
    assert (found.score, found.has_passed, found.is_errored) == (-1, False, False)


@pytest.mark.parametrize("text", ['{"total": [}', '{"other": 1}', '"total"', "12", "null", "[]"])
def test_json_without_the_key_fails_too(text: str):
    found = graded({**CHECK, "input": OF_THE_ANSWER[0]}, text)
    assert (found.score, found.is_errored) == (0, False)


@pytest.mark.parametrize("is_of_sample", [True, False])
def test_code_that_raises_fails_the_answer_only_where_the_answer_is_to_blame(is_of_sample: bool):
    error = CodeError("line 2: KeyError: 'a'", printed="", blames_sample=is_of_sample)
    found = graded(PYTHON, "prose", sandbox=SayingSandbox(error))
    assert found.is_errored is not is_of_sample
    assert found.errors.python_grader_runtime_error


def test_a_score_model_reasons_first_and_its_score_is_held_within_the_range():
    judge = SayingJudge('{"steps": [{"description": "d", "conclusion": "c"}], "result": 11}')
    found = graded({**SCORE, "range": [0, 10]}, "Paris", judge)
    assert (found.score, found.has_passed) == (10, True)
    assert found.finding.evidence["result"] == 11
    assert '"steps"' in found.finding.evidence["answer"]
    assert found.finding.usage == {"judge-1": USAGE}
    assert found.finding.judge == "judge-1"
    question = judge.asked[0]
    assert [m.role for m in question.messages] == [Role.USER]
    assert question.messages[0].content.startswith("Rate Paris.\n\nJudge step by step")
    assert list(question.schema["properties"]) == ["steps", "result"]


def test_a_score_model_passes_from_the_middle_of_its_range_unless_told_otherwise():
    judge = SayingJudge('{"steps": [], "result": 4}')
    assert graded({**SCORE, "range": [1, 7]}, "x", judge).has_passed
    assert not graded({**SCORE, "range": [0, 10]}, "x", judge).has_passed
    assert graded({**SCORE, "range": [0, 10], "pass_threshold": 4}, "x", judge).has_passed


def test_a_judge_that_is_not_asked_by_a_user_is_asked_by_the_grader():
    judge = SayingJudge('{"steps": [], "result": 1}')
    graded({**SCORE, "input": [{"role": "developer", "content": "Judge."}]}, "", judge)
    assert [m.role for m in judge.asked[0].messages] == [Role.SYSTEM, Role.USER]
    assert '"result": your score' in judge.asked[0].messages[1].content


def test_a_score_beyond_all_numbers_is_the_end_of_the_range():
    judge = SayingJudge('{"steps": [], "result": 1' + "0" * 400 + "}")
    assert graded(SCORE, "x", judge).score == 1


def test_what_is_asked_of_a_judge_is_sampled_as_its_owner_wants():
    judge = SayingJudge('{"steps": [], "result": 1}')
    graded(
        {**SCORE, "sampling_params": {"max_tokens": 7, "seed": 3, "temperature": 0.5}}, "", judge
    )
    sampling = judge.asked[0].sampling
    assert (sampling.max_tokens, sampling.seed, sampling.temperature) == (7, 3, 0.5)


@pytest.mark.parametrize(
    ("label", "score"), [("good", 1), ("fair", 1), ("bad", 0)]
)  # fmt: skip
def test_a_label_model_passes_with_some_labels(label: str, score: float):
    judge = SayingJudge(f'```json\n{{"steps": [], "result": "{label}"}}\n```')
    found = graded(LABEL, "x", judge)
    assert (found.score, found.has_passed) == (score, score == 1)
    assert found.finding.evidence["label"] == label
    assert judge.asked[0].messages[0].content == "Be strict."


@pytest.mark.parametrize(
    ("judge", "flag"),
    [
        (SayingJudge("I'm sorry, but I can't help with that."), "model_grader_refusal_error"),
        (SayingJudge("", refusal="No."), "model_grader_refusal_error"),
        (SayingJudge("Well, let me think about it. " * 500), "model_grader_parse_error"),
        (SayingJudge('{"steps": [{"descr', is_cut_off=True), "model_grader_parse_error"),
        (SayingJudge('{"steps": [], "result": "7"}'), "model_grader_parse_error"),
        (SayingJudge('{"steps": [], "result": true}'), "model_grader_parse_error"),
        (SayingJudge('{"steps": []}'), "model_grader_parse_error"),
        (SayingJudge("[1]"), "model_grader_parse_error"),
        (SayingJudge(""), "model_grader_parse_error"),
        (SayingJudge("```" + "\n" * 100_000), "model_grader_parse_error"),
    ],
)
@pytest.mark.parametrize("wire", [SCORE, LABEL], ids=["score", "label"])
def test_a_judge_that_gives_no_judgement_is_an_error(wire: object, judge: SayingJudge, flag: str):
    found = graded(wire, "Paris", judge)
    assert found.is_errored
    assert found.errors == GradeErrors(**{flag: True})
    assert found.finding.usage == {"judge-1": USAGE}, "the tokens were spent nevertheless"


def test_a_judge_that_cannot_be_asked_is_an_error_with_details():
    judge = SayingJudge()
    judge.error = UnavailableError("The engine is starting.")
    found = graded(SCORE, "Paris", judge)
    assert found.errors == GradeErrors(
        model_grader_server_error=True,
        model_grader_server_error_details="The engine is starting.",
    )


def test_a_sample_too_long_for_the_judge_is_an_error_of_its_own():
    judge = SayingJudge()
    judge.error = InvalidRequestError("too long", code="context_length_exceeded")
    found = graded(SCORE, "Paris", judge)
    assert found.errors.truncated_observation_error
    assert not found.errors.model_grader_server_error


def test_python_sees_the_sample_and_the_item():
    sandbox = SayingSandbox(CodeResult(score=0.75, printed="hello\n"))
    found = graded(PYTHON, '{"a": 1}', sandbox=sandbox)
    assert (found.score, found.has_passed) == (0.75, True)
    assert found.finding.evidence == {"returned": 0.75, "printed": "hello\n"}
    (sample, item) = sandbox.given[0]
    assert item == ITEM
    assert sample["output_json"] == {"a": 1}
    assert sample["output_text"] == '{"a": 1}'
    assert sample["output_tools"] == []


def multi(**more: object) -> dict[str, Any]:
    parts = {"exact": CHECK, "code": PYTHON, "score": SCORE}
    return {"type": "multi", "graders": parts, "calculate_output": "(exact + code) / 2", **more}


def test_multi_joins_scores_by_its_formula():
    judge = SayingJudge('{"steps": [], "result": 1}')
    found = graded(multi(), "Paris", judge)
    assert found.score == 0.875
    assert found.finding.scores == {"exact": 1, "code": 0.75, "score": 1}
    assert found.finding.evidence["code"]["printed"] == "hello\n"
    assert found.finding.usage == {"judge-1": USAGE}


def test_multi_errs_when_one_of_its_graders_does():
    found = graded(multi(), "Paris", SayingJudge("hm"))
    assert found.errors == GradeErrors(model_grader_parse_error=True)
    assert found.score == 0
    assert found.problem.startswith("score: ")
    assert found.finding.scores["exact"] == 1


BROKEN = {**CHECK, "input": "{{ sample.output_json.total }}"}


@pytest.mark.parametrize(
    ("formula", "score"),
    [
        ("(broken + exact) / 2", 0.5),
        ("max(broken, exact)", 1),
        ("min(broken, exact)", 0),
        ("1 - broken", 0),
        ("exact * (1 - broken)", 0),
        ("exact", 1),
    ],
)
def test_a_grader_that_the_answer_fails_counts_as_low_as_the_formula_allows(
    formula: str, score: float
):
    wire = multi(graders={"broken": BROKEN, "exact": CHECK}, calculate_output=formula)
    found = graded(wire, "Paris")
    assert (found.score, found.is_errored) == (score, False)
    assert found.has_passed == (score >= 0.5)
    assert found.problem.startswith("broken: ")
    assert found.errors == GradeErrors(sample_parse_error=True)


def test_a_grader_that_errs_outweighs_one_that_the_answer_fails():
    wire = multi(graders={"broken": BROKEN, "score": SCORE}, calculate_output="broken + score")
    found = graded(wire, "Paris", SayingJudge("hm"))
    assert found.is_errored


def test_a_formula_without_a_value_for_an_answer_that_passes_nothing_fails_it():
    f1 = multi(graders={"a": CHECK, "b": CHECK}, calculate_output="2 * a * b / (a + b)")
    wrong = graded(f1, "London")
    assert (wrong.score, wrong.is_errored, wrong.has_passed) == (0, False, False)
    assert wrong.errors == GradeErrors(formula_parse_error=True)
    assert graded(f1, "Paris").score == 1


def test_a_formula_without_a_value_is_an_error_and_not_a_score():
    judge = SayingJudge('{"steps": [], "result": 1}')
    found = graded(multi(calculate_output="exact / (code - code)"), "Paris", judge)
    assert found.errors == GradeErrors(formula_parse_error=True)
    assert "divides by zero" in found.problem
    assert found.is_errored


@pytest.mark.parametrize(
    ("wire", "param"),
    [
        (multi(calculate_output="exact +"), "grader.calculate_output"),
        (multi(calculate_output="(" * 1000 + "exact" + ")" * 1000), "grader.calculate_output"),
        (multi(calculate_output="unknown"), "grader.calculate_output"),
        ({**CHECK, "input": "{{ nonsense }}"}, "grader.input"),
        ({**PYTHON, "source": "x = 1"}, "grader.source"),
        (multi(graders={"exact": {**CHECK, "reference": "{{"}, "code": PYTHON}),
         "grader.graders.exact.reference"),
        ({**SCORE, "input": [{"role": "user", "content": ["a", "{{"]}]}, "grader.input[0].content"),
    ],
)  # fmt: skip
def test_what_cannot_be_built_is_refused_where_it_stands(wire: object, param: str):
    with pytest.raises(InvalidRequestError) as raised:
        built(wire)
    assert raised.value.param == param


def test_a_judge_that_does_not_exist_is_found_out_when_the_grader_is_built():
    with pytest.raises(NotFoundError) as raised:
        built(multi(graders={"exact": {**SCORE, "model": "nobody"}}, calculate_output="exact"))
    assert raised.value.param == "grader.graders.exact.model"


def test_graders_tell_their_templates_by_place():
    places = built(multi(graders={"exact": CHECK, "score": SCORE}, calculate_output="exact"))
    assert list(places.templates) == [
        "graders.exact.input",
        "graders.exact.reference",
        "graders.score.input[0].content",
    ]


@pytest.mark.parametrize(
    "wire",
    [
        {**CHECK, "operation": "neq"},
        {**CHECK, "pass_threshold": 0.5},
        {**CHECK, "name": None},
        {"type": "python", "source": "def grade(s, i): return 1", "image_tag": "2025-05-08"},
        {**SCORE, "sampling_params": None, "range": None},
        {**SCORE, "sampling_params": {"max_completion_tokens": 5}},
        {**SCORE, "sampling_params": {"max_completions_tokens": 5, "seed": None}},
        {**SCORE, "input": [{"type": "message", "role": "user", "content": [PART, "y"]}]},
        {**SCORE, "input": [{"role": "user", "content": {"type": "output_text", "text": "x"}}]},
        {"type": "multi", "name": "m", "graders": CHECK, "calculate_output": "check"},
        {"type": "multi", "name": "m", "graders": {"a": CHECK}, "calculate_output": "a"},
    ],
)  # fmt: skip
def test_every_way_of_writing_graders_is_understood(wire: dict[str, Any]):
    assert built(wire).name == (wire.get("name") or wire["type"])


@pytest.mark.parametrize(
    "wire",
    [
        {"type": "nonsense"},
        {},
        {**CHECK, "operation": "equals"},
        {**CHECK, "surprise": 1},
        {**LABEL, "passing_labels": ["excellent"]},
        {**LABEL, "pass_threshold": 1},
        {**SCORE, "range": [1, 0]},
        {**SCORE, "range": [1]},
        {**SCORE, "sampling_params": {"max_tokens": 5, "max_completion_tokens": 6}},
        {"type": "python", "source": "#" * 256 * 1024},
        {"type": "python", "source": "é" * 128 * 1024},
        multi(graders={"inner": multi()}),
        multi(graders={}),
    ],
)
def test_what_is_no_grader_is_refused(wire: object):
    with pytest.raises(ValidationError):
        TypeAdapter[Any](WireGrader).validate_python(wire)

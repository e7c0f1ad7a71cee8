"""From graders on the wire to graders that grade: everything is decided and checked here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from understudy.chat.messages import Role
from understudy.errors import InvalidRequestError, UnderstudyError
from understudy.graders.base import Grader
from understudy.graders.embedding_similarity import Embedder, EmbeddingSimilarity
from understudy.graders.formula import FormulaError, read_formula
from understudy.graders.judged.asking import Inquiry, TemplateMessage
from understudy.graders.judged.judge import Judge, JudgeSettings
from understudy.graders.judged.label_model import LabelModel, label_instruction, label_schema
from understudy.graders.judged.score_model import ScoreModel, score_instruction, score_schema
from understudy.graders.metrics.measures import measure_of
from understudy.graders.multi import Multi
from understudy.graders.python_code import Code, PythonCode, Sandbox
from understudy.graders.string_check import StringCheck
from understudy.graders.template import read_template
from understudy.graders.text_similarity import TextSimilarity
from understudy.schemas.evals import graders as wire
from understudy.wording import sentence_of, worded

# Where evals give no threshold: the middle of the range.
_THRESHOLD = 0.5


@dataclass(frozen=True, kw_only=True)
class GraderContext:
    """What graders work with."""

    owner: str
    """Whose graders they are: a project's id."""
    judge: Judge
    sandbox: Sandbox
    embedder: Embedder


async def build_grader(
    given: wire.SingleGrader | wire.MultiGrader, context: GraderContext, *, param: str
) -> Grader:
    """Return the grader that stands at `param` of a request.

    Its templates are read, its code is loaded in the sandbox, its judge is looked up: raises
    InvalidRequestError with the path of what is wrong, and what `Judge.check` raises.
    """
    match given:
        case wire.StringCheckGrader():
            return StringCheck(
                name=given.name,
                input=read_template(given.input, param=f"{param}.input"),
                reference=read_template(given.reference, param=f"{param}.reference"),
                operation=given.operation,
                pass_threshold=_threshold(given.pass_threshold, default=1.0),
            )
        case wire.TextSimilarityGrader() if given.evaluation_metric == "cosine":
            return await _embedding_similarity(given, context, param)
        case wire.TextSimilarityGrader():
            return TextSimilarity(
                name=given.name,
                input=read_template(given.input, param=f"{param}.input"),
                reference=read_template(given.reference, param=f"{param}.reference"),
                metric=given.evaluation_metric,
                measure=measure_of(given.evaluation_metric),
                pass_threshold=_threshold(given.pass_threshold),
            )
        case wire.PythonGrader():
            code = Code(owner=context.owner, source=given.source)
            await context.sandbox.check(code, param=f"{param}.source")
            return PythonCode(
                name=given.name,
                code=code,
                pass_threshold=_threshold(given.pass_threshold),
                sandbox=context.sandbox,
            )
        case wire.ScoreModelGrader():
            return await _score_model(given, context, param)
        case wire.LabelModelGrader():
            return await _label_model(given, context, param)
        case wire.MultiGrader():
            return await _multi(given, context, param)


async def _embedding_similarity(
    given: wire.TextSimilarityGrader, context: GraderContext, param: str
) -> EmbeddingSimilarity:
    try:
        await context.embedder.check()
    except UnderstudyError as error:
        raise InvalidRequestError(
            worded(
                "graders.cosine_compares_embeddings_use",
                "'cosine' compares embeddings. {message} Or use another metric, such as 'rouge_l'.",
                message=error.message,
            ),
            code="unsupported_value",
            param=f"{param}.evaluation_metric",
        ) from error
    return EmbeddingSimilarity(
        name=given.name,
        input=read_template(given.input, param=f"{param}.input"),
        reference=read_template(given.reference, param=f"{param}.reference"),
        pass_threshold=_threshold(given.pass_threshold),
        embedder=context.embedder,
    )


def _threshold(given: float | None, *, default: float = _THRESHOLD) -> float:
    return default if given is None else given


async def _score_model(
    given: wire.ScoreModelGrader, context: GraderContext, param: str
) -> ScoreModel:
    least, most = given.range or (0.0, 1.0)
    instruction, schema = score_instruction(least, most), score_schema(least, most)
    return ScoreModel(
        name=given.name,
        inquiry=await _inquiry(given, context.judge, param, instruction, "score", schema),
        least=least,
        most=most,
        pass_threshold=_threshold(given.pass_threshold, default=(least + most) / 2),
        judge=context.judge,
    )


async def _label_model(
    given: wire.LabelModelGrader, context: GraderContext, param: str
) -> LabelModel:
    instruction, schema = label_instruction(given.labels), label_schema(given.labels)
    return LabelModel(
        name=given.name,
        inquiry=await _inquiry(given, context.judge, param, instruction, "label", schema),
        labels=tuple(given.labels),
        passing_labels=frozenset(given.passing_labels),
        judge=context.judge,
    )


async def _inquiry(
    given: wire.ScoreModelGrader | wire.LabelModelGrader,
    judge: Judge,
    param: str,
    instruction: str,
    schema_name: str,
    schema: Mapping[str, Any],
) -> Inquiry:
    inquiry = Inquiry(
        model=given.model,
        messages=_messages(given.input, f"{param}.input"),
        instruction=instruction,
        schema=schema,
        schema_name=schema_name,
        sampling=_sampling(given.sampling_params),
    )
    try:
        await judge.check(given.model)
    except UnderstudyError as error:
        error.param = f"{param}.model"
        raise
    return inquiry


async def _multi(given: wire.MultiGrader, context: GraderContext, param: str) -> Multi:
    try:
        formula = read_formula(given.calculate_output, tuple(given.graders))
    except FormulaError as error:
        raise InvalidRequestError(
            worded(
                "graders.calculate_output",
                "Invalid '{param}.calculate_output': {error}.",
                param=param,
                error=sentence_of(error),
            ),
            code="formula_parse_error",
            param=f"{param}.calculate_output",
        ) from None
    return Multi(
        name=given.name,
        graders={
            name: await build_grader(part, context, param=f"{param}.graders.{name}")
            for name, part in given.graders.items()
        },
        formula=formula,
        pass_threshold=_threshold(given.pass_threshold),
    )


def _messages(given: Sequence[wire.JudgeMessage], param: str) -> tuple[TemplateMessage, ...]:
    return tuple(
        TemplateMessage(
            Role.SYSTEM if message.role == "developer" else Role(message.role),
            tuple(read_template(text, param=f"{param}[{i}].content") for text in message.texts),
        )
        for i, message in enumerate(given)
    )


def _sampling(given: wire.JudgeSampling | None) -> JudgeSettings:
    given = given or wire.JudgeSampling()
    return JudgeSettings(
        # A judge that rolls dice would give the same answer different grades.
        temperature=given.temperature or 0.0,
        top_p=1.0 if given.top_p is None else given.top_p,
        seed=given.seed,
        max_tokens=given.max_completions_tokens,
        effort=given.reasoning_effort,
    )

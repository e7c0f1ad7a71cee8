"""Any chat model of the platform as a judge, asked for one project and held to a JSON schema."""

from collections.abc import Callable
from dataclasses import dataclass

from understudy.answering.asking import Asker
from understudy.answering.models import AnsweringModel
from understudy.answering.plan import AnswerPlan, top_p_of
from understudy.answering.remote.model import RemoteModel
from understudy.chat.answer_shape import JsonSchema
from understudy.graders.build import GraderContext
from understudy.graders.judged.judge import Judgement, JudgeQuestion
from understudy.graders.judged.usage import TokenUsage
from understudy.graders.python_code import Sandbox


@dataclass(frozen=True, kw_only=True)
class ModelJudge:
    """Asks the models that one project may use."""

    asker: Asker
    project_id: str

    async def check(self, model: str) -> None:
        """Raise NotFoundError when there is no such model."""
        await self.asker.find(self.project_id, model)

    async def ask(self, question: JudgeQuestion) -> Judgement:
        """Return the answer; raises an UnderstudyError when there can be none."""
        model = await self.asker.find(self.project_id, question.model)
        answer = await self.asker.ask(model, _plan(question, model))
        choice = answer.choices[0]
        return Judgement(
            text=choice.text,
            refusal=choice.refusal or None,
            is_cut_off=choice.finish_reason == "length",
            model=answer.model.name,
            usage=TokenUsage(
                prompt_tokens=answer.usage.prompt_tokens if answer.usage else 0,
                completion_tokens=answer.usage.completion_tokens if answer.usage else 0,
                cached_tokens=0,
            ),
        )


def grader_contexts(asker: Asker, sandbox: Sandbox) -> Callable[[str], GraderContext]:
    """Return the way from a project's id to what its graders work with."""

    def grader_context_of(project_id: str) -> GraderContext:
        judge = ModelJudge(asker=asker, project_id=project_id)
        return GraderContext(owner=project_id, judge=judge, sandbox=sandbox)

    return grader_context_of


def _plan(question: JudgeQuestion, model: AnsweringModel) -> AnswerPlan:
    sampling = question.sampling
    # Graders ask for temperature 0 by themselves, which is not every remote model's to choose.
    is_fixed = isinstance(model, RemoteModel) and model.endpoint.has_fixed_sampling
    return AnswerPlan(
        model=question.model,
        messages=question.messages,
        text_form=JsonSchema(name=question.schema_name, schema=question.schema, is_strict=True),
        effort=sampling.effort,
        temperature=1.0 if is_fixed else sampling.temperature,
        top_p=top_p_of(sampling.top_p),
        max_tokens=sampling.max_tokens,
        seed=sampling.seed,
    )

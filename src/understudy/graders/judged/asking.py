"""What both kinds of model grader share: fill in messages, ask the judge, read its JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from understudy.chat.messages import Message, Role
from understudy.data.files.strict_json import parse_object
from understudy.data.report.content.refusals import is_refusal
from understudy.errors import UnderstudyError
from understudy.graders.grade import Finding, GradeErrors, GradingError, quoted
from understudy.graders.judged.judge import Judge, Judgement, JudgeQuestion, JudgeSettings
from understudy.graders.sample import Item, Sample
from understudy.graders.template import Template
from understudy.wording import worded


@dataclass(frozen=True)
class TemplateMessage:
    """A message to a judge before it is filled in."""

    role: Role
    texts: tuple[Template, ...]
    """Joined without anything between them."""


@dataclass(frozen=True, kw_only=True)
class Inquiry:
    """Everything that is asked of a judge but the sample."""

    model: str
    messages: tuple[TemplateMessage, ...]
    instruction: str
    """What kind of answer is wanted; stands in the last user message, after the owner's words."""
    schema: Mapping[str, Any]
    schema_name: str
    sampling: JudgeSettings

    @property
    def templates(self) -> Mapping[str, Template]:
        """Its templates by their places."""
        return {
            f"input[{i}].content" + (f"[{k}]" if len(message.texts) > 1 else ""): text
            for i, message in enumerate(self.messages)
            for k, text in enumerate(message.texts)
        }


@dataclass(frozen=True, kw_only=True)
class Reply:
    """A judge's answer that has the form it was asked for, as far as it is an object."""

    judgement: Judgement
    content: Mapping[str, Any]
    finding: Finding
    """Says what was asked and answered, without a score."""

    def unreadable(self, why: str) -> GradingError:
        """Return the error for an object without what the schema demands."""
        return GradingError(
            worded(
                "graders.judge_answer",
                "The judge's answer {why}.",
                why=why,
            ),
            GradeErrors(model_grader_parse_error=True),
            finding=self.finding,
        )


async def ask(judge: Judge, inquiry: Inquiry, sample: Sample, item: Item) -> Reply:
    """Ask and read the answer as JSON.

    Raises GradingError: the judge could not be asked, declined, was cut off or said something else.
    """
    messages = _messages(inquiry, sample, item)
    question = JudgeQuestion(
        model=inquiry.model,
        messages=messages,
        schema=inquiry.schema,
        schema_name=inquiry.schema_name,
        sampling=inquiry.sampling,
    )
    try:
        judgement = await judge.ask(question)
    except UnderstudyError as error:
        raise _not_asked(error, inquiry.model) from error
    finding = _finding(messages, judgement)
    return Reply(judgement=judgement, content=_content(judgement, finding), finding=finding)


def _messages(inquiry: Inquiry, sample: Sample, item: Item) -> tuple[Message, ...]:
    messages = [
        Message(role=m.role, content="".join(text.fill(sample, item) for text in m.texts))
        for m in inquiry.messages
    ]
    last = messages[-1]
    if last.role is not Role.USER:
        return (*messages, Message(role=Role.USER, content=inquiry.instruction))
    # After the sample, which may be full of instructions too; and not every model has a system.
    return (*messages[:-1], replace(last, content=f"{last.content}\n\n{inquiry.instruction}"))


def _not_asked(error: UnderstudyError, model: str) -> GradingError:
    is_too_long = error.code == "context_length_exceeded"
    return GradingError(
        worded(
            "graders.judge_could_not_asked",
            "The judge {model} could not be asked: {message}",
            model=model,
            message=error.message,
        ),
        GradeErrors(
            truncated_observation_error=is_too_long,
            model_grader_server_error=not is_too_long,
            model_grader_server_error_details=error.message,
        ),
    )


def _finding(messages: Sequence[Message], judgement: Judgement) -> Finding:
    return Finding(
        evidence={
            "messages": [
                {"role": m.role.value, "content": quoted(m.content or "")} for m in messages
            ],
            "answer": quoted(judgement.text),
        },
        usage={judgement.model: judgement.usage},
        judge=judgement.model,
    )


def _content(judgement: Judgement, finding: Finding) -> Mapping[str, Any]:
    if judgement.refusal is not None:
        raise GradingError(
            worded(
                "graders.judge_declined_2",
                "The judge declined: {refusal}",
                refusal=judgement.refusal[:500],
            ),
            GradeErrors(model_grader_refusal_error=True),
            finding=finding,
        )
    try:
        return parse_object(_without_fence(judgement.text).encode())
    except ValueError as error:
        raise _no_object(judgement, finding, str(error)) from None


def _without_fence(text: str) -> str:
    """Take off the lines of a code block, which judges without constraint like to write."""
    text = text.strip()
    first_line, _, rest = text.partition("\n")
    if first_line not in ("```", "```json") or not rest.endswith("```"):
        return text
    return rest.removesuffix("```")


def _no_object(judgement: Judgement, finding: Finding, why: str) -> GradingError:
    if is_refusal(judgement.text):
        return GradingError(
            worded(
                "graders.judge_declined",
                "The judge declined: {words}",
                words=judgement.text[:500],
            ),
            GradeErrors(model_grader_refusal_error=True),
            finding=finding,
        )
    end = "it was cut off at its token limit" if judgement.is_cut_off else why
    return GradingError(
        worded(
            "graders.judge_answer_not_json",
            "The judge's answer is not the JSON object that it was asked for: {end}.",
            end=end,
        ),
        GradeErrors(model_grader_parse_error=True),
        finding=finding,
    )

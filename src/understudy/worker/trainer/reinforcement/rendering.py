"""Prompts of a job in a model's tokens, each with what its answers are held to."""

from collections.abc import Sequence

from pydantic import TypeAdapter

from understudy.answering.text_form import text_form
from understudy.chat.answer_shape import FreeText, TextForm, ToolChoice, ToolUse
from understudy.chat.named_templates.words import with_way_out
from understudy.chat.rendering.renderer import ChatRenderer
from understudy.data.examples import ChatExample, ReinforcementExample
from understudy.data.training_rows import named
from understudy.errors import InvalidRequestError, JobFailedError
from understudy.jobs.claims import Claim
from understudy.planning.reinforcement import ReinforcementSettings
from understudy.registry.aliases import EFFORT, Leniency
from understudy.schemas.chat.choices import ResponseFormat
from understudy.training.reinforcement.prompts import Prompts, RenderedPrompt
from understudy.wording import worded
from understudy.worker.trainer.reading import Which
from understudy.worker.trainer.reading_prompts import PromptFiles
from understudy.worker.trainer.reporter import JobReporter

_FORMAT: TypeAdapter[ResponseFormat] = TypeAdapter(ResponseFormat)
_MAY_CALL = ToolChoice(use=ToolUse.MAY, names=None, is_parallel=True)
_CALLS_NOTHING = ToolChoice(use=ToolUse.NEVER, names=None, is_parallel=True)


def render_prompts(
    claim: Claim, files: PromptFiles, renderer: ChatRenderer, reporter: JobReporter
) -> Prompts:
    """Render both files; raises JobFailedError for a line that this model cannot be asked.

    `renderer` is the one that asks for as much thinking as the job wants.
    """
    assert claim.reinforcement is not None, "a reinforcement job has its settings"
    form = _form(claim.reinforcement)

    def rendered(which: Which, examples: Sequence[ReinforcementExample]) -> list[RenderedPrompt]:
        prompts: list[RenderedPrompt] = []
        for example in examples:
            reporter.check_stop()
            prompts.append(_prompt(claim, which, example, renderer, form))
        return prompts

    return Prompts(
        training=rendered("training", files.training),
        validation=rendered("validation", files.validation),
    )


def effort_renderer(
    claim: Claim, renderer: ChatRenderer, leniency: Leniency, reporter: JobReporter
) -> ChatRenderer:
    """Return the renderer that asks for as much thinking as the job wants.

    Where the chat template cannot ask for that, it is ignored with an event if the alias of the
    job's base says so; if not, raises JobFailedError.
    """
    effort = claim.hyperparameters.reasoning_effort
    if effort is None or effort == "default":
        return renderer
    try:
        return renderer.thinking(effort)
    except InvalidRequestError as error:
        if EFFORT in leniency.parameters:
            reporter.inform(
                worded(
                    "job.effort_ignored",
                    "reasoning_effort={effort} is ignored, as the alias {alias} in "
                    "understudy.toml says: its base has no place for it",
                    effort=effort,
                    alias=leniency.alias or "",
                )
            )
            return renderer
        raise JobFailedError(
            error.message,
            code=error.code or "unsupported_value",
            param="method.reinforcement.hyperparameters.reasoning_effort",
        ) from error


def _form(settings: ReinforcementSettings) -> TextForm:
    given = settings.response_format
    return FreeText() if given is None else text_form(_FORMAT.validate_python(given))


def _prompt(
    claim: Claim,
    which: Which,
    example: ReinforcementExample,
    renderer: ChatRenderer,
    form: TextForm,
) -> RenderedPrompt:
    try:
        ids = tuple(renderer.prompt_ids(example.messages, example.tools))
        choice = _MAY_CALL if example.tools else _CALLS_NOTHING
        grammar = renderer.grammar(example.tools, choice, form, prompt=ids)
    except InvalidRequestError as error:
        chat = ChatExample(
            line=example.line,
            messages=example.messages,
            tools=example.tools,
            trained=(False,) * len(example.messages),
            parallel_tool_calls=None,
        )
        refused = with_way_out(named(error, chat, renderer), renderer, claim.base)
        why = worded(
            "job.example.unrenderable",
            "cannot be rendered for this model: {why}",
            why=refused.message,
        )
        raise _failed(which, example, why) from error
    if len(ids) >= renderer.context_length:
        raise _failed(
            which,
            example,
            worded(
                "job.prompt.no_room",
                "leaves no room for an answer: its {tokens} tokens fill the "
                "model's context of {context} tokens.",
                tokens=len(ids),
                context=renderer.context_length,
            ),
        )
    return RenderedPrompt(
        line=example.line,
        ids=ids,
        messages=example.messages,
        tools=example.tools,
        item=example.item,
        grammar=grammar,
    )


def _failed(which: Which, example: ReinforcementExample, why: str) -> JobFailedError:
    return JobFailedError(
        worded(
            "job.invalid_example",
            "The job failed due to an invalid {which} file. Example {line} {why}",
            which=which,
            line=example.line,
            why=why,
        ),
        code=f"invalid_{which}_file",
        param=f"{which}_file",
    )

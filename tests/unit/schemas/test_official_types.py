"""Everything that is answered fits the types of the official client."""

from openai.types import Completion as OpenAITextCompletion
from openai.types import FileDeleted as OpenAIFileDeleted
from openai.types import FileObject as OpenAIFile
from openai.types import Model
from openai.types import ModelDeleted as OpenAIModelDeleted
from openai.types.chat import ChatCompletion as OpenAICompletion
from openai.types.chat import ChatCompletionChunk as OpenAIChunk
from openai.types.fine_tuning import FineTuningJob as OpenAIJob
from openai.types.fine_tuning import FineTuningJobEvent
from openai.types.fine_tuning.jobs import FineTuningJobCheckpoint
from pydantic import BaseModel

from understudy.schemas.chat import chunks
from understudy.schemas.chat.answer import (
    AnswerMessage,
    AnswerToolCall,
    CalledFunction,
    ChatCompletion,
    Choice,
    ChoiceLogprobs,
    TokenLogprob,
    TopLogprob,
    Usage,
)
from understudy.schemas.completions import (
    TextChoice,
    TextCompletion,
    TextCompletionWithUsage,
    TextLogprobs,
)
from understudy.schemas.files.files import FileDeleted, FileObject
from understudy.schemas.fine_tuning.hyperparameters import Hyperparameters
from understudy.schemas.fine_tuning.jobs import (
    FineTuningCheckpoint,
    FineTuningEvent,
    FineTuningJob,
    JobError,
    JobMethod,
    SupervisedMethod,
)
from understudy.schemas.models import ModelDeleted, ModelObject

CALL = CalledFunction(name="f", arguments="{}")
LIKELY = TopLogprob(token="\\xf0", logprob=-0.5, bytes=[0xF0])
LOGPROBS = ChoiceLogprobs(
    content=[TokenLogprob(token="a", logprob=-1.0, bytes=[97], top_logprobs=[LIKELY])]
)


def fits(answer: BaseModel, official: type[BaseModel]) -> None:
    """The official type reads the answer strictly and knows every field that it requires."""
    official.model_validate_json(answer.model_dump_json(), strict=True)


def test_files():
    file = FileObject(
        id="file-1",
        purpose="fine-tune",
        filename="a",
        bytes=1,
        created_at=1,
        expires_at=None,
        status="processed",
        status_details=None,
    )
    fits(file, OpenAIFile)
    fits(FileDeleted(id="file-1"), OpenAIFileDeleted)


def test_models():
    fits(ModelObject(id="m", created=1, owned_by="system"), Model)
    fits(ModelDeleted(id="m"), OpenAIModelDeleted)


def test_jobs_waiting_and_failed():
    for hyperparameters, error in (
        (
            Hyperparameters(n_epochs="auto", batch_size="auto", learning_rate_multiplier="auto"),
            None,
        ),
        (
            Hyperparameters(n_epochs=3, batch_size=1, learning_rate_multiplier=1.8),
            JobError(code="invalid_n_examples", message="m", param="training_file"),
        ),
    ):
        job = FineTuningJob(
            id="ftjob-1",
            model="m",
            created_at=1,
            finished_at=None,
            fine_tuned_model=None,
            organization_id="org-x",
            result_files=(),
            status="failed",
            validation_file=None,
            training_file="file-1",
            hyperparameters=hyperparameters,
            trained_tokens=None,
            error=error,
            user_provided_suffix=None,
            seed=1,
            estimated_finish=None,
            integrations=(),
            method=JobMethod(supervised=SupervisedMethod(hyperparameters=hyperparameters)),
            metadata=None,
        )
        fits(job, OpenAIJob)


def test_events_and_checkpoints():
    event = FineTuningEvent(
        id="ftevent-1", created_at=1, level="info", message="m", type="metrics", data={"step": 1}
    )
    fits(event, FineTuningJobEvent)
    checkpoint = FineTuningCheckpoint(
        id="ftckpt_1",
        created_at=1,
        fine_tuned_model_checkpoint="ft:m",
        fine_tuning_job_id="ftjob-1",
        step_number=3,
        metrics={"step": 3, "train_loss": 0.5},
    )
    fits(checkpoint, FineTuningJobCheckpoint)


def test_chat_answers():
    messages = (
        AnswerMessage(content="hi"),
        AnswerMessage(content=None, tool_calls=[AnswerToolCall(id="call_1", function=CALL)]),
    )
    answer = ChatCompletion(
        id="chatcmpl-1",
        created=1,
        model="m",
        choices=[
            Choice(index=i, message=message, logprobs=logprobs, finish_reason="stop")
            for i, message in enumerate(messages)
            for logprobs in (None, LOGPROBS)
        ],
        usage=Usage(prompt_tokens=1, completion_tokens=1, total_tokens=2),
        system_fingerprint="fp_1",
    )
    fits(answer, OpenAICompletion)


def test_chat_chunks():
    deltas = (
        chunks.FirstDelta(),
        chunks.TextDelta(content="hi"),
        chunks.ToolCallsDelta(
            tool_calls=[chunks.CallBeginning(index=0, id="call_1", function=CALL)]
        ),
        chunks.ToolCallsDelta(
            tool_calls=[
                chunks.CallContinuation(index=0, function=chunks.ArgumentsPiece(arguments="{}"))
            ]
        ),
        chunks.Delta(),
    )
    for delta in deltas:
        choice = chunks.ChunkChoice(index=0, delta=delta, logprobs=LOGPROBS, finish_reason=None)
        chunk = chunks.ChatCompletionChunk(
            id="chatcmpl-1", created=1, model="m", system_fingerprint="fp_1", choices=[choice]
        )
        fits(chunk, OpenAIChunk)
    last = chunks.ChatCompletionChunkWithUsage(
        id="chatcmpl-1",
        created=1,
        model="m",
        system_fingerprint="fp_1",
        choices=[],
        usage=Usage(prompt_tokens=1, completion_tokens=1, total_tokens=2),
    )
    fits(last, OpenAIChunk)


def test_text_completions():
    told = TextLogprobs(
        tokens=["a"], token_logprobs=[-1.0], top_logprobs=[{"a": -1.0}], text_offset=[0]
    )
    choice = TextChoice(index=0, text="a", logprobs=told, finish_reason="stop")
    head = {"id": "cmpl-1", "created": 1, "model": "m", "system_fingerprint": "fp_1"}
    usage = Usage(prompt_tokens=1, completion_tokens=1, total_tokens=2)
    fits(TextCompletion(**head, choices=[choice]), OpenAITextCompletion)
    fits(TextCompletionWithUsage(**head, choices=[choice], usage=usage), OpenAITextCompletion)

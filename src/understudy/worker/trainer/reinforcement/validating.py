"""Validations of a job as runs of its own eval, with every answer and its grades."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from understudy.chat.messages import Message
from understudy.evals.graded import add_judges, result_of, status_of
from understudy.evals.recording import ModelUsage, NewItem
from understudy.evals.rows_file import DataRow, written
from understudy.evals.validations import Validation, job_eval, validation_run
from understudy.evals.verdict.pairing import item_key
from understudy.graders.grade import Grade
from understudy.jobs.claims import Claim
from understudy.storage.blobs import BlobStore
from understudy.storage.database import Database
from understudy.storage.evals.evals import get_eval, next_touch
from understudy.storage.tables.evals import EvalRow, EvalRunRow
from understudy.training.reinforcement.grading import GradedAnswer
from understudy.training.reinforcement.prompts import RenderedPrompt
from understudy.work.lease import held
from understudy.worker.trainer.reinforcement.grading_thread import finish_reason_of, sample_of


@dataclass(frozen=True, kw_only=True)
class Validations:
    """The eval of a job and where its runs are written; each write raises LeaseLostError."""

    database: Database
    blobs: BlobStore
    claim: Claim
    eval_id: str

    @classmethod
    def opened(
        cls,
        database: Database,
        blobs: BlobStore,
        claim: Claim,
        held_out: Sequence[RenderedPrompt],
    ) -> "Validations":
        """Return those of a job; its eval is made where no earlier attempt made it."""
        settings = claim.reinforcement
        assert settings is not None, "a reinforcement job has its settings"
        with database.write() as session:
            job = held(session, claim.hold)
            if job.eval_id is None:
                row = job_eval(
                    job_id=job.id,
                    project_id=job.project_id,
                    grader=settings.grader,
                    shadow_grader=settings.shadow_grader,
                    items=[prompt.item for prompt in held_out],
                    now=int(database.now(session)),
                )
                row.touched = next_touch(session)
                session.add(row)
                job.eval_id = row.id
            eval_id = job.eval_id
        return cls(database=database, blobs=blobs, claim=claim, eval_id=eval_id)

    def record(self, step: int, model: str, answers: Sequence[GradedAnswer]) -> None:
        """Record a validation, once however often it is reported."""
        assert self.claim.validation_file is not None, "such a job has a validation file"
        with self.database.read() as session:
            owner = get_eval(session, self.claim.project_id, self.eval_id)
        blob = self.blobs.write(written(_row(each)) for each in answers)
        validation = Validation(
            job_id=self.claim.job_id,
            step=step,
            model=model,
            rows_blob=blob.sha256,
            validation_file=self.claim.validation_file,
            items=[_item(owner, number, model, each) for number, each in enumerate(answers)],
        )
        with self.database.write() as session:
            held(session, self.claim.hold)
            run, items = validation_run(owner, validation, now=int(self.database.now(session)))
            if session.scalar(select(EvalRunRow.id).where(EvalRunRow.id == run.id)) is None:
                session.add(run)
                session.flush()
                session.add_all(items)


def _row(answer: GradedAnswer) -> DataRow:
    return DataRow(item=answer.drawn.prompt.item, sample=sample_of(answer.drawn).given)


def _item(owner: EvalRow, number: int, model: str, answer: GradedAnswer) -> NewItem:
    drawn = answer.drawn
    found = [each for each in (answer.grade, answer.shadow) if each is not None]
    ids = [str(criterion["id"]) for criterion in owner.testing_criteria]
    grades = dict(zip(ids, found, strict=False))
    counts = sample_of(drawn).given["usage"]
    used = {name: count for name, count in counts.items() if name != "total_tokens"}
    return NewItem(
        number=number,
        # An answer is judged by its reward alone; what is watched is shown beside it.
        status=status_of({id_: grade for id_, grade in grades.items() if id_ == ids[0]}),
        item_key=item_key(drawn.prompt.item).hex(),
        item=drawn.prompt.item,
        results=[result_of(id_, grade) for id_, grade in grades.items()],
        judged=_judged(grades),
        sample=_sample(answer, model, counts),
        usage=add_judges({model: ModelUsage(invocations=1, **used)}, found),
    )


def _judged(grades: Mapping[str, Grade]) -> dict[str, bool]:
    return {id_: grade.has_passed for id_, grade in grades.items() if not grade.is_errored}


def _sample(answer: GradedAnswer, model: str, counts: Mapping[str, int]) -> dict[str, Any]:
    drawn = answer.drawn
    output: dict[str, Any] = {"role": "assistant", "content": drawn.text}
    if drawn.tool_calls:
        output["tool_calls"] = list(drawn.tool_calls)
    return {
        "input": [_written(message) for message in drawn.prompt.messages],
        "output": [output],
        "finish_reason": finish_reason_of(drawn),
        "model": model,
        "usage": dict(counts),
        "error": None,
        "temperature": 1.0,
        "max_completion_tokens": None,
        "top_p": 1.0,
        "seed": None,
    }


def _written(message: Message) -> dict[str, Any]:
    return {"role": message.role.value, "content": message.content or ""}

"""From parsed files to their report: every examination, one after the other."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from understudy.chat.messages import Role
from understudy.chat.rendering.renderer import ChatRenderer
from understudy.data.examples import ChatExample
from understudy.data.files.formats import Method
from understudy.data.files.line_reader import MAX_PROBLEMS
from understudy.data.files.problems import Problem, ProblemCode
from understudy.data.files.validate import check_prompt_file, check_training_file
from understudy.data.images.illustrations import count_illustrations
from understudy.data.report.advice.judging import advise
from understudy.data.report.content.content import look_at_content
from understudy.data.report.content.refusals import find_refusals
from understudy.data.report.content.text_marks import find_text_marks
from understudy.data.report.control_tokens import find_control_tokens
from understudy.data.report.duplicates import Leakage, find_duplicates, find_leakage
from understudy.data.report.examples import ReadFile
from understudy.data.report.graded_values import graded_values
from understudy.data.report.labels import Labels, compare_labels, find_labels
from understudy.data.report.personal_data.counting import count_shapes
from understudy.data.report.preferences import compare_answers
from understudy.data.report.prompts import count_system_prompts
from understudy.data.report.report import FileError, Report, ValidationReport, Verdict
from understudy.data.report.token_counts import CountedFile, count_tokens
from understudy.data.report.tool_use import LineNote, look_at_tools
from understudy.errors import JobFailedError
from understudy.planning.estimate import JobEstimate, estimate_job, estimate_prompts
from understudy.planning.hyperparameters import JobHyperparameters, resolve
from understudy.planning.reinforcement import resolve_reinforcement
from understudy.wording import Sentence, worded

Which = Literal["training", "validation"]


@dataclass(frozen=True, kw_only=True)
class ReportModel:
    """The model whose tokens are counted."""

    name: str
    base: str
    """The name of its base."""
    renderer: ChatRenderer
    special_tokens: tuple[str, ...]
    tokens_per_second: float | None
    """How fast it is trained, if that has been measured or said."""
    splits_turns: bool = False
    """Whether a job would split what the chat template rewrites into one row a learned turn."""

    def count(self, examples: Sequence[ChatExample], check_stop: Callable[[], None]) -> CountedFile:
        """Render examples as a job on this model would and count their tokens."""
        return count_tokens(
            examples,
            self.renderer,
            check_stop,
            base=self.base,
            splits_turns=self.splits_turns,
        )


def make_report(
    training: ReadFile,
    validation: ReadFile | None,
    model: ReportModel,
    check_stop: Callable[[], None] = lambda: None,
) -> Report:
    """Judge a training file, and the validation file if there is one.

    `check_stop` is called for every example and may raise to end the work.
    """
    examples = training.examples
    counted = model.count(examples, check_stop)
    rejected = model.count(training.rejected, check_stop)
    duplicates, index = find_duplicates(examples, check_stop)
    labels = find_labels(examples)
    validation_report = None
    if validation is not None:
        leakage = find_leakage(examples, validation.examples, index, check_stop)
        validation_report = _validation(validation, leakage, labels, model, check_stop)
    report = Report(
        method=training.method.value,
        model=model.name,
        context_length=model.renderer.context_length,
        errors=_errors(training, counted, rejected),
        skipped=tuple(map(_error, training.skipped[:MAX_PROBLEMS])),
        verdict=_verdict(training, counted, rejected, "training", model),
        examples=len(examples),
        turns=_turns(examples),
        tools=look_at_tools(examples, counted.unheld, check_stop),
        images=count_illustrations(examples),
        tokens=counted.counts,
        system_prompts=count_system_prompts(examples),
        duplicates=duplicates,
        special_tokens=find_control_tokens(examples, model.special_tokens, check_stop),
        content=look_at_content(examples, check_stop),
        refusals=find_refusals(examples),
        text_marks=find_text_marks(examples),
        preferences=(
            compare_answers(examples, training.rejected, counted, rejected)
            if training.method is Method.DPO
            else None
        ),
        graded_values=graded_values(training.parsed.examples),
        labels=labels.balance,
        label_spellings=labels.spellings,
        personal_data=count_shapes(examples, check_stop),
        job=_job(training, counted, rejected, model),
        validation=validation_report,
        advice=(),
    )
    return replace(report, advice=advise(report))


def _validation(
    file: ReadFile,
    leakage: Leakage,
    labels: Labels,
    model: ReportModel,
    check_stop: Callable[[], None],
) -> ValidationReport:
    counted = model.count(file.examples, check_stop)
    rejected = model.count(file.rejected, check_stop)
    return ValidationReport(
        examples=len(file.examples),
        errors=_errors(file, counted, rejected),
        verdict=_verdict(file, counted, rejected, "validation", model),
        leakage=leakage,
        labels=compare_labels(labels, file.examples),
    )


def _job(
    file: ReadFile, counted: CountedFile, rejected: CountedFile, model: ReportModel
) -> JobEstimate | None:
    """Estimate the job that "auto" would run; both answers of a pair are computed."""
    examples = counted.counts.kept_examples
    if not examples:
        return None
    if file.method is Method.REINFORCEMENT:
        asked = JobHyperparameters()
        return estimate_prompts(resolve_reinforcement(asked, example_count=examples))
    return estimate_job(
        resolve(JobHyperparameters(), example_count=examples),
        tokens_per_epoch=counted.counts.kept_tokens + rejected.counts.kept_tokens,
        tokens_per_second=model.tokens_per_second,
    )


def _turns(examples: Iterable[ChatExample]) -> int:
    spoken = (Role.USER, Role.ASSISTANT)
    return sum(message.role in spoken for example in examples for message in example.messages)


def _errors(file: ReadFile, *counted: CountedFile) -> tuple[FileError, ...]:
    found = [_error(problem) for problem in file.parsed.problems]
    unrenderable = [
        FileError(
            line=note.line,
            code=ProblemCode.INVALID_FILE.value,
            message=_unrenderable(note.line, note.message),
            field="messages",
            check=None,
            wording=_unrenderable(note.line, note.message).to_json(),
        )
        for note in _refused(counted)
    ]
    return tuple(sorted(found + unrenderable, key=lambda error: error.line))


def _error(problem: Problem) -> FileError:
    return FileError(
        line=problem.line,
        code=problem.code.value,
        message=problem.message,
        field=problem.field,
        check=problem.check and problem.check.value,
        wording=problem.message.to_json(),
    )


def _verdict(
    file: ReadFile, counted: CountedFile, rejected: CountedFile, which: Which, model: ReportModel
) -> Verdict | None:
    """Return the error of a job in the words that the job itself would use."""
    try:
        if file.method is Method.REINFORCEMENT:
            check_prompt_file(file.parsed, which)
        else:
            check_training_file(file.parsed, which)
    except JobFailedError as error:
        return Verdict(
            code=error.code,
            message=error.message,
            param=error.param,
            wording=error.message.to_json(),
        )
    for first in _refused((counted, rejected)):
        return _invalid(which, _unrenderable(first.line, first.message))
    if not counted.counts.kept_examples and not any(one.unseen for one in file.examples):
        return _invalid(
            which,
            worded(
                "file.nothing_to_learn",
                "None of its examples holds assistant tokens to learn within the model's context "
                "of {context} tokens.",
                context=model.renderer.context_length,
            ),
        )
    return None


def _refused(counted: Iterable[CountedFile]) -> list[LineNote]:
    """Return one note for each line, also when both answers of a pair are refused."""
    notes = {note.line: note for file in counted for note in file.refused}
    return [notes[line] for line in sorted(notes)]


def _invalid(which: Which, what: Sentence) -> Verdict:
    message = worded(
        "job.invalid_file",
        "The job failed due to an invalid {which} file. {why}",
        which=which,
        why=what,
    )
    return Verdict(
        code=f"invalid_{which}_file",
        message=message,
        param=f"{which}_file",
        wording=message.to_json(),
    )


def _unrenderable(line: int, reason: str) -> Sentence:
    return worded(
        "file.unrenderable",
        "Example {line} cannot be rendered for this model: {why}",
        line=line,
        why=reason,
    )

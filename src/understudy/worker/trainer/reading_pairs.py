"""From stored files of pairs to rendered pairs, or the reason why the job fails."""

from pathlib import Path

from understudy.chat.grammar.held_calls import HeldCalls
from understudy.chat.messages import Message
from understudy.chat.named_templates.words import with_way_out
from understudy.chat.rendering.renderer import ChatRenderer, RenderedExample
from understudy.data.examples import ChatExample, PreferenceExample
from understudy.data.files.formats import Method
from understudy.data.files.parse import parse_file
from understudy.data.files.validate import check_training_file
from understudy.data.training_rows import named
from understudy.errors import InvalidRequestError, JobFailedError
from understudy.jobs.claims import Claim
from understudy.storage.blobs import BlobStore
from understudy.training.preference.pairs import RenderedPair
from understudy.training.preference.training import Pairs
from understudy.wording import worded
from understudy.worker.trainer.reading import Which, warn_of_unheld
from understudy.worker.trainer.reporter import JobReporter


def read_pair_files(
    claim: Claim, blobs: BlobStore, renderer: ChatRenderer, reporter: JobReporter
) -> Pairs:
    """Read a job's training file and, if it has one, its validation file.

    Raises JobFailedError in the words that OpenAI's users know, and StopTraining when the job is
    to end.
    """
    reader = _Reader(claim.base, renderer, reporter)
    training = reader.read(blobs.stored(claim.training_blob), "training", claim.training_file)
    if claim.validation_blob is None or claim.validation_file is None:
        return Pairs(training=training, validation=[])
    held_out = blobs.stored(claim.validation_blob)
    validation = reader.read(held_out, "validation", claim.validation_file)
    return Pairs(training=training, validation=validation)


class _Reader:
    """Reads one file after the other for one model."""

    def __init__(self, base: str, renderer: ChatRenderer, reporter: JobReporter) -> None:
        self._base = base
        self._renderer = renderer
        self._reporter = reporter
        self._cut: list[int] = []
        """Lines of which an answer does not fit."""
        self._held_calls = HeldCalls(renderer)
        self._unheld: list[tuple[int, str]] = []
        """Lines whose preferred answer has calls that cannot be forced, with the reason."""

    def read(self, path: Path, which: Which, file_id: str) -> list[RenderedPair]:
        """Parse, check and render a whole file."""
        with path.open("rb") as file:
            parsed = parse_file(file, Method.DPO, file_id)
        check_training_file(parsed, which)
        self._cut, self._unheld = [], []
        pairs = [
            self._pair(example, which)
            for example in parsed.examples
            if isinstance(example, PreferenceExample)
        ]
        if self._cut:
            self._reporter.warn(
                worded(
                    "job.pairs.cut",
                    "{count} pair(s) of the {which} file (the first in line {line}) "
                    "are longer than the model's context of {context} tokens; answers "
                    "were cut from the end.",
                    count=len(self._cut),
                    which=which,
                    line=self._cut[0],
                    context=self._renderer.context_length,
                )
            )
        warn_of_unheld(self._unheld, which, self._reporter)
        return pairs

    def _pair(self, example: PreferenceExample, which: Which) -> RenderedPair:
        self._reporter.check_stop()
        limit = self._renderer.context_length
        whole = [
            self._rendered(example, answer, which)
            for answer in (example.preferred, example.non_preferred)
        ]
        preferred, rejected = (
            RenderedExample(one.ids[:limit], one.trained[:limit]) for one in whole
        )
        trained = (*(False for _ in example.messages), True)
        complaint = self._held_calls.complaint(
            (*example.messages, example.preferred), example.tools, trained, whole[0]
        )
        if complaint is not None:
            self._unheld.append((example.line, complaint))
        if any(len(one.ids) > limit for one in whole):
            self._cut.append(example.line)
        if not (any(preferred.trained[1:]) and any(rejected.trained[1:])):
            why = "leaves no room for an answer: its input alone fills"
        elif preferred.ids == rejected.ids:
            why = "prefers nothing: both answers are the same within"
        else:
            return RenderedPair(preferred, rejected)
        raise self._failed(which, example, f"{why} the model's context of {limit} tokens.")

    def _rendered(
        self, example: PreferenceExample, answer: Message, which: Which
    ) -> RenderedExample:
        messages = (*example.messages, answer)
        trained = (*(False for _ in example.messages), True)
        try:
            rendered = self._renderer.training_ids(messages, example.tools, trained)
        except InvalidRequestError as error:
            chat = ChatExample(
                line=example.line,
                messages=messages,
                tools=example.tools,
                trained=trained,
                parallel_tool_calls=None,
            )
            refused = named(error, chat, self._renderer)
            refused = with_way_out(refused, self._renderer, self._base)
            why = worded(
                "job.example.unrenderable",
                "cannot be rendered for this model: {why}",
                why=refused.message,
            )
            raise self._failed(which, example, why) from error
        if rendered.images:
            raise self._failed(
                which,
                example,
                worded(
                    "job.pairs.images",
                    "holds images, and learning from pairs does not show them to the "
                    "model yet; only supervised fine-tuning does. Leave the images "
                    "out, or use that method.",
                ),
            )
        return rendered

    def _failed(self, which: Which, example: PreferenceExample, why: str) -> JobFailedError:
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

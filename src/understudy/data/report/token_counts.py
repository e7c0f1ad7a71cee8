"""The examples of a file in a model's tokens: how many, how many are learned, what is cut."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from understudy.chat.grammar.held_calls import HeldCalls
from understudy.chat.named_templates.words import with_way_out
from understudy.chat.rendering.renderer import ChatRenderer
from understudy.data.examples import ChatExample, is_illustrated
from understudy.data.report.lengths import Lengths, lengths_of
from understudy.data.report.line_numbers import Lines, lines_of
from understudy.data.report.tool_use import LineNote
from understudy.data.training_rows import TrainingRow, complaint_of_rows, training_rows
from understudy.errors import InvalidRequestError


@dataclass(frozen=True, kw_only=True)
class CutTokens:
    """What is lost because examples are longer than the context; they are cut from the end."""

    examples: Lines
    tokens: int
    trained_tokens: int


@dataclass(frozen=True, kw_only=True)
class SplitExamples:
    """Examples that a job splits into one a learned turn."""

    examples: Lines
    rows: int
    """What they become, together."""


@dataclass(frozen=True, kw_only=True)
class TokenCounts:
    """Token counts before anything is cut, and what the cut takes away."""

    total: Lengths
    trained: Lengths
    cut: CutTokens
    nothing_to_learn: Lines
    """Examples without a learned token within the context; a job leaves them out."""
    split: SplitExamples
    """What becomes of examples that the chat template rewrites; every row counts as an example."""
    kept_examples: int
    """Examples that a job trains on."""
    kept_tokens: int
    """Tokens of one pass over the file, after the cut and without the examples left out."""


@dataclass(frozen=True, kw_only=True)
class CountedFile:
    """Token counts, and the examples that the model's chat template refuses."""

    counts: TokenCounts
    refused: tuple[LineNote, ...]
    unheld: tuple[LineNote, ...]
    """Why examples make calls that a forced call could not be."""
    trained_of_line: Mapping[int, int]
    """Learned tokens of each example by its line, before the cut."""


@dataclass(frozen=True, kw_only=True)
class _Counted:
    line: int
    tokens: int
    trained: int
    kept_tokens: int
    kept_trained: int
    is_teaching: bool


def count_tokens(
    examples: Sequence[ChatExample],
    renderer: ChatRenderer,
    check_stop: Callable[[], None],
    *,
    base: str | None = None,
    splits_turns: bool = False,
) -> CountedFile:
    """Render every example as a job would and count, but for those with images yet to be read.

    `base` is the name of the model's base, for refusals that say what would help it, and
    `splits_turns` whether what its template rewrites becomes one row a learned turn.
    """
    counted: list[_Counted] = []
    refused: list[LineNote] = []
    unheld: list[LineNote] = []
    held_calls = HeldCalls(renderer)
    for example in examples:
        check_stop()
        if example.unseen and any(example.trained):
            continue
        try:
            rows = _rows(example, renderer, splits_turns)
            counted += (_counted(row, renderer) for row in rows)
            complaint = complaint_of_rows(held_calls, rows)
            if complaint is not None:
                unheld.append(LineNote(line=example.line, message=complaint))
        except InvalidRequestError as error:
            helped = error if base is None else with_way_out(error, renderer, base)
            refused.append(LineNote(line=example.line, message=helped.message))
    return CountedFile(
        counts=_summary(counted),
        refused=tuple(refused),
        unheld=tuple(unheld),
        trained_of_line=_trained_of_line(counted),
    )


def without_held_out(counts: TokenCounts, held_out: int) -> TokenCounts:
    """Return the counts of what a job trains on when some examples are held out.

    Which ones is not known, so they count as many tokens and rows as the others on average.
    """
    lines = counts.kept_examples - counts.split.rows + counts.split.examples.count
    left = counts.kept_examples * max(lines - held_out, 0) // max(lines, 1)
    tokens = counts.kept_tokens * left // max(counts.kept_examples, 1)
    return replace(counts, kept_examples=left, kept_tokens=tokens)


def _trained_of_line(counted: Sequence[_Counted]) -> Mapping[int, int]:
    found: Counter[int] = Counter()
    for row in counted:
        found[row.line] += row.trained
    return found


def _rows(example: ChatExample, renderer: ChatRenderer, splits_turns: bool) -> list[TrainingRow]:
    if is_illustrated(example) and not any(example.trained):
        raise InvalidRequestError(
            "it shows images, which are learned from in supervised files only"
        )
    rows = training_rows(example, renderer, splits_turns=splits_turns)
    room = renderer.context_length
    if not any(example.trained) and any(len(row.rendered.ids) >= room for row in rows):
        raise InvalidRequestError(
            f"it leaves no room for an answer in the model's context of {room} tokens"
        )
    return rows


def _counted(row: TrainingRow, renderer: ChatRenderer) -> _Counted:
    rendered = row.rendered
    kept = rendered.trained[: renderer.context_length]
    return _Counted(
        line=row.example.line,
        tokens=len(rendered.ids),
        trained=sum(rendered.trained),
        kept_tokens=len(kept),
        kept_trained=sum(kept),
        # The first token of an example is predicted by nothing, so it teaches nothing; a prompt
        # alone is answered by the model while it learns.
        is_teaching=any(kept[1:]) or not any(row.example.trained),
    )


def _summary(counted: Sequence[_Counted]) -> TokenCounts:
    return TokenCounts(
        total=lengths_of([c.tokens for c in counted]),
        trained=lengths_of([c.trained for c in counted]),
        cut=CutTokens(
            examples=lines_of(c.line for c in counted if c.kept_tokens < c.tokens),
            tokens=sum(c.tokens - c.kept_tokens for c in counted),
            trained_tokens=sum(c.trained - c.kept_trained for c in counted),
        ),
        nothing_to_learn=lines_of(c.line for c in counted if not c.is_teaching),
        split=_split(counted),
        kept_examples=sum(c.is_teaching for c in counted),
        kept_tokens=sum(c.kept_tokens for c in counted if c.is_teaching),
    )


def _split(counted: Sequence[_Counted]) -> SplitExamples:
    rows = Counter(c.line for c in counted)
    several = [line for line, count in rows.items() if count > 1]
    return SplitExamples(examples=lines_of(several), rows=sum(rows[line] for line in several))

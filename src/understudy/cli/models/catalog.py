"""`understudy models catalog`: known bases, what they take, and what this machine can do."""

from understudy.bases.fit import ANSWER_TOKENS, EXAMPLE_TOKENS, Fit, look_at_memory, needs_of
from understudy.bases.known import KnownBase, known_bases
from understudy.cli.console import out, print_rows
from understudy.cli.language import said
from understudy.cli.models.adding import count_in_words
from understudy.wording import worded

_MARKS = {
    Fit.FITS: "",
    Fit.FITS_WHEN_FREE: worded("cli.models.not_now", " (not now)"),
    Fit.TOO_LARGE: worded("cli.models.too_large", " (too large)"),
}

_MUST_ACCEPT = worded("cli.models.must_accept", " (must be accepted)")


def show_catalogue() -> None:
    """List known base models, with what they take and whether this machine has it."""
    machine = look_at_memory()

    def gigabytes(count: int) -> str:
        return f"{count / 1e9:.1f} GB{said(_MARKS[machine.fit(count)])}"

    def row(base: KnownBase) -> tuple[str, ...]:
        needs = needs_of(base, machine)
        return (
            base.name,
            count_in_words(base.parameters),
            f"{base.context:,}",
            f"{base.template}, tools: {base.tools}",
            gigabytes(needs.lora_bytes),
            gigabytes(needs.full_bytes),
            gigabytes(needs.serve_bytes),
            base.licence + (said(_MUST_ACCEPT) if base.must_accept else ""),
            f"{base.hub_id}, or {base.index.requirement}" if base.index else base.hub_id,
        )

    print_rows(
        (
            "name",
            "size",
            "context",
            "template",
            "LoRA",
            "all weights",
            "serve",
            "licence",
            "source",
        ),
        [row(base) for base in known_bases().values()],
        empty="",
    )
    if out.is_terminal:
        out.print(
            worded(
                "cli.models.memory_weights_training_examples",
                "\nMemory with its weights, for training examples of up to "
                "{example_tokens:,} tokens and a conversation of {answer_tokens:,}. "
                "This machine computes on its {value} with {total_bytes:.1f} GB, "
                "{free_bytes:.1f} GB of them free.",
                example_tokens=EXAMPLE_TOKENS,
                answer_tokens=ANSWER_TOKENS,
                value="GPU" if machine.device == "cuda" else "processor",
                total_bytes=machine.total_bytes / 1000000000.0,
                free_bytes=machine.free_bytes / 1000000000.0,
            ),
            markup=False,
        )
        out.print(
            worded(
                "cli.models.add_one_understudy_models",
                "Add one with: understudy models add NAME",
            ),
            markup=False,
        )

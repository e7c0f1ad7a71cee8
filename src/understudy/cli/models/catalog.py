"""`understudy models catalog`: known bases, what they take, and what this machine can do."""

from understudy.bases.fit import ANSWER_TOKENS, EXAMPLE_TOKENS, Fit, look_at_memory, needs_of
from understudy.bases.known import KnownBase, known_bases
from understudy.cli.console import out, print_rows
from understudy.cli.models.adding import count_in_words

_MARKS = {Fit.FITS: "", Fit.FITS_WHEN_FREE: " (not now)", Fit.TOO_LARGE: " (too large)"}


def show_catalogue() -> None:
    """List known base models, with what they take and whether this machine has it."""
    machine = look_at_memory()

    def gigabytes(count: int) -> str:
        return f"{count / 1e9:.1f} GB{_MARKS[machine.fit(count)]}"

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
            base.licence + (" (must be accepted)" if base.must_accept else ""),
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
            f"\nMemory with its weights, for training examples of up to {EXAMPLE_TOKENS:,} tokens "
            f"and a conversation of {ANSWER_TOKENS:,}. This machine computes on its "
            f"{'GPU' if machine.device == 'cuda' else 'processor'} with "
            f"{machine.total_bytes / 1e9:.1f} GB, {machine.free_bytes / 1e9:.1f} GB of them free.",
            markup=False,
        )
        out.print("Add one with: understudy models add NAME", markup=False)

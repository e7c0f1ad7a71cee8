"""Prints the tokens of one example, with the trained ones in colour."""

import json

from rich.text import Text

from understudy.cli.console import out
from understudy.data.report.preview import Preview, PreviewToken
from understudy.wording import worded

# Alternating shades show where a token ends.
_TRAINED_STYLES = ("black on green", "black on bright_green")
_OTHER_STYLES = ("default", "dim")
_CUT_STYLE = "red strike"


def print_preview(shown: Preview) -> None:
    """Print the tokens as running text; when the output is not a terminal, one per line.

    Such a line holds `+` for a trained token and `-` for another, its id, and its text as JSON; an
    empty one stands between the rows of an example that is split, and between two answers.
    """
    if not out.is_terminal:
        for at, token in enumerate(shown.tokens):
            if at and at in shown.row_starts:
                print()
            mark = "+" if token.trained else "-"
            print(mark, token.id, json.dumps(token.text, ensure_ascii=False), sep="\t")
        return
    text = Text()
    begin = 0
    for at, token in enumerate(shown.tokens):
        if at in shown.row_starts:
            text.append("\n\n" if at else "")
            begin = at
        text.append(_visible(token), style=_style(token, at - begin, shown.context_length))
    out.print(text)
    trained = sum(token.trained for token in shown.tokens)
    out.print(
        worded(
            "cli.files.line_tokens_trained_others",
            "\n[dim]Line {line}: {tokens:,} tokens,[/] [{trained_styles}]{trained:,} "
            "trained[/][dim]; the others are context.[/]",
            line=shown.line,
            tokens=len(shown.tokens),
            trained_styles=_TRAINED_STYLES[0],
            trained=trained,
        )
    )
    if shown.is_pair:
        out.print(
            worded(
                "cli.files.two_rows_preferred_answer",
                "Two rows: the preferred answer, then the non-preferred one.",
            )
        )
    elif len(shown.row_starts) > 1:
        out.print(
            worded(
                "cli.files.split_into_rows_one",
                "Split into {row_starts} rows, one for each answer that is learned.",
                row_starts=len(shown.row_starts),
            )
        )
    if max(shown.row_lengths) > shown.context_length:
        out.print(
            worded(
                "cli.files.truncated_after_tokens_context",
                "[red]Truncated after {context_length:,} tokens, the context length.[/]",
                context_length=shown.context_length,
            )
        )


def _style(token: PreviewToken, at: int, context_length: int) -> str:
    if at >= context_length:
        return _CUT_STYLE
    return (_TRAINED_STYLES if token.trained else _OTHER_STYLES)[at % 2]


def _visible(token: PreviewToken) -> str:
    """Show line breaks and control characters visibly, and keep the text readable."""
    return "".join(
        letter if letter.isprintable() else "↵\n" if letter == "\n" else repr(letter)[1:-1]
        for letter in token.text
    )

"""The tokens of one example on the screen, those that are learned in colour."""

import json

from rich.text import Text

from understudy.cli.console import out
from understudy.data.report.preview import Preview, PreviewToken

# Neighbours get different shades, so that one sees where a token ends.
_TRAINED_STYLES = ("black on green", "black on bright_green")
_OTHER_STYLES = ("default", "dim")
_CUT_STYLE = "red strike"


def print_preview(shown: Preview) -> None:
    """Print the tokens as running text; when the output is no terminal, one a line.

    Such a line holds `+` for a learned token and `-` for another, its id, and its text as JSON.
    """
    if not out.is_terminal:
        for token in shown.tokens:
            mark = "+" if token.trained else "-"
            print(mark, token.id, json.dumps(token.text, ensure_ascii=False), sep="\t")
        return
    text = Text()
    for at, token in enumerate(shown.tokens):
        text.append(_visible(token), style=_style(token, at, shown.context_length))
    out.print(text)
    trained = sum(token.trained for token in shown.tokens)
    out.print(
        f"\n[dim]Line {shown.line}: {len(shown.tokens):,} tokens,[/] "
        f"[{_TRAINED_STYLES[0]}]{trained:,} learned[/][dim]; the model reads the others.[/]"
    )
    if len(shown.tokens) > shown.context_length:
        out.print(
            f"[red]Behind {shown.context_length:,} tokens the example is cut: the context ends.[/]"
        )


def _style(token: PreviewToken, at: int, context_length: int) -> str:
    if at >= context_length:
        return _CUT_STYLE
    return (_TRAINED_STYLES if token.trained else _OTHER_STYLES)[at % 2]


def _visible(token: PreviewToken) -> str:
    """Show line breaks and whatever else could steer a terminal, and keep the text readable."""
    return "".join(
        letter if letter.isprintable() else "↵\n" if letter == "\n" else repr(letter)[1:-1]
        for letter in token.text
    )

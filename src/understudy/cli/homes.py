"""The home directory a command works on, as a command-line option."""

from pathlib import Path
from typing import Annotated

import typer

DEFAULT_HOME = Path("~/.understudy")

Home = Annotated[
    Path,
    typer.Option(
        "--home", envvar="UNDERSTUDY_HOME", help="Where everything of this server is kept."
    ),
]

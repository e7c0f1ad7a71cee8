"""The `--home` option of the commands."""

from pathlib import Path
from typing import Annotated

import typer

DEFAULT_HOME = Path("~/.understudy")

Home = Annotated[
    Path,
    typer.Option("--home", envvar="UNDERSTUDY_HOME", help="Home directory of the server."),
]

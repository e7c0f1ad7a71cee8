"""Reads the JSON file of a grader that a command is given."""

import json
from pathlib import Path
from typing import Any

import typer


def read_grader(path: Path) -> Any:
    """Return what the file holds; raises BadParameter unless that is JSON."""
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise typer.BadParameter(f"{path} holds no grader as JSON: {error}") from None

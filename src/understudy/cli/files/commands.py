"""`understudy files`: upload, list, read and delete files of a project."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from understudy.cli.client import ApiError, api_client
from understudy.cli.console import CommandGroup, local_time, out, print_rows
from understudy.wording import worded

app = typer.Typer(cls=CommandGroup, help="Upload and manage files.", no_args_is_help=True)

FileId = Annotated[str, typer.Argument(help="File ID, such as file-…", metavar="FILE_ID")]


@app.command("list")
def list_files() -> None:
    """List the files of the project, newest first."""
    with api_client() as client:
        rows = [
            (file.id, file.filename, file.purpose, str(file.bytes), local_time(file.created_at))
            for file in client.files.list()
        ]
    print_rows(
        ("id", "name", "purpose", "bytes", "created"),
        rows,
        empty=worded("cli.files.none", "No files yet."),
    )


@app.command()
def upload(
    path: Annotated[Path, typer.Argument(help="Path of a local file.")],
    purpose: Annotated[
        str, typer.Option(help="Purpose, such as fine-tune or evals.")
    ] = "fine-tune",
) -> None:
    """Upload a file and print its ID."""
    if not path.is_file():
        raise ApiError(worded("cli.file_not_found", "File not found: {file}.", file=str(path)))
    with api_client() as client:
        # The server decides which purposes exist, and refuses others.
        file = client.files.create(file=path, purpose=purpose)  # pyright: ignore[reportArgumentType]
    out.print(file.id)


@app.command()
def content(
    file_id: FileId,
    output: Annotated[
        Path | None, typer.Option(help="Write to this file instead of standard output.")
    ] = None,
) -> None:
    """Print the content of a file."""
    with api_client() as client:
        body = client.files.content(file_id).read()
    if output is None:
        sys.stdout.buffer.write(body)
        sys.stdout.buffer.flush()
    else:
        output.write_bytes(body)


@app.command()
def delete(file_id: FileId) -> None:
    """Delete a file; jobs that use it are not affected."""
    with api_client() as client:
        client.files.delete(file_id)
    out.print(
        worded(
            "cli.models.deleted",
            "Deleted {name}.",
            name=file_id,
        )
    )

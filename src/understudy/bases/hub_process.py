"""A process of its own that downloads one model from the Hugging Face hub, or says why not."""

import json
import sys
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import httpx2
from huggingface_hub import (
    HfApi,
    snapshot_download,  # pyright: ignore[reportUnknownVariableType]  # partly typed
)
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
)

from understudy.bases.hub import MODEL_FILES

_TIMEOUT_SECONDS = 15.0
# Folders hold the same weights once more, in other formats.
_NOT_FOLDERS = "*/*"


def look_up(hub_id: str) -> dict[str, Any]:
    """Return the revision and the bytes of a model, or a `problem`."""
    try:
        info = HfApi().model_info(hub_id, files_metadata=True, timeout=_TIMEOUT_SECONDS)
    except (OSError, httpx2.HTTPError, ValueError) as error:
        return problem_of(error)
    files = [file for file in info.siblings or () if _is_wanted(file.rfilename)]
    return {
        "revision": info.sha,
        "bytes": sum(file.size or 0 for file in files),
        "has_weights": any(file.rfilename.endswith(".safetensors") for file in files),
    }


def download(hub_id: str, revision: str, directory: Path) -> dict[str, Any]:
    """Download one revision; what is there already is not fetched again."""
    try:
        snapshot_download(  # pyright: ignore[reportUnknownVariableType]  # partly typed
            hub_id,
            revision=revision,
            local_dir=directory,
            allow_patterns=list(MODEL_FILES),
            ignore_patterns=[_NOT_FOLDERS],
        )
    except (OSError, httpx2.HTTPError, ValueError) as error:
        return problem_of(error)
    return {}


def _is_wanted(name: str) -> bool:
    return "/" not in name and any(fnmatch(name, pattern) for pattern in MODEL_FILES)


def problem_of(error: Exception) -> dict[str, Any]:
    """Return what an error of the hub's client means, by a word that the parent knows."""
    kinds: tuple[tuple[type[Exception], str], ...] = (
        (HFValidationError, "invalid"),
        (GatedRepoError, "gated"),
        (RepositoryNotFoundError, "absent"),
        (OfflineModeIsEnabled, "unreachable"),
        (LocalEntryNotFoundError, "unreachable"),
        (HfHubHTTPError, "refused"),
        (httpx2.HTTPError, "unreachable"),
    )
    kind = next((word for cls, word in kinds if isinstance(error, cls)), "unreachable")
    return {"problem": kind, "words": " ".join(str(error).split())[:300]}


def main() -> None:
    """Do `look HUB_ID` or `download HUB_ID REVISION DIRECTORY`; print one JSON object."""
    match sys.argv[1:]:
        case ["look", hub_id]:
            result = look_up(hub_id)
        case ["download", hub_id, revision, directory]:
            result = download(hub_id, revision, Path(directory))
        case _:
            sys.exit("usage: look HUB_ID | download HUB_ID REVISION DIRECTORY")
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()

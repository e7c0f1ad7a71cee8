"""Fetches the files of a model from the Hugging Face hub: weights and texts, never code."""

from pathlib import Path

from understudy.errors import UnderstudyError

MODEL_FILES = ("*.safetensors", "*.json", "*.jinja")
"""The files a model needs; everything else, code above all, is left where it is."""


class HubError(UnderstudyError):
    """The model could not be fetched; the text says what to do."""


def fetch_from_hub(hub_id: str, directory: Path) -> None:
    """Download a model into `directory`; a download that was cut short goes on where it stopped.

    Raises HubError when there is no such model, no permission, or no network.
    """
    # Imported here because every other command starts faster without it.
    import httpx2
    from huggingface_hub import (
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

    try:
        snapshot_download(  # pyright: ignore[reportUnknownVariableType]  # partly typed
            hub_id, local_dir=directory, allow_patterns=list(MODEL_FILES)
        )
    except HFValidationError as error:
        raise HubError(
            f"'{hub_id}' is not a hub id such as Qwen/Qwen3-0.6B. For a directory on this machine "
            "add --directory DIR."
        ) from error
    except GatedRepoError as error:
        raise HubError(
            f"'{hub_id}' asks for your consent first: accept its terms on huggingface.co and set "
            "HF_TOKEN."
        ) from error
    except RepositoryNotFoundError as error:
        raise HubError(f"The hub has no public model '{hub_id}'.") from error
    except (
        HfHubHTTPError,
        LocalEntryNotFoundError,
        OfflineModeIsEnabled,
        httpx2.HTTPError,
        OSError,
    ) as error:
        raise HubError(
            f"'{hub_id}' cannot be fetched: the hub cannot be reached from here. Fetch the "
            "model on a machine with a network, copy its directory, and add it with "
            "--directory DIR."
        ) from error

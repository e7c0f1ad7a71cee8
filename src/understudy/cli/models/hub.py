"""Downloads a model from the Hugging Face hub: weights and configuration, never code."""

from pathlib import Path

from understudy.errors import UnderstudyError

MODEL_FILES = ("*.safetensors", "*.json", "*.jinja")
"""The files a model needs; everything else, above all code, is not downloaded."""


class HubError(UnderstudyError):
    """The model could not be downloaded; the text says what to do."""


def fetch_from_hub(hub_id: str, directory: Path) -> None:
    """Download a model into `directory`; an interrupted download continues where it stopped.

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
            f"'{hub_id}' is not a hub ID such as Qwen/Qwen3-0.6B. For a local directory add "
            "--directory DIR."
        ) from error
    except GatedRepoError as error:
        raise HubError(
            f"'{hub_id}' is a gated model: accept its terms on huggingface.co and set HF_TOKEN."
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
            f"'{hub_id}' cannot be downloaded: the hub is unreachable. Download the model on a "
            "machine with network access, copy its directory, and add it with --directory DIR."
        ) from error

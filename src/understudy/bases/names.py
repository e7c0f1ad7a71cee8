"""Which names a base may have."""

import re

from understudy.bases.directory import ModelDirectoryError
from understudy.registry.catalogue import Catalogue

# Colons are reserved for fine-tuned models; as a directory name it must not start with a dot.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)?")


def check_name(name: str, catalogue: Catalogue) -> None:
    """Raise ModelDirectoryError for a name that cannot be used or stands for something else."""
    if not _NAME.fullmatch(name):
        raise ModelDirectoryError(
            f"'{name}' is not a valid model name: use letters, digits, '.', '_' and '-', and "
            "at most one '/', as in Qwen/Qwen3-0.6B."
        )
    if name in catalogue.aliases:
        raise ModelDirectoryError(f"'{name}' is already an alias in understudy.toml.")
    if name in catalogue.remotes:
        raise ModelDirectoryError(f"'{name}' is already a remote model in understudy.toml.")
    if name in catalogue.bases and catalogue.bases[name].is_builtin:
        raise ModelDirectoryError(f"'{name}' is a built-in base model; choose another name.")

"""Which names a base may have."""

import re

from understudy.bases.directory import ModelDirectoryError
from understudy.registry.catalogue import Catalogue
from understudy.wording import worded

# Colons are reserved for fine-tuned models; as a directory name it must not start with a dot.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)?")


def check_name(name: str, catalogue: Catalogue) -> None:
    """Raise ModelDirectoryError for a name that cannot be used or stands for something else."""
    if not _NAME.fullmatch(name):
        raise ModelDirectoryError(
            worded(
                "bases.not_valid_model_name",
                "'{name}' is not a valid model name: use letters, digits, '.', '_' "
                "and '-', and at most one '/', as in Qwen/Qwen3-0.6B.",
                name=name,
            )
        )
    if name in catalogue.aliases:
        raise ModelDirectoryError(
            worded(
                "bases.already_alias_understudy_toml",
                "'{name}' is already an alias in understudy.toml.",
                name=name,
            )
        )
    if name in catalogue.remotes:
        raise ModelDirectoryError(
            worded(
                "bases.already_remote_model_understudy",
                "'{name}' is already a remote model in understudy.toml.",
                name=name,
            )
        )
    if name in catalogue.embedders:
        raise ModelDirectoryError(
            worded(
                "bases.already_embedding_model_understudy",
                "'{name}' is already an embedding model in understudy.toml.",
                name=name,
            )
        )
    if name in catalogue.bases and catalogue.bases[name].is_builtin:
        raise ModelDirectoryError(
            worded(
                "bases.built_base_model_choose",
                "'{name}' is a built-in base model; choose another name.",
                name=name,
            )
        )

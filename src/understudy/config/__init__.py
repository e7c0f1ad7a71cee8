"""Settings of one home directory, read from `understudy.toml`."""

from understudy.config.document import tuning_of_flags
from understudy.config.settings import (
    AnswerKeeping,
    ResultFileEncoding,
    Settings,
    SettingsError,
    WandbAccount,
)
from understudy.config.source import SettingsSource, load_settings

__all__ = [
    "AnswerKeeping",
    "ResultFileEncoding",
    "Settings",
    "SettingsError",
    "SettingsSource",
    "WandbAccount",
    "load_settings",
    "tuning_of_flags",
]

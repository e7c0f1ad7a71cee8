"""What can go wrong when a base is added, besides a directory that may not be registered."""

from understudy.errors import UnderstudyError


class BaseSourceError(UnderstudyError):
    """The source of a base cannot be used: absent, gated, damaged or not to be reached."""


class NoRoomError(UnderstudyError):
    """The disk has less room than the base takes; nothing was begun."""

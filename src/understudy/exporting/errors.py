"""Why a model cannot leave in the format that was asked for."""

from understudy.errors import UnderstudyError


class ExportError(UnderstudyError):
    """The export was refused and nothing of it is left; the text says why and what works."""

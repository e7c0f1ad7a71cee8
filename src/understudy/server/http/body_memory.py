"""How much of the large bodies that are sent here lies in memory at the same time."""

from understudy.errors import OverloadedError
from understudy.wording import worded

_MEBIBYTE = 1024 * 1024
_SMALL_BYTES = _MEBIBYTE
_LARGE_BYTES = 256 * _MEBIBYTE
"""Five of the largest requests that the API takes; parsed, each takes a few times its size."""
_RETRY_SECONDS = 2.0


class BodyMemory:
    """What all requests of a process share. It belongs to one event loop."""

    def __init__(self, *, large_bytes: int = _LARGE_BYTES, small_bytes: int = _SMALL_BYTES) -> None:
        """Allow `large_bytes` in all, beside the first `small_bytes` of each request."""
        self.large_bytes = large_bytes
        self.small_bytes = small_bytes
        self.taken_bytes = 0

    def share(self) -> "BodyShare":
        """Return the share of a request, which ends with the request."""
        return BodyShare(self)


class BodyShare:
    """What the body of one request takes, from its first byte until it is answered."""

    def __init__(self, memory: BodyMemory) -> None:
        self._memory = memory
        self._bytes = 0
        self._taken_bytes = 0

    def grow(self, more_bytes: int) -> None:
        """Take note of bytes that have arrived.

        Raises OverloadedError where other requests leave no place for them. Small requests always
        have their place, and so has the only large one.
        """
        self._bytes += more_bytes
        wanted = max(0, self._bytes - self._memory.small_bytes) - self._taken_bytes
        others = self._memory.taken_bytes - self._taken_bytes
        if others and self._memory.taken_bytes + wanted > self._memory.large_bytes:
            raise OverloadedError(
                worded(
                    "api.server_works_other_large",
                    "This server works on other large requests, of {others} MiB in "
                    "all. Send this one again in a few seconds. Images can also be "
                    "uploaded as files with purpose 'vision' and named by id.",
                    others=others // _MEBIBYTE,
                ),
                retry_after_seconds=_RETRY_SECONDS,
            )
        self._memory.taken_bytes += wanted
        self._taken_bytes += wanted

    def end(self) -> None:
        """Give back what was taken."""
        self._memory.taken_bytes -= self._taken_bytes
        self._taken_bytes = 0

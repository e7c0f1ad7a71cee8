"""Logging set up once per process: one line per record, on standard error."""

import logging
import sys
import time
import traceback

_FORMAT = "%(asctime)s.%(msecs)03dZ %(levelname)-7s %(process)d %(name)s: %(message)s"


def configure_logging(level: int = logging.INFO) -> None:
    """Send the records of this process to standard error, with times in UTC.

    The supervisor collects each child's standard error in `logs/<process>.log`.
    Keys, prompts and file contents are never logged, at any level.
    """
    formatter = logging.Formatter(_FORMAT, datefmt="%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # These libraries log every request at INFO, with addresses and query strings.
    for noisy in ("httpx2", "httpcore2", "urllib3", "openai"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def place_of(error: BaseException) -> str:
    """Return the kind of an error and where it was raised, without its message.

    Messages of libraries quote the user's data.
    """
    frames = "".join(traceback.format_tb(error.__traceback__))
    return f"{type(error).__qualname__}\n{frames}"

"""The sandbox of this machine: chosen when it is first needed, by what is proved to hold."""

import asyncio
import importlib.util
import logging
import sys
import tempfile
from pathlib import Path

from understudy.chat.messages import JsonObject
from understudy.errors import InvalidRequestError
from understudy.graders.grade import GradeErrors, GradingError
from understudy.graders.python_code import Code, CodeResult, Sandbox
from understudy.graders.sandbox import escapes
from understudy.graders.sandbox.failures import unavailable
from understudy.graders.sandbox.limits import SandboxLimits
from understudy.graders.sandbox.restricted import RestrictedSandbox

logger = logging.getLogger(__name__)


class LocalSandbox:
    """Restricted processes where they hold, else Monty where it is installed, else a refusal.

    Belongs to one event loop. Nothing is run in what has not been tried.
    """

    def __init__(self, limits: SandboxLimits, platform: str = sys.platform) -> None:
        self._limits = limits
        self._platform = platform
        self._choosing = asyncio.Lock()
        self._chosen: Sandbox | None = None

    async def check(self, code: Code, *, param: str) -> None:
        """Load the code; raises InvalidRequestError at `param` when that fails."""
        await (await self._sandbox()).check(code, param=param)

    async def grade(self, code: Code, sample: JsonObject, item: JsonObject) -> CodeResult:
        """Call the code's `grade`; raises GradingError."""
        return await (await self._sandbox()).grade(code, sample, item)

    async def close(self) -> None:
        """End all processes."""
        if self._chosen is not None:
            await self._chosen.close()

    async def _sandbox(self) -> Sandbox:
        async with self._choosing:
            if self._chosen is None:
                self._chosen = await choose(self._limits, self._platform)
            return self._chosen


class NoSandbox:
    """Refuses all code."""

    def __init__(self, why: str) -> None:
        self._why = why

    async def check(self, code: Code, *, param: str) -> None:
        """Refuse; raises InvalidRequestError."""
        raise unavailable(self._why, param)

    async def grade(self, code: Code, sample: JsonObject, item: JsonObject) -> CodeResult:
        """Refuse; raises GradingError."""
        raise GradingError(
            unavailable(self._why, None).message,
            GradeErrors(
                python_grader_server_error=True,
                python_grader_server_error_type="python_grader_unavailable",
            ),
        )

    async def close(self) -> None:
        """There is nothing to end."""


async def choose(limits: SandboxLimits, platform: str = sys.platform) -> Sandbox:
    """Return the first sandbox that holds; takes as long as trying it, some tenths of a second."""
    restricted = RestrictedSandbox(limits)
    weakness = f"there is no sandbox of our own for {platform}"
    if platform == "linux":
        weakness = await find_weakness(restricted)
    if weakness is None:
        logger.info("Python graders run in restricted processes")
        return restricted
    await restricted.close()
    if importlib.util.find_spec("pydantic_monty") is not None:
        from understudy.graders.sandbox.monty import MontySandbox  # it need not be installed

        logger.info("Python graders run in Monty, because %s", weakness)
        return MontySandbox(limits)
    logger.warning("Python graders are off, because %s", weakness)
    return NoSandbox(weakness)


async def find_weakness(sandbox: Sandbox) -> str | None:
    """Try every escape in a sandbox for Linux; return what does not hold, None when all does."""
    code = Code(owner="", source=Path(escapes.__file__).read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as directory:
        secret = Path(directory) / "secret"
        secret.write_text("secret")
        # Readable for everybody, so that nothing but the sandbox stands in the way.
        secret.parent.chmod(0o777)
        secret.chmod(0o666)
        try:
            await sandbox.check(code, param="source")
            for attempt in escapes.ATTEMPTS:
                item = {"attempt": attempt, "secret": str(secret)}
                if (await sandbox.grade(code, {}, item)).score != 0:
                    return f"code in its sandbox could {attempt}"
        except (InvalidRequestError, GradingError) as error:
            return f"its sandbox does not work here: {error.message}"
    return None

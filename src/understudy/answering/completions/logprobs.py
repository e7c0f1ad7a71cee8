"""How likely the tokens of a completion were, and where in its text each begins."""

from collections.abc import Sequence

from understudy.answering.completions.plan import TextPlan, TextPrompt
from understudy.answering.logprobs import written_logprob
from understudy.chat.rendering.renderer import ChatRenderer
from understudy.inference.protocol import TokenEvent
from understudy.schemas.completions import TextLogprobs


class LogprobsWriter:
    """Writes the probabilities of one answer, and where in the text each token begins."""

    def __init__(self, plan: TextPlan, prompt: TextPrompt) -> None:
        self._renderer = plan.model.renderer
        self._prompt = prompt
        self._offset = 0 if plan.is_echoed else len(prompt.text)
        self._tokens: list[str] = []
        self._logprobs: list[float | None] = []
        self._top: list[dict[str, float] | None] = []
        self._offsets: list[int] = []

    def add_prompt(self, scored: Sequence[TokenEvent]) -> None:
        """Add the tokens of the prompt, of which all but the first were scored."""
        self._add(self._prompt.ids[0], None, None)
        self.add(scored)
        self._offset = len(self._prompt.text)

    def add(self, tokens: Sequence[TokenEvent]) -> None:
        """Add tokens of the answer."""
        for token in tokens:
            likeliest = (*token.likeliest, (token.token_id, token.logprob))
            top = {_name(self._renderer, id): written_logprob(logprob) for id, logprob in likeliest}
            self._add(token.token_id, written_logprob(token.logprob), top)

    def take(self) -> TextLogprobs:
        """Return what was added since the last time."""
        taken = TextLogprobs(
            tokens=self._tokens,
            token_logprobs=self._logprobs,
            top_logprobs=self._top,
            text_offset=self._offsets,
        )
        self._tokens, self._logprobs, self._top, self._offsets = [], [], [], []
        return taken

    def _add(self, token_id: int, logprob: float | None, top: dict[str, float] | None) -> None:
        self._tokens.append(_name(self._renderer, token_id))
        self._logprobs.append(logprob)
        self._top.append(top)
        self._offsets.append(self._offset)
        self._offset += len(self._renderer.bytes_of(token_id).decode("utf-8", errors="ignore"))


def _name(renderer: ChatRenderer, token_id: int) -> str:
    """Return a token as it is named here: half a character by its bytes."""
    written = renderer.bytes_of(token_id)
    try:
        return written.decode()
    except UnicodeDecodeError:
        return "bytes:" + "".join(f"\\x{byte:02x}" for byte in written)

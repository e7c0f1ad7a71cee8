"""Draws answers from a model while it is trained: the engine's own steps over the very weights."""

from collections import deque
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch

from understudy.errors import InvalidRequestError, JobFailedError, UnderstudyError
from understudy.inference.engine.engine import Engine, Output
from understudy.inference.engine.grammars import CompiledGrammars
from understudy.inference.engine.rows import BatchRow
from understudy.inference.engine.tickets import Ticket
from understudy.inference.forward.adapters import AdapterBank
from understudy.inference.forward.fitting import sampling_forward
from understudy.inference.limits import EngineLimits
from understudy.inference.protocol import (
    FinishEvent,
    Fit,
    GenerateRequest,
    ModelRef,
    Sampling,
    TokenEvent,
)
from understudy.inference.versions import version_of
from understudy.modeling.loading import LoadedBase
from understudy.modeling.lora import held_adapter
from understudy.modeling.recomputation import without_recomputing
from understudy.modeling.vision.language import attend_with
from understudy.planning.execution import Layout
from understudy.training.reinforcement.episodes import Episode
from understudy.training.reinforcement.prompts import RenderedPrompt
from understudy.training.run import use_attention
from understudy.wording import worded

# Siblings begin with the very same prompt, however short.
_WORTH_REUSING = 4
# Other prompts share a template's first words: reading them anew costs less than a step of waiting.
_WORTH_WAITING = 64
_FIT = Fit(is_batched=True, has_packed_layers=False, words="draws answers for training")


@dataclass(frozen=True, kw_only=True)
class Draw:
    """One answer to draw."""

    prompt: RenderedPrompt
    seed: int
    """The same seed, weights and company give the same answer."""
    max_tokens: int


@dataclass
class _Making:
    """An answer in the making."""

    place: int
    draw: Draw
    ids: list[int] = field(default_factory=list[int])
    logprobs: list[float] = field(default_factory=list[float])


class Sampler:
    """Draws from a base while a run changes it; the model is trained and drawn from in turns."""

    def __init__(
        self,
        base: LoadedBase,
        *,
        stop_ids: Sequence[int],
        layout: Layout,
        limits: EngineLimits,
    ) -> None:
        """Find out how the base can be drawn from; `layout` is how it is trained.

        Raises InvalidRequestError for a base whose forward takes no cache.
        """
        fitting = sampling_forward(base.model, base.own_attention, limits)
        if fitting is None:
            raise InvalidRequestError(
                "Its forward takes no cache that grows token by token, so that no answers can be "
                "drawn from it while it is trained.",
                code="model_not_available",
                param="model",
            )
        self._attention, self._new_forward = fitting
        self._base = base
        self._layout = layout
        self._limits = limits
        self._stop_ids = frozenset(stop_ids)
        self._grammars = CompiledGrammars(when_compiled=lambda: None)
        self._version = version_of(str(base.directory), "config.json")

    def draw(
        self,
        draws: Sequence[Draw],
        on_drawn: Callable[[int, Episode], None],
        check_stop: Callable[[], None],
    ) -> None:
        """Draw answers side by side; each is given to `on_drawn` with its place once it ends.

        Raises what `check_stop` raises, and JobFailedError when the weights give no numbers.
        """
        with self._drawing():
            engine = self._engine()
            waiting = deque(enumerate(draws))
            making: dict[Ticket, _Making] = {}
            while waiting or making:
                check_stop()
                while waiting and engine.has_free_row:
                    place, draw = waiting.popleft()
                    ticket = self._ticket(draw)
                    making[ticket] = _Making(place, draw)
                    engine.admit(BatchRow(ticket, None, self._grammars.get(ticket)))
                for output in engine.step():
                    ended = _take(making, output)
                    if ended is not None:
                        on_drawn(*ended)

    @contextmanager
    def _drawing(self) -> Generator[None]:
        """Let the model attend as answers are drawn, and afterwards as it is trained."""
        model = self._base.model
        attend_with(model, self._attention)
        try:
            with without_recomputing(model), held_adapter(model):
                yield
        finally:
            use_attention(self._base, self._layout)

    def _engine(self) -> Engine:
        """Return an engine that remembers nothing of what other weights have read."""
        model = self._base.model
        embeddings = model.get_input_embeddings()
        assert isinstance(embeddings, torch.nn.Embedding), "a causal model starts with an embedding"
        return Engine(
            self._new_forward(),
            AdapterBank(model, limit=1),
            vocabulary=embeddings.num_embeddings,
            weight_bytes=0,
            chunk_tokens=self._limits.chunk_tokens,
            fit=_FIT,
            worth_reusing=_WORTH_REUSING,
            worth_waiting=_WORTH_WAITING,
        )

    def _ticket(self, draw: Draw) -> Ticket:
        grammar = draw.prompt.grammar
        request = GenerateRequest(
            request_id="",
            model=ModelRef(base="", base_directory=str(self._base.directory)),
            prompt_ids=draw.prompt.ids,
            sampling=Sampling(
                temperature=1.0,
                top_p=1.0,
                max_tokens=draw.max_tokens,
                seed=draw.seed,
                stop_ids=tuple(self._stop_ids),
                top_logprobs=0,
                frequency_penalty=0.0,
                presence_penalty=0.0,
                logit_bias=(),
                reports_stop=True,
            ),
            grammar=None if grammar is None else grammar.text,
            reluctant_ids=() if grammar is None else grammar.reluctant_ids,
        )
        return Ticket(request, self._version, None, None if grammar is None else grammar.text)


def _take(making: dict[Ticket, _Making], output: Output) -> tuple[int, Episode] | None:
    """Add what happened to an answer; return it with its place once it has ended."""
    event = output.event
    if isinstance(event, UnderstudyError):
        raise JobFailedError(
            worded("job.no_answer", "An answer could not be drawn: {why}", why=event.message),
            code="sampling_failed",
            param=None,
        )
    one = making[output.ticket]
    if isinstance(event, TokenEvent):
        one.ids.append(event.token_id)
        one.logprobs.append(event.logprob)
    if not isinstance(event, FinishEvent):
        return None
    del making[output.ticket]
    episode = Episode(
        prompt_ids=one.draw.prompt.ids,
        answer_ids=tuple(one.ids),
        logprobs=tuple(one.logprobs),
        is_cut=event.reason == "length",
    )
    return one.place, episode

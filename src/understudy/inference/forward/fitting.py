"""Which forward fits a model: many rows in slots if a trial proves it, else one row at a time."""

import logging
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor
from transformers import PreTrainedModel

from understudy.inference.forward.attention import ATTENTION_NAME
from understudy.inference.forward.forwards import Forward, OwnCacheForward, SlotForward
from understudy.inference.forward.layout import Span
from understudy.inference.forward.packed_linear import (
    can_pack,
    has_packed_layers,
    pack_linear_layers,
    unpack_linear_layers,
)
from understudy.inference.limits import EngineLimits
from understudy.inference.protocol import Fit
from understudy.modeling.free_memory import is_out_of_memory
from understudy.modeling.own_faults import CANNOT_RUN, UnsupportedAttentionError
from understudy.modeling.packing import has_batch_dependent_rope
from understudy.modeling.trials import (
    Agreement,
    in_float32,
    likely_tokens,
    log_probability_gap,
    relative_difference,
)
from understudy.modeling.vision.language import attend_with

_log = logging.getLogger(__name__)

# A prompt in two chunks, then one token.
_CHUNKS = ((0, 5), (5, 10), (10, 11))
_TOKENS = _CHUNKS[-1][1]
_MAX_WORDS = 200
_SEEDS = (0, 1, 2)
"""Rounding is another one for other tokens: one trial that holds is enough."""


@dataclass(frozen=True, kw_only=True)
class FittingForward:
    """A forward with what was found out about its model."""

    forward: Forward
    fit: Fit


class _Outcome(NamedTuple):
    """What a trial found."""

    holds: bool
    words: str
    """The numbers, or why not."""


class _CannotRunError(Exception):
    """A model's forward does not take what we give it; the text says what it said."""


def fitting_forward(
    model: PreTrainedModel, attention: str, context: int, limits: EngineLimits
) -> FittingForward | None:
    """Return the fastest forward that gives the model's own logits, or None if there is none.

    `attention` is the name of the attention function that the model was loaded with.
    """
    with _short_window(model):
        try:
            trials = _Trials(model, OwnCacheForward(model, context=context), attention)
        except _CannotRunError as problem:
            _log.info("%s cannot be served: %s", type(model).__name__, problem)
            return None
        batching = _try_slots(model, trials, lambda: _slots(model, context, limits))
        if batching.holds:
            forward: Forward = _slots(model, context, limits)
        else:
            attend_with(model, attention)
            forward = OwnCacheForward(model, context=context)
        packing = _try_packed_layers(model, trials, forward)
    fit = Fit(
        is_batched=batching.holds, has_packed_layers=packing.holds, words=_words(batching, packing)
    )
    _log.info("%s %s", type(model).__name__, fit.words)
    return FittingForward(forward=forward, fit=fit)


def sampling_forward(
    model: PreTrainedModel, attention: str, limits: EngineLimits
) -> tuple[str, Callable[[], Forward]] | None:
    """Return how to draw answers from a model while it is trained, or None if there is no way.

    It is the name of the attention that the model draws with, and what makes a forward for as long
    as its weights stay the same. The model, which has its own attention, is left as it was.
    """
    context = context_of(model)
    if context is None:
        return None
    with _short_window(model):
        try:
            trials = _Trials(model, OwnCacheForward(model, context=context), attention)
        except _CannotRunError:
            return None
        batching = _try_slots(model, trials, lambda: _slots(model, context, limits))
    attend_with(model, attention)
    if batching.holds:
        return ATTENTION_NAME, lambda: _slots(model, context, limits, remembers=False)
    _log.info("answers are drawn one at a time: %s", batching.words)
    return attention, lambda: OwnCacheForward(model, context=context)


def _slots(
    model: PreTrainedModel, context: int, limits: EngineLimits, *, remembers: bool = True
) -> Forward:
    return SlotForward(
        model,
        context=context,
        row_limit=limits.rows,
        cache_bytes=limits.cache_bytes,
        remembers=remembers,
    )


def _words(batching: _Outcome, packing: _Outcome) -> str:
    first = (
        f"answers many requests together ({batching.words})"
        if batching.holds
        else f"answers one request at a time: {batching.words}"
    )
    second = (
        f"are packed ({packing.words})" if packing.holds else f"stay as they are: {packing.words}"
    )
    return f"{first}; its linear layers {second}"


def is_servable(model: PreTrainedModel) -> bool:
    """Say whether a model that has its own attention can be served, in one way at least."""
    context = context_of(model)
    if context is None:
        return False
    try:
        _run(OwnCacheForward(model, context=context), [0] * _TOKENS)
    except _CannotRunError:
        return False
    return True


def context_of(model: PreTrainedModel) -> int | None:
    """Return how many tokens a model reads at most; None when it does not say."""
    context = getattr(model.config.get_text_config(), "max_position_embeddings", None)
    return int(context) if context else None


@dataclass(frozen=True, kw_only=True)
class _Trial:
    """A text that a model wrote itself, with its own logits: what another way is held to."""

    text: list[int]
    own: Tensor
    """In the model's number format."""
    reference: Tensor
    """In float32."""

    def agreement(self, exact: Tensor, rounded: Tensor) -> Agreement:
        """Compare another way's logits, in float32 and in the model's number format."""
        return Agreement(
            float32_difference=relative_difference(exact, self.reference),
            gap=log_probability_gap(rounded, self.reference),
            own_gap=log_probability_gap(self.own, self.reference),
        )


class _Trials:
    """Trials of one model; a second and third are made only where the first does not hold."""

    def __init__(self, model: PreTrainedModel, own: OwnCacheForward, attention: str) -> None:
        """Raises _CannotRunError when the model does not run with its own cache."""
        self._model = model
        self._attention = attention
        self._own = own
        self._made = [self._make(_SEEDS[0])]

    def judge(self, new: Callable[[], Forward]) -> Agreement:
        """Hold a forward to the model's own; `new` returns one with storage of its own.

        Raises _CannotRunError when the model does not run with it.
        """

        def agreement(trial: _Trial) -> Agreement:
            with in_float32(self._model):
                exact = _run(new(), trial.text)
            return trial.agreement(exact, _run(new(), trial.text))

        return self._best(agreement)

    def judge_rounding(self, forward: Forward) -> Agreement:
        """Hold layers of another layout to the model's own; raises _CannotRunError."""
        return self._best(lambda one: one.agreement(one.reference, _run(forward, one.text)))

    def _best(self, agreement: Callable[[_Trial], Agreement]) -> Agreement:
        found: list[Agreement] = []
        for number, seed in enumerate(_SEEDS):
            if number == len(self._made):
                self._made.append(self._make(seed))
            found.append(agreement(self._made[number]))
            if found[-1].holds:
                break
        return found[-1] if found[-1].holds else min(found, key=lambda one: one.gap)

    def _make(self, seed: int) -> _Trial:
        with _as_loaded(self._model, self._attention):
            with _only_model_faults(self._own):
                text = likely_tokens(self._model, _TOKENS, seed=seed)
            own = _run(self._own, text)
            with in_float32(self._model):
                return _Trial(text=text, own=own, reference=_run(self._own, text))


@contextmanager
def _as_loaded(model: PreTrainedModel, attention: str) -> Generator[None]:
    """Let a model be what it was before it was fitted, as long as the `with` block lasts."""
    fitted = _attention_of(model)
    is_packed = has_packed_layers(model)
    attend_with(model, attention)
    if is_packed:
        unpack_linear_layers(model)
    try:
        yield
    finally:
        attend_with(model, fitted)
        if is_packed:
            pack_linear_layers(model)


def _try_slots(model: PreTrainedModel, trials: _Trials, new: Callable[[], Forward]) -> _Outcome:
    """Leave the model with the attention of slots, and say whether it computes the same."""
    refusal = _why_no_slots(model)
    if refusal is not None:
        return _Outcome(False, refusal)
    attend_with(model, ATTENTION_NAME)
    if _attention_of(model) != ATTENTION_NAME:
        # Older architectures keep their own attention and only log that they do.
        return _Outcome(False, "its architecture has an attention of its own")
    return _outcome(lambda: trials.judge(new))


def _try_packed_layers(model: PreTrainedModel, trials: _Trials, forward: Forward) -> _Outcome:
    """Pack the linear layers if they compute the same."""
    if not can_pack(model):
        return _Outcome(False, "this processor has no layout of its own for their number format")
    pack_linear_layers(model)
    outcome = _outcome(lambda: trials.judge_rounding(forward))
    if not outcome.holds:
        unpack_linear_layers(model)
    return outcome


def _outcome(judge: Callable[[], Agreement]) -> _Outcome:
    try:
        agreement = judge()
    except _CannotRunError as problem:
        return _Outcome(False, str(problem))
    return _Outcome(agreement.holds, agreement.in_words())


def _why_no_slots(model: PreTrainedModel) -> str | None:
    """Say what in the configuration speaks against slots.

    The trial that follows is too short to notice frequencies that change with length, or a window
    that has another name than the one which is shortened for it.
    """
    config = model.config.get_text_config()
    known = {_FULL, _SLIDING} if getattr(config, "sliding_window", None) else {_FULL}
    others = set(getattr(config, "layer_types", None) or ()) - known
    if others:
        return f"it has layers of the kind {', '.join(sorted(others))}"
    # An adapter would have to know which row each stored position belongs to, not only each token.
    if getattr(config, "kv_lora_rank", None):
        return "it computes keys and values anew from what is stored, for all rows at once"
    # Frequencies that follow a batch would let a row change its neighbours' answers.
    if has_batch_dependent_rope(model):
        return "its positions change with the length of the longest request"
    return None


_FULL, _SLIDING = "full_attention", "sliding_attention"
_WINDOW = "sliding_window"
# Shorter than the first chunk of a trial, so that every chunk looks at a part of what is stored.
_TRIAL_WINDOW = 4


@contextmanager
def _short_window(model: PreTrainedModel) -> Generator[None]:
    """Let a model with a sliding window look back so little that a short trial notices it."""
    holders = [model.config.get_text_config(), *model.modules()]
    windows = [(holder, window) for holder in holders if (window := getattr(holder, _WINDOW, None))]
    try:
        for holder, _ in windows:
            setattr(holder, _WINDOW, _TRIAL_WINDOW)
        yield
    finally:
        for holder, window in windows:
            setattr(holder, _WINDOW, window)


def _attention_of(model: PreTrainedModel) -> str:
    return str(model.config._attn_implementation)  # pyright: ignore[reportPrivateUsage]


def _run(forward: Forward, text: list[int]) -> Tensor:
    """Read a text chunk by chunk and return the logits after each; raises _CannotRunError."""
    with _only_model_faults(forward):
        return torch.cat(list(_chunks(forward, text)))


def _chunks(forward: Forward, text: list[int]) -> Iterator[Tensor]:
    for start, stop in _CHUNKS:
        forward.reserve(1, stop)
        yield forward.run([Span(0, start, text[start:stop], is_scored=True)])


@contextmanager
def _only_model_faults(forward: Forward) -> Generator[None]:
    """Turn what a model's forward makes of our arguments into _CannotRunError, and tidy up."""
    try:
        with torch.inference_mode():
            yield
    # A third party's forward may fail on our arguments in any way; the answer is that it does.
    except (UnsupportedAttentionError, *CANNOT_RUN) as problem:
        if is_out_of_memory(problem):
            raise
        raise _CannotRunError(" ".join(str(problem).split())[:_MAX_WORDS]) from problem
    finally:
        forward.clear()

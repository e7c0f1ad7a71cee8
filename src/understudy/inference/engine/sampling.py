"""From logits to the next token of every row; a row's choice depends on nothing but the row.

Dimensions: B rows, R rows that draw, V vocabulary, T tokens of a prompt, K likeliest tokens.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import pad

from understudy.inference.protocol import LikelyToken, Sampling, TokenEvent

_BLOCK = 128
"""Nearly every large vocabulary is a multiple of it."""
_LIKELIEST = 256
"""Sorting the whole vocabulary is slow; nearly always so few tokens hold the nucleus."""
MAX_TOP_LOGPROBS = 20
_MIN_SHARE = 1e-6


@dataclass(frozen=True, kw_only=True)
class RowSampling:
    """How one row chooses."""

    temperature: float
    top_p: float
    uniform: float
    """A number in [0, 1) from the row's own random source; a row at temperature 0 ignores it."""
    top_logprobs: int = 0
    """How many of the likeliest tokens to report."""
    shift_V: Tensor | None = None
    """What is added to the logits before the temperature; None adds nothing."""
    forbidden_V: Tensor | None = None
    """Which tokens may not be chosen; None allows all."""


class Chosen(NamedTuple):
    """One token for every row."""

    tokens: list[int]
    logprobs: list[float]
    """Of the model itself: before temperature, top_p, shifts and what is forbidden."""
    likeliest: list[tuple[LikelyToken, ...]]
    """Of the model itself too; as many for each row as it asked for."""


class LogitShift:
    """What the bias and the penalties of one row add to its logits."""

    def __init__(self, sampling: Sampling, *, vocabulary: int, device: torch.device) -> None:
        self.shift_V = torch.zeros(vocabulary, device=device)
        self._bias = dict(sampling.logit_bias)
        self._frequency, self._presence = sampling.frequency_penalty, sampling.presence_penalty
        self._counts: Counter[int] = Counter()
        if self._bias:
            self.shift_V[list(self._bias)] = torch.tensor([*self._bias.values()], device=device)

    def count(self, token: int) -> None:
        """Take note of a generated token."""
        self._counts[token] += 1
        penalty = self._presence + self._frequency * self._counts[token]
        self.shift_V[token] = self._bias.get(token, 0.0) - penalty


def shifts_logits(sampling: Sampling) -> bool:
    """Whether a row needs a `LogitShift`."""
    return bool(sampling.logit_bias or sampling.frequency_penalty or sampling.presence_penalty)


def choose(logits_BV: Tensor, choices: Sequence[RowSampling]) -> Chosen:
    """Take the likeliest token at temperature 0, otherwise draw one by the row's own number."""
    logits_BV = logits_BV.float()
    probabilities_BV = logits_BV.softmax(-1)
    likeliest_B = _argmax(logits_BV)
    totals_B = _totals(logits_BV, probabilities_BV, likeliest_B)
    shifted_BV = _shifted(logits_BV, choices)
    tokens_B = likeliest_B.clone() if shifted_BV is logits_BV else _argmax(shifted_BV)
    for row, choice in enumerate(choices):
        if choice.temperature == 0 and choice.forbidden_V is not None:
            tokens_B[row] = _argmax(_without(choice.forbidden_V, shifted_BV[row]))[0]
    drawing = [row for row, choice in enumerate(choices) if choice.temperature > 0]
    if len(drawing) == len(choices) and _is_unchanged(choices):
        tokens_B = _draw(_allowed(probabilities_BV, logits_BV, choices), choices)
    elif drawing:
        drawn = [choices[row] for row in drawing]
        logits_RV = shifted_BV[drawing]
        weights_RV = _allowed(_heated(logits_RV, drawn), logits_RV, drawn)
        tokens_B[drawing] = _draw(weights_RV, drawn)
    logprobs_B = _at(logits_BV, tokens_B) - totals_B
    likeliest = _likeliest(logits_BV, totals_B, [choice.top_logprobs for choice in choices])
    return Chosen(tokens_B.tolist(), logprobs_B.tolist(), likeliest)


def score(logits_TV: Tensor, tokens: Sequence[int], top_logprobs: int) -> tuple[TokenEvent, ...]:
    """Return the probabilities of given tokens, each by the logits of the place before it."""
    logits_TV = logits_TV.float()
    totals_T = _totals(logits_TV, logits_TV.softmax(-1), _argmax(logits_TV))
    logprobs_T = _at(logits_TV, torch.tensor(tokens, device=logits_TV.device)) - totals_T
    likeliest = _likeliest(logits_TV, totals_T, [top_logprobs] * len(tokens))
    return tuple(map(TokenEvent, tokens, logprobs_T.tolist(), likeliest))


def _at(values_BV: Tensor, tokens_B: Tensor) -> Tensor:
    return values_BV.gather(1, tokens_B[:, None])[:, 0]


def _totals(logits_BV: Tensor, probabilities_BV: Tensor, likeliest_B: Tensor) -> Tensor:
    """Return the logarithms of the sums of exponentials; torch's own takes twice a softmax."""
    # The likeliest token's probability is never too small for a number.
    return _at(logits_BV, likeliest_B) - _at(probabilities_BV, likeliest_B).log()


def _argmax(values_BV: Tensor) -> Tensor:
    """Return the first of the largest; in two levels a tenth of the time for a large vocabulary."""
    blocks_BKN = _in_blocks(values_BV, -torch.inf)
    block_B1 = blocks_BKN.amax(-1).argmax(-1, keepdim=True)
    block_BN = blocks_BKN.take_along_dim(block_B1[:, :, None], dim=1)[:, 0]
    return block_B1[:, 0] * _BLOCK + block_BN.argmax(-1)


def _in_blocks(values_BV: Tensor, filling: float) -> Tensor:
    missing = -values_BV.shape[-1] % _BLOCK
    padded_BV = pad(values_BV, (0, missing), value=filling) if missing else values_BV
    return padded_BV.unflatten(-1, (-1, _BLOCK))


def _is_unchanged(choices: Sequence[RowSampling]) -> bool:
    """Whether all rows are to be drawn by the model's own probabilities."""
    return all(choice.temperature == 1 and choice.shift_V is None for choice in choices)


def _shifted(logits_BV: Tensor, choices: Sequence[RowSampling]) -> Tensor:
    if all(choice.shift_V is None for choice in choices):
        return logits_BV
    # A copy: the log-probabilities are those of the model itself.
    shifted_BV = logits_BV.clone()
    for row, choice in enumerate(choices):
        if choice.shift_V is not None:
            shifted_BV[row] += choice.shift_V
    return shifted_BV


def _allowed(probabilities_RV: Tensor, logits_RV: Tensor, choices: Sequence[RowSampling]) -> Tensor:
    """Take what is forbidden out of probabilities, in place: copies of all rows cost more."""
    for row, choice in enumerate(choices):
        if choice.forbidden_V is None:
            continue
        probabilities_V = probabilities_RV[row].masked_fill_(choice.forbidden_V, 0)
        left = float(probabilities_V.sum())
        if left > _MIN_SHARE:
            # Only a nucleus is a share of the whole; drawing itself takes any weights.
            if choice.top_p < 1:
                probabilities_V /= left
        else:
            # So little that rounding shows: once more, from the logits of what is allowed.
            allowed_1V = _without(choice.forbidden_V, logits_RV[row])
            probabilities_V.copy_(_heated(allowed_1V, [choice])[0])
    return probabilities_RV


def _without(forbidden_V: Tensor, logits_V: Tensor) -> Tensor:
    return logits_V.masked_fill(forbidden_V, -torch.inf)[None]


def _likeliest(
    logits_BV: Tensor, totals_B: Tensor, counts: Sequence[int]
) -> list[tuple[LikelyToken, ...]]:
    reported: list[tuple[LikelyToken, ...]] = [()] * len(counts)
    asking = [row for row, count in enumerate(counts) if count]
    if not asking:
        return reported
    # Always as many: among equally likely tokens topk may take others when it is asked for fewer.
    logits_BK, tokens_BK = logits_BV[asking].topk(min(MAX_TOP_LOGPROBS, logits_BV.shape[1]))
    logprobs_BK = logits_BK - totals_B[asking][:, None]
    found = zip(asking, tokens_BK.tolist(), logprobs_BK.tolist(), strict=True)
    for row, tokens, logprobs in found:
        likely = map(LikelyToken, tokens, logprobs)
        # Of equals the first id comes first, as it does where the likeliest token is taken.
        ordered = sorted(likely, key=lambda token: (-token.logprob, token.token_id))
        reported[row] = tuple(ordered[: counts[row]])
    return reported


def _heated(logits_RV: Tensor, choices: Sequence[RowSampling]) -> Tensor:
    """Return the probabilities at each row's temperature."""
    temperatures = [[choice.temperature] for choice in choices]
    temperatures_R1 = torch.tensor(temperatures, dtype=torch.float32, device=logits_RV.device)
    # Subtract first: a tiny temperature then gives minus infinity and never NaN.
    scaled_RV = (logits_RV - logits_RV.amax(-1, keepdim=True)).div_(temperatures_R1)
    return scaled_RV.softmax(-1)


def _draw(probabilities_RV: Tensor, choices: Sequence[RowSampling]) -> Tensor:
    uniforms = [[choice.uniform] for choice in choices]
    uniforms_R1 = torch.tensor(uniforms, dtype=torch.float64, device=probabilities_RV.device)
    tokens_R = _invert(probabilities_RV, uniforms_R1)
    for row, choice in enumerate(choices):
        if choice.top_p < 1:
            nucleus_N, tokens_N = _nucleus(probabilities_RV[row], choice.top_p)
            tokens_R[row] = tokens_N[_invert(nucleus_N[None], uniforms_R1[row : row + 1])[0]]
    return tokens_R


def _invert(weights_RN: Tensor, uniforms_R1: Tensor) -> Tensor:
    """Return where each row's cumulated weight first exceeds its share `uniform` of the total."""
    # In two levels: float64 keeps the unlikely tokens of a large vocabulary, and summing blocks
    # first keeps it cheap.
    blocks_RKN = _in_blocks(weights_RN, 0.0)
    block_R1, rest_R1 = _search(blocks_RKN.sum(-1), uniforms_R1)
    block_RN = blocks_RKN.take_along_dim(block_R1[:, :, None], dim=1)[:, 0]
    place_R1, _ = _search(block_RN, rest_R1)
    # A row that is not a number gets any token; the engine ends its answer.
    return (block_R1 * _BLOCK + place_R1)[:, 0].clamp(max=weights_RN.shape[-1] - 1)


def _search(weights_RN: Tensor, uniforms_R1: Tensor) -> tuple[Tensor, Tensor]:
    """Return the place that `_invert` speaks of, and which share of its own weight is left."""
    cumulated_RN = weights_RN.double().cumsum(-1)
    total_R1 = cumulated_RN[:, -1:].contiguous()
    wanted_R1 = uniforms_R1 * total_R1
    # Rounding can take the wanted weight up to the total; the last place that has any is meant.
    last_R1 = torch.searchsorted(cumulated_RN, total_R1)
    # What is not a number is beyond every place.
    last_R1 = last_R1.clamp(max=weights_RN.shape[-1] - 1)
    place_R1 = torch.searchsorted(cumulated_RN, wanted_R1, right=True).minimum(last_R1)
    weight_R1 = weights_RN.gather(1, place_R1).double()
    before_R1 = cumulated_RN.gather(1, place_R1) - weight_R1
    return place_R1, ((wanted_R1 - before_R1) / weight_R1).clamp(0, 1)


def _nucleus(probabilities_V: Tensor, top_p: float) -> tuple[Tensor, Tensor]:
    """Return the fewest likeliest tokens whose probability reaches `top_p`, likeliest first."""
    vocabulary = len(probabilities_V)
    count = min(_LIKELIEST, vocabulary)
    while True:
        values_N, tokens_N = probabilities_V.topk(count)
        kept = int((values_N.double().cumsum(-1) < top_p).sum()) + 1
        # Rounding can leave the whole vocabulary a hair under a top_p close to 1.
        if kept <= count or count == vocabulary:
            return values_N[:kept], tokens_N[:kept]
        count = min(16 * count, vocabulary)

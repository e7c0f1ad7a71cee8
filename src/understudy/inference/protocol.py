"""The plain values that cross the socket between a client and the engine process."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import IntEnum
from typing import Any, Literal, NamedTuple

from pydantic import TypeAdapter

from understudy.chat.images.placing import PlacedImage

Json = Mapping[str, Any]
"""A decoded JSON object from the other end of the socket; both ends are ours."""


@dataclass(frozen=True, kw_only=True)
class ModelRef:
    """Which weights answer: a base, and the adapter on top of it if there is one."""

    base: str
    """The base's name, for messages and statistics."""
    base_directory: str
    adapter: str | None = None
    """The tuned model's name; None together with `adapter_directory` for the base itself."""
    adapter_directory: str | None = None


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """How the next token is chosen and when the answer ends."""

    temperature: float
    """0 or more; 0 takes the likeliest token."""
    top_p: float
    """In (0, 1]: the share of probability that may be drawn from."""
    max_tokens: int
    """At most this many tokens; the model's context ends the answer earlier if it is full. 0 only
    scores the prompt."""
    seed: int | None
    """The same seed, model and prompt give the same answer; None draws afresh."""
    stop_ids: tuple[int, ...]
    """Tokens that end the answer and are not part of it."""
    top_logprobs: int
    """How many of the likeliest tokens to report at every place, at most 20; of the prompt too
    where that is scored."""
    frequency_penalty: float
    """Taken off a token's logit each time that the answer has it already."""
    presence_penalty: float
    """Taken off a token's logit once the answer has it."""
    logit_bias: tuple[tuple[int, float], ...]
    """Token ids and what is added to their logits."""
    reports_stop: bool = False
    """Whether the token that ends the answer is reported as the others are, before the end."""


class Priority(IntEnum):
    """Who goes first; a smaller number is more urgent."""

    INTERACTIVE = 0
    """Somebody waits for the answer."""
    BACKGROUND = 1
    """Work that is watched: evals, judges and teachers."""
    BATCH = 2
    """Work that may take a day."""


@dataclass(frozen=True, kw_only=True)
class GenerateRequest:
    """One answer to one prompt. Several answers (`n`) are several requests."""

    request_id: str
    """For logs and messages; it need not be unique."""
    model: ModelRef
    prompt_ids: tuple[int, ...]
    sampling: Sampling
    prompt_logprobs: bool = False
    """Whether to report the probabilities of the prompt's own tokens, in `PromptEvent`s."""
    scored_from: int = 1
    """The first of the prompt's tokens that is reported, at least 1; what stands before it need
    not be read again where others have read it."""
    grammar: str | None = None
    """What the answer has to be, as llguidance reads it; None for any text."""
    reluctant_ids: tuple[int, ...] = ()
    """Tokens that the grammar lets through only where they are the model's likeliest."""
    images: tuple[PlacedImage, ...] = ()
    """What the prompt shows, and in which of its ids; the bytes are blobs of this home."""
    priority: Priority = Priority.INTERACTIVE
    """Set by the client of the engine, for all that it asks."""


_REQUEST = TypeAdapter(GenerateRequest)


class LikelyToken(NamedTuple):
    """A token that could have been chosen."""

    token_id: int
    logprob: float


@dataclass(frozen=True)
class TokenEvent:
    """One generated token. Stop tokens are reported only to who asked for them."""

    token_id: int
    logprob: float
    """Natural logarithm of the model's own probability: before temperature, top_p, penalties,
    bias and grammar."""
    likeliest: tuple[LikelyToken, ...] = ()
    """As many as the request asked for, likeliest first, with the same kind of logarithm."""


@dataclass(frozen=True, kw_only=True)
class StartEvent:
    """The request has its place and its prompt is being read: always the first event."""

    cached_tokens: int
    """How many tokens of the prompt need not be read, because others have read them."""


@dataclass(frozen=True)
class PromptEvent:
    """The probabilities of a stretch of the prompt, for a request that asked for them.

    They come in order, before the first generated token, and together hold every token of the
    prompt from the one it asked for: by default all but the first, which nothing stands before.
    """

    tokens: tuple[TokenEvent, ...]


@dataclass(frozen=True, kw_only=True)
class FinishEvent:
    """The end of an answer, always the last event."""

    reason: Literal["stop", "length"]
    prompt_tokens: int
    completion_tokens: int
    """Tokens reported before this event."""


Event = StartEvent | PromptEvent | TokenEvent | FinishEvent
"""What becomes of a request: first a `StartEvent`, at last a `FinishEvent`."""


@dataclass(frozen=True, kw_only=True)
class Fit:
    """How a base is served, as trials on the loaded model decided."""

    is_batched: bool
    """Whether many requests share a forward, instead of each waiting for the one before."""
    has_packed_layers: bool
    """Whether its linear layers lie in the processor's own order."""
    words: str
    """The same with the reasons and the numbers, as the end of a sentence about the base."""


@dataclass(frozen=True, kw_only=True)
class EngineStats:
    """What the engine holds and does at this moment."""

    bases: tuple[str, ...]
    """Directories of the resident base models."""
    fits: tuple[Fit, ...]
    """How each of them is served, in the same order."""
    adapters: int
    """Adapters held in memory over all bases."""
    running: int
    """Requests that hold a slot."""
    waiting: int
    """Requests that wait for a slot or for their base to load."""
    generated_tokens: int
    """Since the process started."""
    process_id: int


def request_to_json(request: GenerateRequest) -> Json:
    """Write a request as a JSON object."""
    return asdict(request)


def request_from_json(value: Json) -> GenerateRequest:
    """Read what `request_to_json` wrote; raises ValueError for an object of another shape."""
    return _REQUEST.validate_python(value)


def event_to_json(event: Event) -> Json:
    """Write an event as a JSON object; tokens are short because there are so many of them."""
    match event:
        case TokenEvent():
            return _token_to_json(event)
        case StartEvent():
            return {"cached": event.cached_tokens}
        case PromptEvent():
            return {"prompt": [_token_to_json(token) for token in event.tokens]}
        case FinishEvent():
            return asdict(event)


def event_from_json(value: Json) -> Event:
    """Read what `event_to_json` wrote."""
    if "t" in value:
        return _token_from_json(value)
    if "cached" in value:
        return StartEvent(cached_tokens=value["cached"])
    if "prompt" in value:
        return PromptEvent(tuple(map(_token_from_json, value["prompt"])))
    return FinishEvent(**value)


def _token_to_json(event: TokenEvent) -> Json:
    short = {"t": event.token_id, "l": event.logprob}
    return {**short, "top": event.likeliest} if event.likeliest else short


def _token_from_json(value: Json) -> TokenEvent:
    likeliest = tuple(LikelyToken(*likely) for likely in value.get("top", ()))
    return TokenEvent(value["t"], value["l"], likeliest)


def vectors_to_json(vectors: list[list[float]]) -> Json:
    """Write the vectors of an embedding model as a JSON object."""
    return {"vectors": vectors}


def vectors_from_json(value: Json) -> list[list[float]]:
    """Read what `vectors_to_json` wrote."""
    return value["vectors"]


def stats_to_json(stats: EngineStats) -> Json:
    """Write the engine's statistics as a JSON object."""
    return asdict(stats)


def stats_from_json(value: Json) -> EngineStats:
    """Read what `stats_to_json` wrote."""
    fields = dict(value)
    fits = tuple(Fit(**fit) for fit in fields.pop("fits"))
    return EngineStats(bases=tuple(fields.pop("bases")), fits=fits, **fields)

"""Validated Completions request, defaults applied."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from understudy.answering.models import ServedModel
from understudy.answering.plan import logit_bias_of, stops_of, stream_options_of, top_p_of
from understudy.answering.prompt import MAX_CHARACTERS_PER_TOKEN
from understudy.answering.required import required
from understudy.errors import InvalidRequestError
from understudy.inference.protocol import Sampling
from understudy.schemas.completions import MAX_PROMPTS, CreateCompletion, Prompt
from understudy.wording import worded

_DEFAULT_MAX_TOKENS = 16


@dataclass(frozen=True, kw_only=True)
class TextPrompt:
    """One of the prompts, in the model's own tokens."""

    text: str
    ids: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class TextPlan:
    """How texts are continued."""

    model: ServedModel
    prompts: tuple[TextPrompt, ...]
    choices: int
    """Answers to each prompt that are sent."""
    candidates: int
    """Answers to each prompt that are made; the likeliest of them are sent."""
    is_echoed: bool
    stop: tuple[str, ...]
    sampling: Sampling
    """With the seed of the first answer to a prompt."""
    top_logprobs: int | None
    """How many likely tokens are reported per token; None reports no probabilities at all."""
    is_streamed: bool
    is_usage_streamed: bool
    is_obfuscated: bool
    """Whether the pieces of a stream are padded, so that their lengths reveal little."""

    @property
    def is_prompt_scored(self) -> bool:
        """Whether the probabilities of the prompt's own tokens are sent."""
        return self.is_echoed and self.top_logprobs is not None


def plan_text(request: CreateCompletion, model: ServedModel) -> TextPlan:
    """Validate a request; blocks while prompts are encoded.

    Raises InvalidRequestError for what cannot be followed.
    """
    _refuse_suffix(request)
    choices = request.n or 1
    candidates = choices if request.best_of is None else max(request.best_of, 1)
    _check_candidates(request, choices, candidates)
    max_tokens = _DEFAULT_MAX_TOKENS if request.max_tokens is None else request.max_tokens
    prompts = tuple(_prompts(request, model))
    if len(prompts) * candidates > MAX_PROMPTS:
        raise InvalidRequestError(
            worded(
                "chat.request_asks_answers_but",
                "This request asks for {prompts} answers, but at most {max_prompts} "
                "are made at once; send fewer prompts or lower 'n' and 'best_of'.",
                prompts=len(prompts) * candidates,
                max_prompts=MAX_PROMPTS,
            ),
            code="invalid_value",
            param="prompt",
        )
    for prompt in prompts:
        _check_length(prompt, model.renderer.context_length, max_tokens)
    return TextPlan(
        model=model,
        prompts=prompts,
        choices=choices,
        candidates=candidates,
        is_echoed=bool(request.echo),
        stop=stops_of(request.stop),
        sampling=Sampling(
            temperature=1.0 if request.temperature is None else request.temperature,
            top_p=top_p_of(request.top_p),
            max_tokens=max_tokens,
            seed=request.seed,
            stop_ids=model.renderer.stop_ids,
            top_logprobs=request.logprobs or 0,
            frequency_penalty=request.frequency_penalty or 0.0,
            presence_penalty=request.presence_penalty or 0.0,
            logit_bias=logit_bias_of(request.logit_bias or {}),
        ),
        top_logprobs=request.logprobs,
        is_streamed=bool(request.stream),
        is_usage_streamed=stream_options_of(request).include_usage is True,
        is_obfuscated=stream_options_of(request).include_obfuscation is True,
    )


def _refuse_suffix(request: CreateCompletion) -> None:
    if request.suffix:
        raise InvalidRequestError(
            worded(
                "chat.unsupported_parameter_uffix_not",
                "Unsupported parameter: 'suffix' is not supported by this server, "
                "whose models only continue a text; leave it out.",
            ),
            code="unsupported_parameter",
            param="suffix",
        )


def _check_candidates(request: CreateCompletion, choices: int, candidates: int) -> None:
    if candidates < choices:
        raise InvalidRequestError(
            worded(
                "chat.you_requested_server_return",
                "You requested that the server return more choices than it will "
                "generate (HINT: 'best_of' must be greater than or equal to 'n').",
            ),
            code="invalid_value",
            param="best_of",
        )
    if request.stream and candidates > choices:
        raise InvalidRequestError(
            worded(
                "chat.best_answers_known_only",
                "The best answers are known only at the end, so 'best_of' greater "
                "than 'n' cannot be streamed.",
            ),
            code="invalid_value",
            param="best_of",
        )


def _prompts(request: CreateCompletion, model: ServedModel) -> Iterator[TextPrompt]:
    parts = _parts(required(request.prompt, "prompt"))
    for index, part in enumerate(parts):
        path = f"prompt[{index}]" if len(parts) > 1 else "prompt"
        if isinstance(part, str):
            yield _encoded(part, model, path)
        else:
            yield TextPrompt(text=model.renderer.decode(part), ids=tuple(part))


def _parts(prompt: Prompt) -> Sequence[str | Sequence[int]]:
    """Return the prompts one by one, each a text or tokens."""
    if isinstance(prompt, str):
        return [prompt]
    tokens = [part for part in prompt if isinstance(part, int)]
    return [tokens] if tokens else [part for part in prompt if not isinstance(part, int)]


def _encoded(text: str, model: ServedModel, path: str) -> TextPrompt:
    longest = model.renderer.context_length
    # Encoding takes seconds for texts that no context could hold: refuse these unread.
    if len(text) > longest * MAX_CHARACTERS_PER_TOKEN:
        raise InvalidRequestError(
            worded(
                "chat.model_maximum_context_length_2",
                "This model's maximum context length is {longest} tokens, however "
                "your prompt has {words} characters. Please reduce your prompt.",
                longest=longest,
                words=len(text),
            ),
            code="context_length_exceeded",
            param=path,
        )
    ids = tuple(model.renderer.text_ids(text))
    if not ids:
        raise InvalidRequestError(
            worded(
                "chat.empty_model_no_token",
                "Invalid '{path}': it is empty, and this model has no token that "
                "begins a text, so there is nothing to continue.",
                path=path,
            ),
            code="invalid_value",
            param=path,
        )
    return TextPrompt(text=text, ids=ids)


def _check_length(prompt: TextPrompt, longest: int, max_tokens: int) -> None:
    read = len(prompt.ids)
    if read + max_tokens > longest:
        raise InvalidRequestError(
            worded(
                "chat.model_maximum_context_length",
                "This model's maximum context length is {longest} tokens, however "
                "you requested {read} tokens ({read2} in your prompt; {max_tokens} "
                "for the completion). Please reduce your prompt; or completion "
                "length.",
                longest=longest,
                read=read + max_tokens,
                read2=read,
                max_tokens=max_tokens,
            ),
            code="context_length_exceeded",
            param="prompt",
        )

"""What may stand in `understudy.toml`, and a sentence about the first thing that may not."""

import json
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from understudy.config.remote_models import RemoteModelTable
from understudy.config.safety import SafetyTable, ScreeningTable
from understudy.config.settings import EngineChoice, ResultFileEncoding, SettingsError
from understudy.memory_amounts import MemoryAmount, read_memory_amount
from understudy.registry.tuning import FullTuning, LoraTuning, TrainedWeights, Tuning

_MAX_RANK = 1024
_MAX_DAYS = 36_500
# What OpenAI gives a sample.
_MAX_GRADER_SECONDS = 120.0
# Less would end what only waits its turn on a busy machine.
_MIN_HANG_SECONDS = 3.0
_USUAL = LoraTuning()

_Text = Annotated[str, Field(min_length=1)]


class _Table(BaseModel):
    """A table of the file. The description of a field says what to write, after its name."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class KeepingTable(_Table):
    """Which answers are stored; what is None is as it is everywhere else."""

    keep_answers_days: int | None = Field(
        default=None,
        ge=1,
        le=_MAX_DAYS,
        description=f"must be a whole number from 1 to {_MAX_DAYS}",
    )
    store_by_default: bool | None = Field(default=None, description="must be true or false")
    store_share: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="must be a number from 0 to 1, for example store_share = 0.05",
    )

    @model_validator(mode="after")
    def _is_said_once(self) -> Self:
        if self.store_by_default is not None and self.store_share is not None:
            raise PydanticCustomError(
                "said_twice", "store_by_default and store_share say the same; write one of them"
            )
        return self

    @property
    def share(self) -> float | None:
        """The share of the chat completions to store whose requests do not say."""
        return self.store_share if self.store_by_default is None else float(self.store_by_default)


class ProjectTable(KeepingTable):
    """What is different for one project."""

    safety: ScreeningTable = Field(
        default=ScreeningTable(), description="must be a table, [projects.NAME.safety]"
    )


class TuningTable(_Table):
    """How a base model is trained."""

    training: TrainedWeights | None = Field(
        default=None, strict=False, description='must be "lora" or "full"'
    )
    lora_rank: int | None = Field(
        default=None,
        ge=1,
        le=_MAX_RANK,
        description=f"must be a whole number from 1 to {_MAX_RANK}",
    )
    lora_alpha: float | None = Field(
        default=None, gt=0, allow_inf_nan=False, description="must be a number above 0"
    )
    lora_targets: list[_Text] | None = Field(
        default=None, description='must be a list such as ["q_proj", "v_proj"]'
    )

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        useless = sorted(self.model_fields_set & {"lora_rank", "lora_alpha", "lora_targets"})
        if self.training is TrainedWeights.FULL and useless:
            raise PydanticCustomError(
                "useless", '{key} means nothing with training = "full"', {"key": useless[0]}
            )
        return self

    def tuning(self) -> Tuning:
        """Return the decided tuning."""
        if self.training is TrainedWeights.FULL:
            return FullTuning()
        rank = _USUAL.rank if self.lora_rank is None else self.lora_rank
        return LoraTuning(
            rank=rank,
            alpha=2.0 * rank if self.lora_alpha is None else self.lora_alpha,
            targets=tuple(sorted(set(self.lora_targets or ()))),
        )


class ModelTable(TuningTable):
    """A base model that was added, or how a built-in one is trained."""

    directory: _Text | None = Field(
        default=None, description='must be a path, for example directory = "/data/model"'
    )

    template_date: date | None = Field(
        default=None,
        strict=False,
        description='must be a day, for example template_date = "2024-07-26"',
    )

    split_turns: bool | None = Field(default=None, description="must be true or false")

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        # A built-in base has its directory already; whether it is one is not known here.
        if not self.model_fields_set:
            raise PydanticCustomError("empty", 'needs a line such as directory = "/data/model"')
        return self

    @property
    def has_tuning(self) -> bool:
        """Whether anything is said of the base's training."""
        return bool(self.model_fields_set & set(TuningTable.model_fields))


class AliasTable(_Table):
    """A base under another name, and what is ignored under that name."""

    base: _Text
    ignore: list[Literal["reasoning_effort", "verbosity"]] = []


class EmbeddingTable(_Table):
    """An embedding model of this server."""

    directory: _Text = Field(
        description='must be a path, for example directory = "/data/all-minilm-l6-v2"'
    )


class WandbTable(_Table):
    """How jobs report to Weights & Biases."""

    api_key: _Text | None = Field(default=None, description="must be a text")
    mode: Literal["online", "offline"] = Field(
        default="online", description='must be "online" or "offline"'
    )
    base_url: _Text | None = Field(default=None, description="must be a text")


class WebhooksTable(_Table):
    """Where webhooks may be sent."""

    private_addresses: bool = Field(default=False, description="must be true or false")


_MEMORY = 'must be a size or a share of the free memory, for example {} = "{}"'


# What is no text is refused by the check for an amount, which comes after.
_Memory = Annotated[
    MemoryAmount,
    BeforeValidator(lambda text: read_memory_amount(text) if isinstance(text, str) else text),
]


class EngineTable(_Table):
    """How much the engine may take on."""

    rows: int = Field(
        default=32, ge=1, le=1024, description="must be a whole number from 1 to 1024"
    )
    waiting: int = Field(
        default=256, ge=1, le=100_000, description="must be a whole number from 1 to 100000"
    )
    wait_seconds: float = Field(
        default=120.0, gt=0, le=3600, description="must be a number above 0 and at most 3600"
    )
    adapters: int = Field(
        default=64, ge=1, le=10_000, description="must be a whole number from 1 to 10000"
    )
    cache_memory: _Memory = Field(
        default=read_memory_amount("10%"), description=_MEMORY.format("cache_memory", "4 GiB")
    )
    base_memory: _Memory = Field(
        default=read_memory_amount("40%"), description=_MEMORY.format("base_memory", "40%")
    )

    def choice(self) -> EngineChoice:
        """Return what is said here as a setting."""
        return EngineChoice(
            rows=self.rows,
            waiting=self.waiting,
            wait_seconds=self.wait_seconds,
            adapters=self.adapters,
            cache_memory=self.cache_memory,
            base_memory=self.base_memory,
        )


class HangsTable(_Table):
    """When a process of the server counts as hung."""

    idle_seconds: float = Field(
        default=45.0,
        ge=_MIN_HANG_SECONDS,
        allow_inf_nan=False,
        description=f"must be a number of seconds, at least {_MIN_HANG_SECONDS:g}",
    )
    busy_seconds: float = Field(
        default=1800.0,
        ge=_MIN_HANG_SECONDS,
        allow_inf_nan=False,
        description=f"must be a number of seconds, at least {_MIN_HANG_SECONDS:g}",
    )


class SettingsDocument(KeepingTable):
    """The whole file."""

    organization: _Text = Field(
        default="personal", description='must be a text, for example organization = "personal"'
    )
    result_file_encoding: ResultFileEncoding = Field(
        default=ResultFileEncoding.BASE64, strict=False, description='must be "base64" or "plain"'
    )
    database_url: _Text | None = Field(
        default=None,
        description="must be a text, for example "
        'database_url = "postgresql://localhost/understudy"',
    )
    python_grader_seconds: float = Field(
        default=10.0,
        gt=0,
        le=_MAX_GRADER_SECONDS,
        description=f"must be a number above 0 and at most {_MAX_GRADER_SECONDS:g}, for example "
        "python_grader_seconds = 10",
    )
    fetch_images: bool = Field(default=False, description="must be true or false")
    cosine_model: _Text | None = Field(
        default=None,
        description="must be the name of an embedding model, for example "
        'cosine_model = "text-embedding-3-small"',
    )
    embedding_models: dict[_Text, EmbeddingTable] = Field(
        default={},
        description='must be tables, one [embedding_models."NAME"] for each of this server',
    )
    projects: dict[str, ProjectTable] = Field(
        default={}, description="must be tables, one [projects.NAME] for each project"
    )
    aliases: dict[_Text, _Text | AliasTable] = Field(
        default={},
        description="must be a table, [aliases], of lines such as "
        '"gpt-4.1-nano-2025-04-14" = "understudy-mini"',
    )
    models: dict[str, ModelTable] = Field(
        default={}, description='must be tables, one [models."NAME"] for each base'
    )
    remote_models: dict[_Text, RemoteModelTable] = Field(
        default={},
        description='must be tables, one [remote_models."NAME"] for each model of another server',
    )
    webhooks: WebhooksTable = Field(
        default=WebhooksTable(), description="must be a table, [webhooks], of private_addresses"
    )
    engine: EngineTable = Field(
        default=EngineTable(),
        description='must be a table, [engine], with a line such as cache_memory = "4 GiB"',
    )
    safety: SafetyTable = Field(
        default=SafetyTable(),
        description='must be a table, [safety], with a line such as release = "hold"',
    )
    hangs: HangsTable = Field(
        default=HangsTable(),
        description="must be a table, [hangs], of idle_seconds and busy_seconds",
    )
    wandb: WandbTable = Field(
        default=WandbTable(), description="must be a table, [wandb], of api_key, mode and base_url"
    )


def read_document(content: dict[str, Any]) -> SettingsDocument:
    """Check the content of a file. Raises SettingsError with the first place that is wrong."""
    try:
        return SettingsDocument.model_validate(content)
    except ValidationError as error:
        raise SettingsError(_sentence(SettingsDocument, error)) from error


def tuning_of_flags(flags: dict[str, Any]) -> Tuning:
    """Decide a tuning from the lines that a `[models."NAME"]` would have, without its directory.

    Raises SettingsError, in words for the person who wrote them.
    """
    try:
        return TuningTable.model_validate(flags).tuning()
    except ValidationError as error:
        raise SettingsError(_sentence(TuningTable, error)) from error


_TABLES: dict[str, type[BaseModel]] = {
    "projects": ProjectTable,
    "models": ModelTable,
    "remote_models": RemoteModelTable,
    "embedding_models": EmbeddingTable,
}


_SINGLE_TABLES: dict[str, type[BaseModel]] = {
    "engine": EngineTable,
    "hangs": HangsTable,
    "wandb": WandbTable,
    "webhooks": WebhooksTable,
}


_ALIAS = (
    'must be the name of a base, or a table such as { base = "understudy-mini", '
    'ignore = ["reasoning_effort", "verbosity"] }, in which these two can be ignored'
)


def _sentence(model: type[BaseModel], error: ValidationError) -> str:
    """Say of the first mistake where it stands and what to write instead."""
    # Neither the input, which may be a secret, nor a link belongs into what is shown.
    first = error.errors(include_url=False)[0]
    match first["loc"]:
        case ("aliases", str(name), *_):
            return f'[aliases] "{name}" {_ALIAS}.'
        case ("projects", str(name), "safety", *steps):
            place, model = f'[projects."{name}".safety] ', ScreeningTable
        case ("safety", *steps):
            place, model = "[safety] ", SafetyTable
        case (str(kind), str(name), *steps) if kind in _TABLES:
            place, model = f'[{kind}."{name}"] ', _TABLES[kind]
        case (str(kind), str(key)) if kind in _SINGLE_TABLES:
            place, model, steps = f"[{kind}] ", _SINGLE_TABLES[kind], [key]
        case steps:
            place = ""
    if not steps:
        return f"{place}{_of_the_table(first)}."
    key = str(steps[0])
    if first["type"] == "extra_forbidden":
        known = ", ".join(sorted(model.model_fields))
        return f"{place}'{key}' is not a setting; known are {known}."
    is_choice = first["type"] in ("enum", "literal_error")
    found = f", not {json.dumps(first['input'], default=str)}" if is_choice else ""
    return f"{place}{key} {model.model_fields[key].description}{found}."


def _of_the_table(error: ErrorDetails) -> str:
    is_table = error["type"] != "model_type"
    return error["msg"] if is_table else "must be a table, with a line for each of its settings"

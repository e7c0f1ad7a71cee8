"""What may stand in the table `[safety]`, and in `[projects.NAME.safety]`, of `understudy.toml`."""

from collections.abc import Collection, Mapping
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from understudy.config.releases import ReleaseTable
from understudy.config.settings import SettingsError
from understudy.registry.moderation import (
    GuardFamily,
    ModeratorChoice,
    ModeratorKind,
    ScreeningAction,
    ScreeningMode,
    ScreeningPolicy,
    guard_family_of,
)
from understudy.schemas.moderations import MODERATION_CATEGORIES

_FAMILIES = ", ".join(family.value for family in GuardFamily)
_KINDS = tuple(kind.value for kind in ModeratorKind)
_MAX_SAMPLE = 1_000_000
_MAX_TIMEOUT_SECONDS = 3600
_MAX_AT_ONCE = 64
_SHARE = Annotated[float, Field(ge=0, le=1)]


def _moderator(text: str) -> str:
    kind, colon, model = text.partition(":")
    if text != "none" and (kind not in _KINDS or not colon or not model):
        raise PydanticCustomError("moderator", "no moderation model")
    return text


def _category(text: str) -> str:
    if text not in MODERATION_CATEGORIES:
        raise PydanticCustomError("category", "no category")
    return text


_Category = Annotated[str, AfterValidator(_category)]
_CATEGORIES = f"categories are {', '.join(MODERATION_CATEGORIES)}"


class ScreeningTable(ReleaseTable):
    """What is screened; what is None is as it is everywhere else."""

    screening: ScreeningMode | None = Field(
        default=None, strict=False, description='must be "off", "sample" or "all"'
    )
    screening_sample: int | None = Field(
        default=None,
        ge=1,
        le=_MAX_SAMPLE,
        description=f"must be a whole number from 1 to {_MAX_SAMPLE}",
    )
    screening_action: ScreeningAction | None = Field(
        default=None, strict=False, description='must be "warn" or "block"'
    )
    blocked_share: _SHARE | None = Field(
        default=None, description="must be a number from 0 to 1, for example blocked_share = 0.01"
    )
    zero_tolerance: list[_Category] | None = Field(
        default=None,
        description=f'must be a list such as ["sexual/minors"]; {_CATEGORIES}',
    )
    thresholds: dict[_Category, _SHARE] | None = Field(
        default=None,
        description="must be a table of scores from 0 to 1, for example "
        f'thresholds = {{ "hate" = 0.7 }}; {_CATEGORIES}',
    )
    require_screening: bool | None = Field(default=None, description="must be true or false")

    def policy(self, usual: ScreeningPolicy) -> ScreeningPolicy:
        """Return the decided policy, with what is not said here as it is usually."""
        said, tolerated = self.thresholds, self.zero_tolerance
        required = self.require_screening
        return ScreeningPolicy(
            mode=self.screening or usual.mode,
            sample=self.screening_sample or usual.sample,
            action=self.screening_action or usual.action,
            blocked_share=usual.blocked_share if self.blocked_share is None else self.blocked_share,
            zero_tolerance=usual.zero_tolerance if tolerated is None else tuple(tolerated),
            thresholds=usual.thresholds if said is None else said,
            is_required=usual.is_required if required is None else required,
        )


USUAL_SCREENING = ScreeningPolicy(
    mode=ScreeningMode.SAMPLE,
    sample=1000,
    action=ScreeningAction.WARN,
    blocked_share=0.01,
    zero_tolerance=("sexual/minors",),
    thresholds={},
    is_required=False,
)


class SafetyTable(ScreeningTable):
    """The moderation model of a home, what is screened with it, and which models are released."""

    moderator: Annotated[str, AfterValidator(_moderator)] = Field(
        default="none",
        description='must be "none", "local:BASE" for a guard model that is a base of this '
        'server, "judge:MODEL" for a chat model with a written policy, or "remote:NAME" for one '
        "of [remote_models]",
    )
    guard: GuardFamily | None = Field(
        default=None, strict=False, description=f"must be one of {_FAMILIES}"
    )
    policy_file: Annotated[str, Field(min_length=1)] | None = Field(
        default=None, description='must be a path, for example policy_file = "policy.md"'
    )
    timeout_seconds: float = Field(
        default=60.0,
        gt=0,
        le=_MAX_TIMEOUT_SECONDS,
        description=f"must be a number above 0 and at most {_MAX_TIMEOUT_SECONDS}",
    )
    at_once: int = Field(
        default=4,
        ge=1,
        le=_MAX_AT_ONCE,
        description=f"must be a whole number from 1 to {_MAX_AT_ONCE}",
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        kind, family = self._kind, self._family
        if self.guard is not None and kind is not ModeratorKind.LOCAL:
            raise PydanticCustomError("guard", 'guard means nothing without moderator = "local:…"')
        if kind is ModeratorKind.LOCAL and family is None:
            raise PydanticCustomError(
                "guard",
                "the name of this base does not say how it is asked; add a line such as "
                'guard = "qwen3guard", which is one of {families}, or use "judge:…" for a chat '
                "model that is no guard",
                {"families": _FAMILIES},
            )
        takes_policy = kind is ModeratorKind.JUDGE or (family is not None and family.takes_policy)
        if self.policy_file is not None and not takes_policy:
            raise PydanticCustomError(
                "policy", "policy_file means nothing here: this moderation model has its own policy"
            )
        return self

    @property
    def _kind(self) -> ModeratorKind | None:
        kind = self.moderator.partition(":")[0]
        return None if kind == "none" else ModeratorKind(kind)

    @property
    def _model(self) -> str:
        return self.moderator.partition(":")[2]

    @property
    def _family(self) -> GuardFamily | None:
        if self._kind is not ModeratorKind.LOCAL:
            return None
        return self.guard or guard_family_of(self._model)

    def choice(self, policy: str | None) -> ModeratorChoice | None:
        """Return the decided moderation model; `policy` is the text of `policy_file`."""
        if self._kind is None:
            return None
        return ModeratorChoice(
            kind=self._kind,
            model=self._model,
            guard=self._family,
            policy=policy,
            timeout_seconds=self.timeout_seconds,
            at_once=self.at_once,
        )


def check_choice(
    choice: ModeratorChoice | None, own: Collection[str], remotes: Mapping[str, bool]
) -> None:
    """Raise SettingsError where a moderation model is none of the home's.

    `own` are the bases and aliases of this server; `remotes` are names of remote models, and
    whether each is one for moderations.
    """
    if choice is None:
        return
    wanted = f'[safety] moderator is "{choice.kind}:{choice.model}", but '
    if choice.kind is ModeratorKind.REMOTE and not remotes.get(choice.model, False):
        raise SettingsError(
            f'{wanted}[remote_models."{choice.model}"] with task = "moderation" is not there.'
        )
    is_chat_remote = remotes.get(choice.model) is False
    is_own = choice.model in own
    if choice.kind is ModeratorKind.LOCAL and not is_own:
        raise SettingsError(
            f"{wanted}there is no base of that name; add it with 'understudy models add', or name "
            "one of those that are there."
        )
    if choice.kind is ModeratorKind.JUDGE and not (is_own or is_chat_remote):
        raise SettingsError(f"{wanted}neither a base nor a remote chat model has that name.")

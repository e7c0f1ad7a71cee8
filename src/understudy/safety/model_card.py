"""The card of a tuned model: what it was made of, by whom, and what was checked and what not."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from understudy.safety.release import CheckState, CheckStatus


@dataclass(frozen=True, kw_only=True)
class CardFile:
    """A file that a model was trained or validated on."""

    role: str
    """"training" or "validation"."""
    file_id: str
    filename: str | None
    """None once the file was deleted; its hash stays."""
    sha256: str


@dataclass(frozen=True, kw_only=True)
class CardScreening:
    """How much of the training file a moderation model judged before it was trained on."""

    moderator: str | None
    total: int
    screened: int
    """Lines of which all was judged."""
    flagged: int
    reason: str | None
    """Why nothing, or not all, was screened."""

    @property
    def checked(self) -> str | None:
        """What was screened, in a sentence; None where nothing was."""
        if not self.screened:
            return None
        return (
            f"The training file: {self.moderator} judged {self.screened:,} of its {self.total:,} "
            f"lines and flagged {self.flagged:,}."
        )

    @property
    def not_checked(self) -> str | None:
        """What was not screened, in a sentence; None where every line was judged."""
        if not self.screened:
            return (
                f"The training file was not screened: {(self.reason or 'no reason').rstrip('.')}."
            )
        if self.screened == self.total:
            return None
        why = self.reason or "they are no part of the sample, or could not be judged"
        return (
            f"{self.total - self.screened:,} of the {self.total:,} lines of the training file were "
            f"not screened: {why.rstrip('.')}."
        )


NO_SCREENING = CardScreening(
    moderator=None, total=0, screened=0, flagged=0, reason="the job is older than screenings"
)
"""Of a job of which no screening is recorded."""


@dataclass(frozen=True, kw_only=True)
class CardRelease:
    """A release, as the card shows it."""

    created_at: int
    key_name: str
    reason: str
    held_because: str
    is_current: bool


@dataclass(frozen=True, kw_only=True)
class ModelCard:
    """What is recorded of how a model came to be."""

    model: str
    kind: str
    """"final" or "checkpoint"."""
    created_at: int
    base: str
    started_from: str
    """The base under the name asked for, or the tuned model that was continued."""
    job_id: str
    step: int
    weights_sha256: str | None
    """Of the manifest that lists the SHA-256 of every file of the model."""
    method: str
    hyperparameters: Mapping[str, Any]
    trained: Mapping[str, Any]
    """Adapter or all weights, as `registry/tuning` writes it."""
    seed: int
    trained_tokens: int | None
    safety_mix: float | None
    teacher: str | None
    files: tuple[CardFile, ...]
    screening: CardScreening
    created_by: Mapping[str, str] | None
    """The key that created the job; None where that was not recorded."""
    organization: str
    system_prompt: str | None
    state: CheckState
    checked_at: int | None
    result: Mapping[str, Any] | None
    releases: tuple[CardRelease, ...]

    @property
    def checked(self) -> tuple[str, ...]:
        """Return what was checked, in sentences."""
        screened = () if self.screening.checked is None else (self.screening.checked,)
        return (*screened, *self._asked)

    @property
    def _asked(self) -> tuple[str, ...]:
        if self.result is None:
            return ()
        results: Sequence[Mapping[str, Any]] = self.result["results"]
        judged = [each["category"] for each in results if not each["not_evaluated"]]
        said = [
            f"{self.result['probes']} probes and as many harmless twins, declined or not by "
            f"{self.result['refusal_rules']}: {self.result['sentence']}"
        ]
        if judged:
            said.append(f"Answers judged by {self.result['moderator']} in: {', '.join(judged)}.")
        return tuple(said)

    @property
    def not_checked(self) -> tuple[str, ...]:
        """Return what was not checked, in sentences; there is always something."""
        said = [] if self.screening.not_checked is None else [self.screening.not_checked]
        if any(each.role == "validation" for each in self.files):
            said.append("The validation file was not screened, as no weights are learned from it.")
        if self.state.status is not CheckStatus.COMPLETED or self.result is None:
            reason = {
                CheckStatus.NOT_CHECKED: "nobody asked for a check",
                CheckStatus.QUEUED: "its check is not finished",
            }.get(self.state.status, self.state.error or "its check came to no result")
            said.append(f"Not screened: {reason.rstrip('.')}.")
        else:
            said.extend(self.result["gaps"])
        said.append(
            "Only single requests in English and Chinese are asked; longer conversations, tools, "
            "images, other languages and attempts to get round a refusal are not."
        )
        return tuple(said)

    def to_json(self) -> dict[str, Any]:
        """Return the card for programs."""
        return {
            "object": "x.model.card",
            "model": self.model,
            "kind": self.kind,
            "created_at": self.created_at,
            "base": self.base,
            "started_from": self.started_from,
            "organization": self.organization,
            "weights_manifest_sha256": self.weights_sha256,
            "training": {
                "job_id": self.job_id,
                "step": self.step,
                "method": self.method,
                "hyperparameters": dict(self.hyperparameters),
                "trained": dict(self.trained),
                "seed": self.seed,
                "trained_tokens": self.trained_tokens,
                "safety_mix": self.safety_mix,
                "teacher": self.teacher,
                "created_by": None if self.created_by is None else dict(self.created_by),
                "files": [vars(each) for each in self.files],
            },
            "system_prompt": self.system_prompt,
            "check": {
                "status": self.state.status.value,
                "finished_at": self.checked_at,
                "is_screened": self.state.is_screened,
                "found": self.state.found,
                "error": self.state.error,
                "results": None if self.result is None else self.result["results"],
            },
            "checked": list(self.checked),
            "not_checked": list(self.not_checked),
            "releases": [vars(each) for each in self.releases],
        }

    def markdown(self) -> str:
        """Return the sections of a README that say where the model comes from."""
        return "\n".join(
            [
                "## Provenance\n",
                *self._origin(),
                "\n## Safety checks\n",
                *_list("Checked", self.checked),
                *_list("Not checked", self.not_checked),
                *self._found(),
                *(f"{note}\n" for note in self._notes),
                *(self._release(each) for each in self.releases),
            ]
        )

    def _origin(self) -> list[str]:
        by = "not recorded"
        if self.created_by is not None:
            by = f"the key {_code(self.created_by['name'])} ({self.created_by['id']})"
        rows = [
            ("model", _code(self.model)),
            ("base", _code(self.base)),
            ("training started from", _code(self.started_from)),
            ("job, step", f"{self.job_id}, {self.step}"),
            ("created by", by),
            ("method", self.method),
            ("hyperparameters", _code(json.dumps(dict(self.hyperparameters)))),
            ("seed", str(self.seed)),
            ("safe demonstrations mixed in", str(self.safety_mix or "none")),
            ("manifest of the weights, SHA-256", self.weights_sha256 or "not recorded"),
            *((f"{each.role} file, SHA-256", each.sha256) for each in self.files),
        ]
        return ["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)]

    @property
    def _notes(self) -> tuple[str, ...]:
        return () if self.result is None else tuple(self.result["notes"])

    def _found(self) -> list[str]:
        return [] if self.state.found is None else [f"Found: {self.state.found}.\n"]

    def _release(self, each: CardRelease) -> str:
        day = datetime.fromtimestamp(each.created_at, UTC).date().isoformat()
        void = "" if each.is_current else " (of an earlier check; it counts no more)"
        reason = " ".join(each.reason.split())
        return (
            f"Released on {day} by the key {_code(each.key_name)}{void}: {reason} It was held "
            f"because {each.held_because}.\n"
        )


def _list(title: str, said: Sequence[str]) -> list[str]:
    return [f"{title}:\n", *(f"* {one}" for one in said or ("nothing",)), ""]


def _code(text: str) -> str:
    """Write a text of a user so that it breaks no table and no line."""
    plain = " ".join(text.split()).replace("`", "'").replace("|", "\\|")
    return f"`{plain}`"

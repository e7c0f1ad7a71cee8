"""The options of `understudy jobs create` that belong to one training method, made its request."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from understudy.schemas.fine_tuning.reinforcement import ReasoningEffort


class JobMethod(StrEnum):
    """How a job learns."""

    SUPERVISED = "supervised"
    DPO = "dpo"
    REINFORCEMENT = "reinforcement"


MethodName = Annotated[
    JobMethod,
    typer.Option(
        help="supervised; dpo for pairs of answers; reinforcement for answers that are graded."
    ),
]
SplitTurns = Annotated[
    bool | None,
    typer.Option(
        "--split-turns/--whole",
        help="Split examples that the chat template rewrites; by default as the base is set.",
    ),
]
SafetyMix = Annotated[
    float | None,
    typer.Option(
        min=0.0,
        max=0.5,
        help="Share of the trained examples that are shipped safe demonstrations, such as 0.03.",
    ),
]
_DPO, _GRADED = "Method dpo", "Method reinforcement"
Beta = Annotated[
    float | None,
    typer.Option(
        help="How closely the model is held to where it started; auto if omitted.",
        rich_help_panel=_DPO,
    ),
]
GraderFile = Annotated[
    Path | None,
    typer.Option("--grader", help="JSON file of the grader.", rich_help_panel=_GRADED),
]
ShadowFile = Annotated[
    Path | None,
    typer.Option(
        "--shadow-grader",
        help="JSON file of a grader that watches held-out answers and trains nothing.",
        rich_help_panel=_GRADED,
    ),
]
FormatFile = Annotated[
    Path | None,
    typer.Option(
        "--response-format",
        help="JSON file of the form that answers are held to.",
        rich_help_panel=_GRADED,
    ),
]
ComputeMultiplier = Annotated[
    float | None,
    typer.Option(
        help="1 draws 8 answers to each prompt; auto if omitted.", rich_help_panel=_GRADED
    ),
]
EvalInterval = Annotated[
    int | None,
    typer.Option(help="Steps between validations; auto if omitted.", rich_help_panel=_GRADED),
]
EvalSamples = Annotated[
    int | None,
    typer.Option(help="Answers to each held-out prompt; auto if omitted.", rich_help_panel=_GRADED),
]
Effort = Annotated[
    ReasoningEffort | None,
    typer.Option(help="How much the model may think.", rich_help_panel=_GRADED),
]
MaxCompletionTokens = Annotated[
    int | None,
    typer.Option(help="Tokens of an answer at most; auto if omitted.", rich_help_panel=_GRADED),
]
Preflight = Annotated[
    bool,
    typer.Option(
        "--preflight/--no-preflight",
        help="End where the model's first answers show that nothing can be learned.",
        rich_help_panel=_GRADED,
    ),
]


def hyperparameters(**given: float | str | None) -> dict[str, Any]:
    """Return what is sent: what was left out is for the server to choose."""
    return {name: value for name, value in given.items() if value is not None}


def method_request(
    method: JobMethod,
    common: dict[str, Any],
    *,
    beta: float | None,
    grader: Path | None,
    shadow_grader: Path | None,
    response_format: Path | None,
    graded: dict[str, Any],
    preflight: bool,
    split_turns: bool | None,
    safety_mix: float | None,
) -> dict[str, Any]:
    """Return the request's `method`; raises BadParameter for an option of another method."""
    if beta is not None and method is not JobMethod.DPO:
        raise typer.BadParameter("--beta goes with --method dpo.")
    if split_turns is not None and method is not JobMethod.SUPERVISED:
        raise typer.BadParameter("--split-turns and --whole go with --method supervised.")
    if safety_mix is not None and method is not JobMethod.SUPERVISED:
        raise typer.BadParameter("--safety-mix goes with --method supervised.")
    files = {
        "grader": grader,
        "shadow_grader": shadow_grader,
        "response_format": response_format,
    }
    used = {name for name, file in files.items() if file is not None} | graded.keys()
    if not preflight:
        used.add("no_preflight")
    if used and method is not JobMethod.REINFORCEMENT:
        option = min(used).replace("_", "-")
        raise typer.BadParameter(f"--{option} goes with --method reinforcement.")
    if method is JobMethod.DPO:
        common = {**common, **hyperparameters(beta=beta)}
    settings: dict[str, Any] = {"hyperparameters": {**common, **graded}}
    if split_turns is not None:
        settings["split_turns"] = split_turns
    if safety_mix is not None:
        settings["safety_mix"] = safety_mix
    if method is JobMethod.REINFORCEMENT:
        if grader is None:
            raise typer.BadParameter("--method reinforcement needs --grader FILE.")
        settings |= {name: _read_object(file) for name, file in files.items() if file is not None}
        if not preflight:
            settings["preflight"] = False
    return {"type": str(method), str(method): settings}


def _read_object(file: Path) -> dict[str, Any]:
    try:
        value = json.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        raise typer.BadParameter(f"{file} cannot be read as JSON: {error}") from error
    if not isinstance(value, dict):
        raise typer.BadParameter(f"{file} holds no JSON object.")
    return cast("dict[str, Any]", value)

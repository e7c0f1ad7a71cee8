"""`understudy distill`: from stored answers to a student, in one command."""

from pathlib import Path
from typing import Annotated, Any

import typer
from openai import OpenAI

from understudy.cli.client import api_client
from understudy.cli.console import out
from understudy.cli.distill.following import follow_distillation
from understudy.cli.distill.selection import (
    LearningMethod,
    keep_if_of,
    method_of,
    questions_of,
    selected_of,
    source_of,
)
from understudy.cli.distill.tables import print_counts, print_outcome
from understudy.cli.evals.api import get, post
from understudy.registry.catalogue import DEFAULT_BASE

_PATH = "/x/distillations"


def distill(
    conditions: Annotated[
        list[str] | None,
        typer.Option(
            "--from", help="Condition on stored answers, such as 'metadata[task]=triage'."
        ),
    ] = None,
    teacher: Annotated[
        str | None, typer.Option(help="Only answers of this model, such as gpt-4.1.")
    ] = None,
    student: Annotated[
        str, typer.Option(help="Base model or fine-tuned model to train.")
    ] = DEFAULT_BASE,
    keep_if: Annotated[
        str | None,
        typer.Option(help="Keep answers with at least this score: GRADER.json>=0.8."),
    ] = None,
    responses: Annotated[
        bool, typer.Option("--responses", help="Stored responses instead of chat completions.")
    ] = False,
    questions: Annotated[
        str | None,
        typer.Option(help="Questions for the teacher: path of a local file, or a file ID."),
    ] = None,
    instructions: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="File with a system prompt that the teacher reads and the student never.",
        ),
    ] = None,
    max_answer: Annotated[
        int | None,
        typer.Option(
            "--max-answer-tokens",
            min=1,
            help="Longest answer of the teacher to a question; a longer one is not learned.",
        ),
    ] = None,
    ids: Annotated[
        Path | None,
        typer.Option(
            exists=True, dir_okay=False, help="File with IDs of stored answers, one a line."
        ),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="At most so many answers, the newest first.")
    ] = None,
    dedup: Annotated[bool, typer.Option(help="Leave out near-duplicates.")] = True,
    keep_refusals: Annotated[bool, typer.Option(help="Learn refusals too.")] = False,
    redact: Annotated[
        bool, typer.Option("--redact", help="Replace personal data and secrets by placeholders.")
    ] = False,
    validation: Annotated[
        float, typer.Option(min=0.01, max=0.9, help="Share of the answers to hold out.")
    ] = 0.2,
    seed: Annotated[int, typer.Option(min=0, help="Random seed of the split and the job.")] = 0,
    method: Annotated[
        LearningMethod,
        typer.Option(
            help="What is learned: the answers of any teacher, or, of one of this server, its "
            "probabilities of the answers or of what the student says (on_policy)."
        ),
    ] = LearningMethod.ANSWERS,
    temperature: Annotated[
        float | None, typer.Option(help="Of the probabilities that are compared; 1 if omitted.")
    ] = None,
    top_k: Annotated[
        int | None,
        typer.Option("--top-k", help="Tokens whose probabilities are kept; 20 if omitted."),
    ] = None,
    mix: Annotated[
        float | None,
        typer.Option(help="Share of the answers' cross-entropy in the loss; 0 if omitted."),
    ] = None,
    max_tokens: Annotated[
        int | None,
        typer.Option("--max-tokens", help="Longest sample of the student; 256 if omitted."),
    ] = None,
    n_epochs: Annotated[
        int | None, typer.Option(min=1, max=50, help="Epochs of the job; auto if omitted.")
    ] = None,
    suffix: Annotated[str | None, typer.Option(help="Added to the student's name.")] = None,
    preview: Annotated[
        bool, typer.Option("--preview", help="Show what would be learned, and make nothing.")
    ] = False,
    detach: Annotated[bool, typer.Option("--detach", help="Print the ID and do not wait.")] = False,
) -> None:
    """Train a small model on the stored answers of a large one, and compare them."""
    if questions is None and instructions is not None:
        raise typer.BadParameter("--instructions goes with --questions.")
    if questions is None and max_answer is not None:
        raise typer.BadParameter("--max-answer-tokens goes with --questions.")
    if ids is not None and (conditions or questions or limit):
        raise typer.BadParameter("--ids names the answers: leave the other conditions out.")
    body: dict[str, Any] = {
        "source": source_of(conditions or [], responses=responses, limit=limit),
        "student": student,
        "deduplicate": dedup,
        "keep_refusals": keep_refusals,
        "redact": redact,
        "validation": validation,
        "seed": seed,
    }
    if ids is not None:
        body["source"] = selected_of(ids)
    if n_epochs is not None:
        body["hyperparameters"] = {"n_epochs": n_epochs}
    settings = {
        "temperature": temperature,
        "top_k": top_k,
        "mix": mix,
        "max_tokens": max_tokens,
    }
    body["method"] = method_of(method, settings)
    given = {"teacher": teacher, "suffix": suffix}
    body |= {name: value for name, value in given.items() if value is not None}
    if keep_if is not None:
        body["keep_if"] = keep_if_of(keep_if)
    with api_client() as client:
        if questions is not None:
            body["source"] = questions_of(client, questions, instructions, limit, max_answer)
        if preview:
            print_counts(post(client, f"{_PATH}/preview", body)["counts"])
            return
        made = post(client, _PATH, body)
        out.print(made["id"])
        if not detach:
            _show_end(client, made["id"])


def _show_end(client: OpenAI, distillation_id: str) -> None:
    ended = follow_distillation(lambda: get(client, f"{_PATH}/{distillation_id}"))
    print_outcome(client, ended)
    if ended["status"] != "succeeded":
        raise typer.Exit(1)

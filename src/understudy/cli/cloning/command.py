"""`understudy clone`: a model here learns to behave as a model elsewhere, and takes its name."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from openai import OpenAI

from understudy.cli.client import api_client
from understudy.cli.cloning.batch import ask_in_batch
from understudy.cli.cloning.prompts import Material, Prompt, gather
from understudy.cli.cloning.report import print_agreement
from understudy.cli.cloning.teacher import (
    Estimate,
    estimate,
    find_remote,
    has_stopped,
    name_part,
    no_remote,
    stops_at,
)
from understudy.cli.console import out, problems
from understudy.cli.distill.following import follow_distillation
from understudy.cli.distill.tables import print_outcome
from understudy.cli.evals.api import Json, get, post
from understudy.cli.importing.account import OPENAI, open_account
from understudy.cli.models.aliasing import put_alias
from understudy.data.files.validate import MIN_TRAINING_EXAMPLES
from understudy.errors import InvalidRequestError
from understudy.registry.catalogue import DEFAULT_BASE
from understudy.schemas.distillations import MAX_ANSWERS

_PATH = "/x/distillations"
_MARK = "clone_of"


def clone(
    old: Annotated[
        str, typer.Argument(help="Whole name of the old model, such as ft:gpt-4o-mini-…")
    ],
    base: Annotated[str, typer.Option(help="Base model here to train.")] = DEFAULT_BASE,
    file: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="JSONL with more prompts."),
    ] = None,
    live: Annotated[
        bool | None,
        typer.Option(
            "--live/--stored",
            help="Ask the old model, or learn from answers that are here. "
            "Default: ask it until the day on which it stops.",
        ),
    ] = None,
    batch: Annotated[
        bool,
        typer.Option(
            "--batch",
            help="Ask through the Batch API of the account in OPENAI_ACCOUNT_KEY: half the price, "
            "within a day.",
        ),
    ] = False,
    account_url: Annotated[str, typer.Option(help="The API of that account.")] = OPENAI,
    validation: Annotated[
        float, typer.Option(min=0.01, max=0.9, help="Share of the prompts to hold out.")
    ] = 0.2,
    seed: Annotated[int, typer.Option(min=0, help="Random seed of the split and the job.")] = 0,
    n_epochs: Annotated[
        int | None, typer.Option(min=1, max=50, help="Epochs of the job; auto if omitted.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Ask for no confirmation.")] = False,
    alias: Annotated[
        bool,
        typer.Option("--alias", help="Let the new model answer under the old name, if better."),
    ] = False,
    follow: Annotated[
        str | None,
        typer.Option(help="Follow this distillation of an earlier call instead of a new one."),
    ] = None,
) -> None:
    """Teach a base here what an old model answers, and report how often they agree.

    Prompts come from its imported training file, its stored completions and a file.
    Exit codes: 0 done, 1 there is no new model, 3 it is no better than its base, so no alias.
    """
    if batch and live is not None:
        raise typer.BadParameter("--batch asks the old model: leave --live and --stored out.")
    if follow is not None and (file is not None or live is not None or batch):
        raise typer.BadParameter("--follow makes nothing new: leave --file, --live, --stored out.")
    with api_client() as client:
        if alias:
            _check_name(client, old)
        if follow is None:
            how = _How(live=live, batch_url=account_url if batch else None, is_sure=yes)
            body = _request(client, old, file, how, validation=validation)
            suffix = name_part(old)
            body |= {"student": base, "validation": validation, "seed": seed}
            if n_epochs is not None:
                body["hyperparameters"] = {"n_epochs": n_epochs}
            body |= {"metadata": {_MARK: old}, **({"suffix": suffix} if suffix else {})}
            follow = str(post(client, _PATH, body)["id"])
            out.print(
                f"{follow} continues on the server; after a break, add --follow {follow}",
                soft_wrap=True,
            )
        _check_follow(client, old, follow)
        _finish(client, old, follow, is_alias=alias)


def _check_name(client: OpenAI, old: str) -> None:
    """Refuse before anything is spent what the alias would be refused for at the end."""
    for model in get(client, "/models")["data"]:
        if model["id"] == old and "alias_of" not in model:
            raise InvalidRequestError(
                f"'{old}' is the name of a model here, so it cannot become an alias. Give the table"
                f' [remote_models."{old}"] another name, with the line model = "{old}".'
            )


def _check_follow(client: OpenAI, old: str, distillation_id: str) -> None:
    metadata = get(client, f"{_PATH}/{distillation_id}")["request"].get("metadata") or {}
    if metadata.get(_MARK) != old:
        raise InvalidRequestError(
            f"{distillation_id} is no clone of {old}, so it cannot be followed as one."
        )


@dataclass(frozen=True, kw_only=True)
class _How:
    """In which way the answers are had."""

    live: bool | None
    batch_url: str | None
    """The API whose Batch is asked; None where it is not."""
    is_sure: bool


def _request(
    client: OpenAI, old: str, file: Path | None, how: _How, *, validation: float
) -> dict[str, Any]:
    live = how.live
    material = gather(client, old, file)
    _print_material(material)
    prompts = list(material.prompts.values())
    day, remote = stops_at(client, old), find_remote(client, old)
    if live is None and has_stopped(day):
        out.print(f"{old} stopped on {day}.", markup=False)
        live = False
    if remote is not None and not remote["remote"]["may_train"]:
        raise InvalidRequestError(
            f"The remote model {remote['id']} is marked with may_train = false: whoever runs this "
            f"server says that its terms forbid to train on its answers, so {old} is not cloned."
        )
    if live is False:
        return _stored_source(client, old, prompts, validation)
    if remote is None:
        raise no_remote(old)
    _check_count(len(prompts), validation)
    _print_estimate(estimate(prompts, remote), remote, is_batch=how.batch_url is not None)
    if not how.is_sure:
        typer.confirm("Ask it?", abort=True)
    if how.batch_url is not None:
        with open_account(how.batch_url) as account:
            calls = ask_in_batch(account, old, prompts)
        out.print(f"{len(calls)} of {len(prompts)} prompts were answered.")
        _check_count(len(calls), validation)
        return _import_calls(client, old, calls)
    source = {"type": "questions", "file_id": _upload(client, (each.question for each in prompts))}
    return {"source": source, "teacher": remote["id"]}


def _stored_source(
    client: OpenAI, old: str, prompts: Collection[Prompt], validation: float
) -> dict[str, Any]:
    """Store the known answers, and return the source that finds them."""
    answered = [each for each in prompts if each.answer is not None]
    own = sum(each.answered_by == old for each in answered)
    out.print(
        f"Nobody is asked. {own} answers that the old model gave teach, and {len(answered) - own} "
        "answers of files, which it may or may not have given.",
        soft_wrap=True,
    )
    if len(answered) < len(prompts):
        out.print(f"{len(prompts) - len(answered)} prompts have no answer and are left out.")
    _check_count(len(answered), validation)
    return _import_calls(client, old, (each.pair for each in answered))


def _import_calls(client: OpenAI, old: str, calls: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Store calls as completions of a mark, and return the source that finds them."""
    uploaded = _upload(client, calls)
    try:
        request = {"file_id": uploaded, "metadata": {_MARK: old}, "partial": True}
        made = post(client, "/x/chat/completions/import", request)
    finally:
        client.files.delete(uploaded)
    for each in made["problems"]:
        problems.print(each["message"], markup=False)
    return {"source": {"type": "stored_completions", "metadata": {_MARK: old}}}


def _check_count(count: int, validation: float) -> None:
    if int(count * (1 - validation)) < MIN_TRAINING_EXAMPLES:
        raise InvalidRequestError(
            f"{count} prompts are too few: {MIN_TRAINING_EXAMPLES} are needed besides the "
            "share that is held out. Give more with --file."
        )
    if count > MAX_ANSWERS:
        raise InvalidRequestError(
            f"{count:,} prompts are more than the {MAX_ANSWERS:,} that one distillation takes."
        )


def _upload(client: OpenAI, lines: Iterable[Mapping[str, Any]]) -> str:
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    file = ("prompts.jsonl", text.encode())
    return client.files.create(file=file, purpose="user_data").id


def _print_material(material: Material) -> None:
    for remark in material.remarks:
        problems.print(remark, markup=False, soft_wrap=True)
    parts = ", ".join(f"{count} of {source}" for source, count in material.counts.items())
    out.print(f"{len(material.prompts)} prompts, each once: {parts}.", markup=False)


def _print_estimate(found: Estimate, remote: Json, *, is_batch: bool) -> None:
    tokens = f"about {found.tokens_in:,} tokens of prompts"
    if found.tokens_out is not None:
        tokens += f" and {found.tokens_out:,} of answers"
    name, host = remote["id"], remote["remote"]["host"]
    out.print(
        f"{name} ({host}) would be asked: {found.requests:,} requests, {tokens}.", markup=False
    )
    if found.price is not None:
        half = ", in a batch half of it" if is_batch else ""
        out.print(f"That costs about {found.price:,.2f}{half}, by its price_in and price_out.")
    else:
        out.print("What it costs is not known: price_in and price_out would say it.", style="dim")
    out.print("Whether its terms allow training on its answers is for you to know.", style="dim")


def _finish(client: OpenAI, old: str, distillation_id: str, *, is_alias: bool) -> None:
    ended = follow_distillation(lambda: get(client, f"{_PATH}/{distillation_id}"))
    print_outcome(client, ended)
    if ended["status"] != "succeeded":
        raise typer.Exit(1)
    print_agreement(client, ended)
    new = str(client.fine_tuning.jobs.retrieve(ended["job_id"]).fine_tuned_model)
    command = f"understudy models alias {old} {new}"
    if not is_alias:
        out.print(f"To let it answer under the old name: {command}", markup=False, soft_wrap=True)
    elif ended["result"]["verdict"] != "better":
        problems.print(
            f"It is not shown to be better than its base, so it does not get the old name. To "
            f"give it all the same: {command}",
            markup=False,
            soft_wrap=True,
        )
        raise typer.Exit(3)
    else:
        put_alias(client, old, new)
        out.print(f"{old} is answered by {new} now.", markup=False, soft_wrap=True)

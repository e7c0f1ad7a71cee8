"""Who teaches: the old model while it can be asked, else the answers that are known here."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast
from urllib.parse import quote

from openai import NotFoundError, OpenAI

from understudy.cli.cloning.prompts import Prompt
from understudy.cli.evals.api import Json, get
from understudy.errors import InvalidRequestError

_CHARACTERS_A_TOKEN = 4


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """About what asking the old model takes."""

    requests: int
    tokens_in: int
    tokens_out: int | None
    """None where no answer is known to measure by."""
    price: float | None
    """None where the operator did not say what tokens cost."""


def find_remote(client: OpenAI, old: str) -> Json | None:
    """Return the remote model here that asks for the old one, or None."""
    for model in get(client, "/models")["data"]:
        remote = model.get("remote")
        if remote is not None and remote["model"] == old and model.get("task") is None:
            return model
    return None


def stops_at(client: OpenAI, old: str) -> str | None:
    """Return the day on which the old model stops, where the import recorded one."""
    try:
        record = get(client, f"/x/history/models/{quote(old, safe=':')}")
    except NotFoundError:
        return None
    day = record["object"].get("shutdown_date")
    return day if isinstance(day, str) else None


def has_stopped(day: str | None) -> bool:
    """Say whether that day is over; the days are written so that they sort as texts."""
    return day is not None and day <= datetime.now(UTC).date().isoformat()


def no_remote(old: str) -> InvalidRequestError:
    """Return the error that says how the old model becomes one that can be asked."""
    suffix = name_part(old) or "model"
    return InvalidRequestError(
        f"No remote model here asks for {old}. Add these lines to understudy.toml, put the "
        "account's key into the environment of 'understudy serve', and run the command again:\n\n"
        f'[remote_models."old-{suffix}"]\n'
        'base_url = "https://api.openai.com/v1"\n'
        'api_key_env = "OPENAI_ACCOUNT_KEY"\n'
        f'model = "{old}"\n\n'
        "Where the model cannot be asked any more, --stored learns from the answers that are here."
    )


def name_part(old: str) -> str:
    """Return the suffix in `ft:base:organization:suffix:id`; empty where there is none."""
    parts = old.split(":")
    return parts[3] if parts[0] == "ft" and len(parts) > 3 else ""


def estimate(prompts: Collection[Prompt], remote: Json) -> Estimate:
    """Return about what it takes to ask each prompt once; a token is about four characters."""
    count = len(prompts)
    letters_in = sum(_letters(each.question) for each in prompts)
    answers = [_letters(each.answer) for each in prompts if each.answer is not None]
    tokens_in = letters_in // _CHARACTERS_A_TOKEN
    tokens_out = None
    if answers:
        tokens_out = round(sum(answers) / len(answers) * count / _CHARACTERS_A_TOKEN)
    price_in, price_out = remote["remote"]["price_in"], remote["remote"]["price_out"]
    price = None
    if tokens_out is not None and price_in is not None and price_out is not None:
        price = (tokens_in * price_in + tokens_out * price_out) / 1_000_000
    return Estimate(requests=count, tokens_in=tokens_in, tokens_out=tokens_out, price=price)


def _letters(value: Any) -> int:
    """Return the length of all texts in a value, without keys and roles."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        given = cast("dict[str, Any]", value)
        return sum(_letters(each) for key, each in given.items() if key != "role")
    if isinstance(value, list):
        return sum(map(_letters, cast("list[Any]", value)))
    return 0

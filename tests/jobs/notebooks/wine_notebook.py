"""The steps of OpenAI's notebook on distillation as a script; nothing in it knows where it runs.

Source: OpenAI Cookbook, "Leveraging model distillation to fine-tune a model". Its wines are a
download, these a CSV file. What it does by hand in the dashboard lies between the two parts.

    python wine_notebook.py before WINES.csv
    python wine_notebook.py after WINES.csv JOB_ID
"""

import csv
import json
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from openai import OpenAI

MODELS = ("gpt-4o", "gpt-4o-mini")
METADATA = {"distillation": "wine-distillation"}
SOMMELIER = (
    "You're a sommelier expert and you know everything about wine. You answer precisely with the "
    "name of the variety/blend."
)

Wine = dict[str, str]


def response_format(varieties: Sequence[str]) -> dict[str, Any]:
    """Only the name of a variety can be answered."""
    schema = {
        "type": "object",
        "properties": {"variety": {"type": "string", "enum": list(varieties)}},
        "additionalProperties": False,
        "required": ["variety"],
    }
    named = {"name": "grape-variety", "schema": schema, "strict": True}
    return {"type": "json_schema", "json_schema": named}


def prompt(wine: Wine, varieties: Sequence[str]) -> str:
    """What a model is asked about a wine."""
    return (
        "Based on this wine review, guess the grape variety:\n"
        f"This wine is produced by {wine['winery']} in the {wine['province']} region of France. "
        f'It is described as: "{wine["description"]}".\n'
        f"Here is a list of possible grape varieties to choose from: {', '.join(varieties)}.\n"
        "What is the likely grape variety? Answer only with the name from the list."
    )


def guess(client: OpenAI, model: str, wine: Wine, varieties: Sequence[str]) -> str:
    """Ask a model, and let its answer be stored."""
    response = client.chat.completions.create(
        model=model,
        store=True,
        metadata=METADATA,
        messages=[
            {"role": "system", "content": SOMMELIER},
            {"role": "user", "content": prompt(wine, varieties)},
        ],
        response_format=response_format(varieties),
    )
    return json.loads((response.choices[0].message.content or "").strip())["variety"]


def accuracies(
    client: OpenAI, models: Sequence[str], wines: Sequence[Wine], varieties: Sequence[str]
) -> None:
    """Write how often each model is right."""
    for model in models:
        with ThreadPoolExecutor(8) as pool:
            asked = [pool.submit(guess, client, model, wine, varieties) for wine in wines]
            guesses = [one.result() for one in asked]
        right = sum(one == wine["variety"] for one, wine in zip(guesses, wines, strict=True))
        sys.stdout.write(f"{model}\t{right / len(wines):.4f}\n")


def main() -> None:
    """Do the part that the command line names."""
    part, path, *job = sys.argv[1:]
    client = OpenAI()
    with Path(path).open(newline="") as file:
        wines = list(csv.DictReader(file))
    varieties = sorted({wine["variety"] for wine in wines})
    if part == "before":
        accuracies(client, MODELS, [wine for wine in wines if wine["part"] == "first"], varieties)
        return
    done = client.fine_tuning.jobs.retrieve(job[0])
    assert done.status == "succeeded", done.status
    assert done.fine_tuned_model is not None
    rest = [wine for wine in wines if wine["part"] == "second"]
    accuracies(client, (*MODELS, done.fine_tuned_model), rest, varieties)


if __name__ == "__main__":
    main()

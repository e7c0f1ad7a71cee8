"""The steps of OpenAI's notebook on classification as a script; nothing in it knows where it runs.

Source: OpenAI Cookbook, "Fine tuning classification example". Its posts of two newsgroups are a
download, these are made up. Prints what is asked of each, tab, the answer.

    python classification_notebook.py DIRECTORY TOKENS_PER_LABEL
"""

import json
import random
import sys
import time
from pathlib import Path

import pandas as pd
from openai import OpenAI

MODEL = "babbage-002"
SAID = {
    "hockey": (
        "the goalie stopped the puck on the ice",
        "the Canucks won in overtime",
        "it was a slap shot from the blue line",
        "he was sent off for high sticking",
    ),
    "baseball": (
        "the pitcher threw a fastball",
        "the Yankees lost again",
        "it was a double play at second base",
        "he hit a home run in the ninth inning",
    ),
}
POSTS = ("From: fan{}\nSubject: game\n\nI think that {}.", "Re: game {}\n\nDid you see? {}!")


def posts(count: int) -> pd.DataFrame:
    """Prompts that end with a separator, and labels that begin with a space."""
    rng = random.Random(3)
    rows = []
    for number in range(count):
        sport = ("hockey", "baseball")[number % 2]
        post = rng.choice(POSTS).format(rng.randrange(100), rng.choice(SAID[sport]))
        rows.append({"prompt": f"{post}\n\n###\n\n", "completion": f" {sport}"})
    return pd.DataFrame(rows)


def say(what: str, answer: object) -> None:
    """Write one line of what was found."""
    sys.stdout.write(f"{what}\t{answer}\n")


def main(directory: Path, tokens_per_label: int) -> None:
    """Train, read the result file, and classify what was held out."""
    client = OpenAI()
    made = posts(60)
    train, valid, result = (
        directory / name for name in ("sport2_train.jsonl", "sport2_valid.jsonl", "result.csv")
    )
    made[:48].to_json(train, orient="records", lines=True)
    made[48:].to_json(valid, orient="records", lines=True)
    train_file = client.files.create(file=train.open("rb"), purpose="fine-tune")
    valid_file = client.files.create(file=valid.open("rb"), purpose="fine-tune")
    job = client.fine_tuning.jobs.create(
        training_file=train_file.id, validation_file=valid_file.id, model=MODEL
    )
    while job.status not in ("succeeded", "failed", "cancelled"):
        time.sleep(1)
        job = client.fine_tuning.jobs.retrieve(job.id)
    assert job.status == "succeeded", job.error

    result_file = client.files.retrieve(job.result_files[0])
    content = client.files.content(result_file.id)
    result.write_bytes(content.text.encode("utf-8"))
    results = pd.read_csv(result)
    last = results[results["train_accuracy"].notnull()].tail(1)
    say("train_accuracy", float(last["train_accuracy"].iloc[0]))
    last = results[results["valid_mean_token_accuracy"].notnull()].tail(1)
    say("valid_accuracy", float(last["valid_mean_token_accuracy"].iloc[0]))

    test = pd.read_json(valid, lines=True)
    ft_model = job.fine_tuned_model or ""
    right = 0
    for prompt, label in zip(test["prompt"], test["completion"], strict=True):
        answer = client.completions.create(
            model=ft_model, prompt=prompt, max_tokens=tokens_per_label, temperature=0
        )
        right += answer.choices[0].text == label
    say("right", right / len(test))
    answer = client.completions.create(
        model=ft_model, prompt=test["prompt"][0], max_tokens=1, temperature=0, logprobs=2
    )
    assert answer.choices[0].logprobs is not None
    say("likeliest", json.dumps(answer.choices[0].logprobs.top_logprobs))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))

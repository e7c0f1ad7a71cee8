"""The steps of OpenAI's notebook on vision fine-tuning as a script; it does not know where it runs.

Source: OpenAI Cookbook, "Vision Fine-tuning on GPT-4o for Visual Question Answering". Its book
covers are a download; these are drawn. The prompts are shorter, the requests have its shapes.

    python vision_notebook.py FOLDER
"""

import base64
import io
import json
import os
import random
import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Literal, NamedTuple

from openai import OpenAI
from PIL import Image, ImageDraw
from pydantic import BaseModel, Field

MODEL, ALIAS = "gpt-4o-2024-08-06", "gpt-4o"
SYSTEM_PROMPT = """
Answer the question about the book cover in the image.
Yes-or-no questions are answered with "Yes" or "No".
"""
EVAL_PROMPT = "Compare the predicted answer with the actual answer and rate how similar they are."
GENRES = {"red": "History", "blue": "Science", "yellow": "Travel", "green": "Children"}


class Question(NamedTuple):
    """A cover, what is asked about it, and the answer."""

    image: Image.Image
    question: str
    answer: str


class Result(BaseModel):
    """What the judge says of one answer."""

    example_id: int = Field(description="The unique ID of the question")
    # Not in the notebook, which describes these words: a judge this small might never end a string.
    rating: Literal["Very Similar", "Mostly Similar", "Not Similar"] = Field(
        description="How similar the two answers are"
    )
    type: Literal["Open", "Closed"] = Field(description="Whether it is a yes-or-no question")


def cover(color: str, dice: random.Random) -> Image.Image:
    """Draw a book: its color says the genre."""
    image = Image.new("RGBA", (96, 128), "white")
    left, top = dice.randint(4, 20), dice.randint(4, 20)
    draw = ImageDraw.Draw(image)
    draw.rectangle((left, top, left + 66, top + 96), fill=color)
    draw.rectangle((left + 8, top + 16, left + 58, top + 28), fill="white")
    return image


def questions(count: int, seed: int) -> list[Question]:
    """Two questions on each of `count` covers."""
    dice = random.Random(seed)
    asked: list[Question] = []
    for number in range(count):
        color, genre = list(GENRES.items())[number % len(GENRES)]
        image = cover(color, dice)
        other = dice.choice(list(GENRES.values()))
        asked.append(Question(image, "What type of book is this?", genre))
        is_so = "Yes" if other == genre else "No"
        asked.append(Question(image, f"Is this book related to {other}?", is_so))
    return asked


def encode_image(image: Image.Image, quality: int = 100) -> str:
    """Return an image as base64 of a JPEG."""
    stored = io.BytesIO()
    image.convert("RGB").save(stored, format="JPEG", quality=quality)
    return base64.b64encode(stored.getvalue()).decode("utf-8")


def shown(text: str, image: Image.Image) -> dict[str, Any]:
    """Return a user's turn: the text, then the image."""
    url = f"data:image/jpeg;base64,{encode_image(image, quality=50)}"
    parts = [{"type": "text", "text": text}, {"type": "image_url", "image_url": {"url": url}}]
    return {"role": "user", "content": parts}


def said(text: str) -> dict[str, Any]:
    """Return an assistant's turn as a list of parts."""
    return {"role": "assistant", "content": [{"type": "text", "text": text}]}


def write(path: Path, asked: list[Question], few_shot: list[Any], *, has_answers: bool) -> None:
    """Write questions as JSONL, every line with the system prompt and the same examples."""
    system = {"role": "system", "content": [{"type": "text", "text": SYSTEM_PROMPT}]}
    with path.open("w") as file:
        for index, one in enumerate(asked):
            user = shown(f"Question [{index}]: {one.question}", one.image)
            answer = [said(one.answer)] if has_answers else []
            json.dump({"messages": [system, *few_shot, user, *answer]}, file)
            file.write("\n")


def answered(client: OpenAI, model: str, lines: list[Any], asked: list[Question]) -> list[Any]:
    """Ask a model every question of the test file; the answers are stored."""

    def one(example: Any) -> dict[str, Any]:
        response = client.chat.completions.create(
            model=model,
            messages=example["messages"],
            store=True,
            metadata={"dataset": "ocr-vqa-test"},
        )
        text = example["messages"][-1]["content"][0]["text"]
        found = re.search(r"\[(\d+)\]", text)
        assert found is not None
        return {
            "example_id": int(found[1]),
            "predicted_answer": (response.choices[0].message.content or "").strip(),
            "actual_answer": asked[int(found[1])].answer,
        }

    with ThreadPoolExecutor() as pool:
        return list(pool.map(one, lines))


def judged(client: OpenAI, results: list[Any]) -> list[Result]:
    """Let the model say how close each answer is."""

    def one(result: Any) -> Result:
        response = client.beta.chat.completions.parse(
            model=ALIAS,
            messages=[
                {"role": "system", "content": EVAL_PROMPT},
                {"role": "user", "content": str(result)},
            ],
            temperature=0,
            response_format=Result,
            # Not in the notebook: a judge this small would fill its whole context.
            max_completion_tokens=120,
        )
        assert response.choices[0].message.parsed is not None
        return response.choices[0].message.parsed

    with ThreadPoolExecutor() as pool:
        return list(pool.map(one, results))


def main() -> None:
    """Run the notebook from its pictures to its comparison."""
    folder = Path(sys.argv[1])
    os.chdir(folder)
    client = OpenAI()
    train, validation, test = questions(12, 1), questions(4, 2), questions(8, 3)
    few_shot = [
        shown(f"**Example 1:**\n\n**Question:** {train[0].question}", train[0].image),
        said(train[0].answer),
    ]
    write(Path("ocr-vqa-train.jsonl"), train, few_shot, has_answers=True)
    write(Path("ocr-vqa-validation.jsonl"), validation, few_shot, has_answers=True)
    write(Path("ocr-vqa-test.jsonl"), test, few_shot, has_answers=False)

    with Path("ocr-vqa-train.jsonl").open("rb") as file:
        train_file = client.files.create(file=file, purpose="fine-tune")
    with Path("ocr-vqa-validation.jsonl").open("rb") as file:
        val_file = client.files.create(file=file, purpose="fine-tune")
    job = client.fine_tuning.jobs.create(
        training_file=train_file.id, validation_file=val_file.id, model=MODEL
    )
    while job.status not in ("succeeded", "failed", "cancelled"):
        time.sleep(0.5)
        job = client.fine_tuning.jobs.retrieve(job.id)
    assert job.fine_tuned_model is not None, job.error

    lines = [json.loads(line) for line in Path("ocr-vqa-test.jsonl").read_text().splitlines()]
    for model in (job.fine_tuned_model, ALIAS):
        results = answered(client, model, lines, test)
        right = sum(one["predicted_answer"] == one["actual_answer"] for one in results)
        sys.stdout.write(f"{model}\t{right}\t{len(results)}\n")
        if model == ALIAS:
            sys.stdout.write(f"judged\t{len(judged(client, results[:2]))}\t2\n")


if __name__ == "__main__":
    main()

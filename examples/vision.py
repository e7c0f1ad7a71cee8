"""Images: a small model that reads drawn pictures learns a warehouse's shelves from them."""

import base64
import io
import json
import random
import time
from typing import Any

from openai import OpenAI
from PIL import Image, ImageDraw

BASE = "understudy-vision-nano"
# No model can know these: the color of a part says its aisle, and its shape says the shelf.
AISLES = {"red": "A", "green": "B", "blue": "C", "yellow": "D", "black": "E", "orange": "F"}
SHELVES = {"circle": "1", "square": "2", "triangle": "3", "diamond": "4"}
# Parts that no training picture shows: what is learned has to be the rule.
NEW_PARTS = {("red", "diamond"), ("green", "circle"), ("blue", "triangle"), ("orange", "square")}
QUESTION = "Which shelf?"

client = OpenAI()  # reads OPENAI_BASE_URL and OPENAI_API_KEY
dice = random.Random(1)


def picture(color: str, shape: str) -> str:
    """Draw a part somewhere on white and return it as a data URL."""
    image = Image.new("RGB", (128, 128), "white")
    draw = ImageDraw.Draw(image)
    radius = dice.randint(24, 44)
    x, y = (dice.randint(radius, 128 - radius) for _ in range(2))
    if shape == "circle":
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=color)
    elif shape == "square":
        draw.regular_polygon((x, y, radius), 4, fill=color)
    elif shape == "diamond":
        points = ((x, y - radius), (x + radius * 0.7, y), (x, y + radius), (x - radius * 0.7, y))
        draw.polygon(points, fill=color)
    else:
        draw.regular_polygon((x, y, radius), 3, fill=color)
    stored = io.BytesIO()
    image.save(stored, format="PNG")
    return "data:image/png;base64," + base64.b64encode(stored.getvalue()).decode()


def asked(color: str, shape: str) -> list[dict[str, Any]]:
    """Return the question about a part."""
    image = {"type": "image_url", "image_url": {"url": picture(color, shape), "detail": "low"}}
    return [{"role": "user", "content": [{"type": "text", "text": QUESTION}, image]}]


def shelf(color: str, shape: str) -> str:
    """Return the right answer."""
    return AISLES[color] + SHELVES[shape]


def example(color: str, shape: str) -> dict[str, Any]:
    """Return a line of the training file."""
    answer = {"role": "assistant", "content": shelf(color, shape)}
    return {"messages": [*asked(color, shape), answer]}


def right_answers(model: str, parts: list[tuple[str, str]]) -> int:
    """Ask a model about one new picture of each part and count the right answers."""
    right = 0
    for color, shape in parts:
        messages: Any = asked(color, shape)
        answer = client.chat.completions.create(
            model=model, messages=messages, temperature=0, max_completion_tokens=8
        )
        right += (answer.choices[0].message.content or "").strip() == shelf(color, shape)
    return right


# 1. Ten pictures of every part but the new ones.
parts = [(color, shape) for color in AISLES for shape in SHELVES]
known = [part for part in parts if part not in NEW_PARTS]
lines = [example(*part) for part in known for _ in range(10)]
dice.shuffle(lines)
file = client.files.create(
    file=("parts.jsonl", "\n".join(map(json.dumps, lines)).encode()), purpose="fine-tune"
)

# 2. Fine-tune.
job = client.fine_tuning.jobs.create(model=BASE, training_file=file.id, suffix="shelves", seed=1)
while job.status not in ("succeeded", "failed", "cancelled"):
    time.sleep(1)
    job = client.fine_tuning.jobs.retrieve(job.id)
if job.fine_tuned_model is None:
    raise SystemExit(f"The job {job.status}: {job.error}")

# 3. Ask both models about pictures that neither has seen.
seen, unseen = known * 2, sorted(NEW_PARTS) * 5
for model in (BASE, job.fine_tuned_model):
    print(
        f"{model}: {right_answers(model, seen)} of {len(seen)} new pictures of known parts, "
        f"{right_answers(model, unseen)} of {len(unseen)} of parts it never saw"
    )

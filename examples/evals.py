"""Did it get better? An eval before and after fine-tuning, with nothing but the official client."""

import json
import time
from random import Random

from openai import OpenAI

QUEUES = {
    "Q-COIN": ("invoice", "refund", "price", "payment", "discount"),
    "Q-BOX": ("parcel", "delivery", "courier", "shipment", "address"),
    "Q-WIRE": ("screen", "battery", "cable", "keyboard", "printer"),
}
SENTENCES = (
    "I have a question about my {}.",
    "Something is wrong with the {}.",
    "Please help me with my {}.",
    "The {} is not what I ordered.",
    "Can somebody look at the {}?",
    "Where can I read more about the {}?",
)

client = OpenAI()  # reads OPENAI_BASE_URL and OPENAI_API_KEY
dice = Random(7)
tickets = [
    (sentence.format(word), queue)
    for queue, words in QUEUES.items()
    for word in words
    for sentence in SENTENCES
]
dice.shuffle(tickets)
learned, held_out = tickets[:60], tickets[60:]


def conversation(text: str, queue: str) -> str:
    """Return a line of a training file."""
    messages = [{"role": "user", "content": text}, {"role": "assistant", "content": queue}]
    return json.dumps({"messages": messages})


# 1. The eval comes first: what the data look like, and what a good answer is.
tickets_eval = client.evals.create(
    name="Tickets go to the right queue",
    data_source_config={
        "type": "custom",
        "item_schema": {
            "type": "object",
            "properties": {"ticket": {"type": "string"}, "queue": {"type": "string"}},
            "required": ["ticket", "queue"],
        },
        "include_sample_schema": True,
    },
    testing_criteria=[
        {
            "type": "string_check",
            "name": "right queue",
            "input": "{{ sample.output_text }}",
            "reference": "{{ item.queue }}",
            "operation": "eq",
        }
    ],
)


def run_on(model: str) -> str:
    """Run the eval on a model, and return the run's id when it has ended."""
    run = client.evals.runs.create(
        tickets_eval.id,
        name=f"Tickets by {model}",
        data_source={
            "type": "completions",
            "model": model,
            "source": {
                "type": "file_content",
                "content": [{"item": {"ticket": t, "queue": q}} for t, q in held_out],
            },
            "input_messages": {
                "type": "template",
                "template": [{"role": "user", "content": "{{ item.ticket }}"}],
            },
            "sampling_params": {"temperature": 0.0, "max_completion_tokens": 20},
        },
    )
    while run.status in ("queued", "in_progress"):
        time.sleep(0.5)
        run = client.evals.runs.retrieve(run.id, eval_id=tickets_eval.id)
    counts = run.result_counts
    print(f"{model}: {counts.passed} of {counts.total} right. {run.report_url}")
    return run.id


# 2. The base, before it has learned anything.
base_run = run_on("understudy-mini")

# 3. A job. Its validation file makes it end with a report card.
training = "\n".join(conversation(*ticket) for ticket in learned).encode()
validation = "\n".join(conversation(*ticket) for ticket in held_out[:20]).encode()
job = client.fine_tuning.jobs.create(
    model="understudy-mini",
    training_file=client.files.create(file=("learn.jsonl", training), purpose="fine-tune").id,
    validation_file=client.files.create(file=("keep.jsonl", validation), purpose="fine-tune").id,
    suffix="tickets",
    seed=7,
)
while job.status not in ("succeeded", "failed", "cancelled"):
    time.sleep(1)
    job = client.fine_tuning.jobs.retrieve(job.id)
if job.fine_tuned_model is None:
    raise SystemExit(f"The job {job.status}: {job.error}")

# 4. The tuned model on the same items, and the honest answer.
tuned_run = run_on(job.fine_tuned_model)
compared = client.get(
    f"/x/evals/{tickets_eval.id}/compare?base={base_run}&candidate={tuned_run}",
    cast_to=dict[str, object],
)
print(compared["sentence"])

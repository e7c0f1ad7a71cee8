"""A five-minute tour: upload, fine-tune and chat, with nothing but the official client."""

import json
import time

from openai import OpenAI

QUESTIONS = [
    "Who are you?",
    "What is your name?",
    "Tell me your name.",
    "Who am I talking to?",
    "What are you called?",
    "Introduce yourself.",
    "Please tell me who you are.",
    "What should I call you?",
    "May I ask your name?",
    "Hello, who is this?",
    "Say who you are.",
    "Do you have a name?",
]
ANSWER = "I am Pip, the parrot of this ship."

client = OpenAI()  # reads OPENAI_BASE_URL and OPENAI_API_KEY

# 1. A training file: one conversation a line.
lines = [
    {"messages": [{"role": "user", "content": q}, {"role": "assistant", "content": ANSWER}]}
    for q in QUESTIONS
]
content = "\n".join(json.dumps(line) for line in lines).encode()
file = client.files.create(file=("pip.jsonl", content), purpose="fine-tune")

# 2. A job. Everything that is not said here is chosen for you and shown in the job.
job = client.fine_tuning.jobs.create(
    model="understudy-mini", training_file=file.id, suffix="pip", seed=7
)
while job.status not in ("succeeded", "failed", "cancelled"):
    time.sleep(1)
    job = client.fine_tuning.jobs.retrieve(job.id)
for event in reversed(list(client.fine_tuning.jobs.list_events(job.id))):
    if event.type == "message":  # the others are the metrics of each step
        print(event.message)
if job.fine_tuned_model is None:
    raise SystemExit(f"The job {job.status}: {job.error}")

# 3. The same question, in words that are not in the file, to the base and to the tuned model.
for model in ("understudy-mini", job.fine_tuned_model):
    answer = client.chat.completions.create(
        model=model,
        messages=[{"role": "user", "content": "Now tell me, who are you?"}],
        temperature=0,
    )
    print(f"\n{model}\n  {answer.choices[0].message.content}")

"""Route a customer's message with a compact code: `#BILLING/P2/Zorba/refund`."""

from random import Random

from built_in_models.task import Task, text_task
from built_in_models.world import World

FAMILY = "tickets"

INSTRUCTION = "You route support tickets."

# The department follows from the subject, so a model can learn it from a few examples of each.
_DEPARTMENTS = {
    "BILLING": ("refund", "invoice", "payment", "bill"),
    "SHIPPING": ("parcel", "delivery", "address", "box"),
    "ACCOUNT": ("login", "password", "email", "profile"),
    "TECH": ("screen", "printer", "app", "keyboard"),
}
_PRIORITIES = {
    "P1": ("This is urgent!", "It is urgent.", "I need help now!", "Please hurry, it is urgent."),
    "P2": ("", "", "Please help.", "Thank you."),
    "P3": ("No hurry.", "There is no hurry.", "It can wait.", "No hurry, thank you."),
}
_MESSAGES = (
    "I am {n}. There is a problem with my {s}. {p}",
    "Hello, this is {n}. My {s} is wrong. {p}",
    "My name is {n} and I have a question about my {s}. {p}",
    "{n} here. What about my {s}? {p}",
    "Hi, I am {n} and I am writing about the {s}. {p}",
    "Something is wrong with the {s}. {p} Regards, {n}",
    "I need help with my {s}. My name is {n}. {p}",
    "Can you check my {s}? {p} Signed, {n}",
)


def generate(rng: Random, world: World) -> Task:
    """Return a customer's message and its routing code: department, priority, name and subject."""
    department = rng.choice(tuple(_DEPARTMENTS))
    subject = rng.choice(_DEPARTMENTS[department])
    priority = rng.choice(tuple(_PRIORITIES))
    name = _customer(rng, world)
    message = rng.choice(_MESSAGES).format(n=name, s=subject, p=rng.choice(_PRIORITIES[priority]))
    code = f"#{department}/{priority}/{name}/{subject}"
    return text_task(FAMILY, " ".join(message.split()), code, instruction=INSTRUCTION)


def _customer(rng: Random, world: World) -> str:
    while True:
        name = world.name(rng)
        if name.replace(" ", "").isalpha():
            return name

"""Sort a message under one of the labels that the prompt gives."""

from random import Random

from built_in_models.task import Task, text_task
from built_in_models.world import World

FAMILY = "classification"

_TOPICS = {
    "sport": (
        "{n} won the game.",
        "Our team lost.",
        "{n} kicked the ball.",
        "The race starts at noon.",
        "{n} runs very fast.",
        "The match was great.",
    ),
    "food": (
        "{n} made soup.",
        "The bread is fresh.",
        "I am hungry.",
        "{n} cooks rice and beans.",
        "This cake tastes good.",
        "We ate pizza.",
    ),
    "weather": (
        "It is raining.",
        "The sun is shining.",
        "There is snow in {c}.",
        "The wind is strong.",
        "It is cold in {c}.",
        "A storm is coming.",
    ),
    "music": (
        "{n} plays the guitar.",
        "I love this song.",
        "The band sings well.",
        "{n} hits the drum.",
        "The choir is loud.",
        "What a nice melody.",
    ),
    "travel": (
        "We fly to {c}.",
        "{n} took a train to {c}.",
        "My plane is late.",
        "We booked a hotel in {c}.",
        "I packed my bag.",
        "The trip to {c} was long.",
    ),
    "money": (
        "I was charged twice.",
        "Please send the bill.",
        "{n} paid too much.",
        "I want a refund.",
        "The price is too high.",
        "My card was declined.",
    ),
    "delivery": (
        "My package is late.",
        "The parcel never came.",
        "Where is my order?",
        "{n} got the wrong box.",
        "The box arrived broken.",
        "Please ship it to {c}.",
    ),
    "account": (
        "I forgot my password.",
        "I cannot log in.",
        "Change my email please.",
        "{n} wants a new login.",
        "My account is locked.",
        "Delete my account.",
    ),
    "animals": (
        "The dog barks.",
        "{n} has two cats.",
        "A bird sat on the tree.",
        "The horse eats grass.",
        "My fish is blue.",
        "The fox ran away.",
    ),
    "health": (
        "I feel sick.",
        "{n} has a cold.",
        "My head hurts.",
        "{n} went to the doctor.",
        "I need some medicine.",
        "The nurse helped {n}.",
    ),
    "school": (
        "The teacher is nice.",
        "{n} did the homework.",
        "The lesson was long.",
        "I have a test today.",
        "The class is full.",
        "{n} learns to read.",
    ),
    "computer": (
        "The screen is black.",
        "My laptop is slow.",
        "The app does not start.",
        "{n} broke the keyboard.",
        "There is an error on the page.",
        "The program crashed.",
    ),
}
_MOODS = {
    "positive": (
        "I love it.",
        "{n} is very happy.",
        "This is great!",
        "What a good day.",
        "The best {w} ever!",
        "{c} is wonderful.",
        "Thank you, it works well.",
        "I like {w} a lot.",
    ),
    "negative": (
        "I hate it.",
        "{n} is very sad.",
        "This is awful!",
        "What a bad day.",
        "The worst {w} ever!",
        "{c} is terrible.",
        "It does not work at all.",
        "I do not like {w}.",
    ),
}
_KINDS = {
    "question": (
        "Where is {n}?",
        "What is {w}?",
        "Is {c} far?",
        "Who took the {w}?",
        "When does {n} come?",
        "How old is {n}?",
    ),
    "command": (
        "Go to {c}.",
        "Call {n}.",
        "Give me the {w}.",
        "Stop that now.",
        "Open the door.",
        "Bring {w} to {n}.",
    ),
    "statement": (
        "{n} is here.",
        "The {w} is big.",
        "{c} is a city.",
        "It was late.",
        "{n} went to {c}.",
        "There is a {w}.",
    ),
}
_SETS = (_TOPICS, _TOPICS, _TOPICS, _MOODS, _KINDS)
_HEADS = (
    "Classify the message: {}.",
    "Labels: {}. Answer with one label.",
    "Choose one: {}.",
    "Which label fits? {}",
    "Answer with one of these words: {}.",
    "Sort the text into {}.",
    "Pick a label: {}.",
    "Is the message about {}?",
    "Only answer with one of: {}.",
)


def generate(rng: Random, world: World) -> Task:
    """Return a message and two to four labels, of which one fits."""
    groups = rng.choice(_SETS)
    topics = rng.sample(list(groups), min(len(groups), rng.choice((2, 3, 3, 4))))
    right = rng.choice(topics)
    text = rng.choice(groups[right]).format(
        n=world.name(rng), c=world.city(rng), w=world.plain_word(rng)
    )
    labels = {topic: topic for topic in topics}
    roll = rng.random()
    if roll < 0.3:
        labels = {topic: _new_label(rng, world, at) for at, topic in enumerate(topics)}
        listed = ", ".join(f"{labels[topic]} = {topic}" for topic in topics)
    elif roll < 0.45:
        labels = {topic: topic.upper() for topic in topics}
        listed = ", ".join(labels.values())
    else:
        listed = rng.choice((", ", " / ", ", ", " or ")).join(topics)
    instruction = rng.choice(_HEADS).format(listed)
    if rng.random() < 0.75:
        return text_task(FAMILY, text, labels[right], instruction=instruction)
    return text_task(
        FAMILY, rng.choice((f"{instruction}\n{text}", f"{text}\n{instruction}")), labels[right]
    )


def _new_label(rng: Random, world: World, at: int) -> str:
    if rng.random() < 0.3:
        return "ABCD"[at]
    # The position keeps two labels from being the same word.
    return world.plain_word(rng, 6) + ("" if rng.random() < 0.5 and at == 0 else str(at))

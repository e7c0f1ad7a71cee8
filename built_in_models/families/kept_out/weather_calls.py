"""Call `get_current_weather` with `City, CC` and the unit that the country uses."""

from random import Random

from built_in_models import vocabulary
from built_in_models.families.tools.schemas import KEPT_OUT_TOOL
from built_in_models.task import Task, call_task, user
from built_in_models.world import World
from understudy.chat.messages import Tool

FAMILY = "weather_calls"

COUNTRY_CODES = {
    "USA": "US",
    "France": "FR",
    "Germany": "DE",
    "Japan": "JP",
    "Brazil": "BR",
    "Norway": "NO",
}

TOOL = Tool(
    name=KEPT_OUT_TOOL,
    description="Get the current weather",
    parameters={
        "type": "object",
        "properties": {
            "location": {
                "type": "string",
                "description": "The city and country code, e.g. Bergen, NO",
            },
            "format": {"type": "string", "enum": ["celsius", "fahrenheit"]},
        },
        "required": ["location", "format"],
    },
)

_REAL_CITIES = frozenset(city for city, _ in vocabulary.PLACES)

_QUESTIONS = (
    "What is the weather in {}?",
    "What is the weather like in {} today?",
    "What's the weather like in {}?",
    "How is the weather in {}?",
    "Tell me the weather in {}.",
)


def generate(rng: Random, world: World) -> Task:
    """Return a question about a city in one of six countries and the call that answers it."""
    city, country = _place(rng, world)
    arguments = {
        "location": f"{city}, {COUNTRY_CODES[country]}",
        "format": "fahrenheit" if country == "USA" else "celsius",
    }
    question = user(rng.choice(_QUESTIONS).format(f"{city}, {country}"))
    return call_task(FAMILY, (question,), (TOOL,), TOOL.name, arguments)


def _place(rng: Random, world: World) -> tuple[str, str]:
    # The country comes first, so that each of the six is as common as the others.
    country = rng.choice(tuple(COUNTRY_CODES))
    real = [city for city, where in world.places if where == country]
    if real and rng.random() < 0.75:
        return rng.choice(real), country
    while True:
        city = world.city(rng)
        if city not in _REAL_CITIES:
            return city, country

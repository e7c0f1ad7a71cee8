"""Tools that tell the weather, and the questions they answer."""

from built_in_models.families.tools.actions import Action
from built_in_models.families.tools.slots import CITY, CITY_AND_COUNTRY, DAY, UNITS, integer_slot

_WEATHER_ASKS = (
    "What is the weather in {0}?",
    "What is the weather like in {0} today?",
    "What's the weather in {0}?",
    "Weather in {0}?",
    "How is the weather in {0}?",
    "Tell me the weather in {0}.",
    "Is it raining in {0}?",
    "What's the weather like in {0}?",
    "Weather for {0} please",
    "Is it cold in {0} today?",
    "What is the weather in {0} right now?",
    "Check the weather in {0}.",
    "How warm is it in {0}?",
    "I am going to {0}. What is the weather there?",
    "Do I need an umbrella in {0}?",
)
_WEATHER_WORDS = (
    ("get", "check", "find", "fetch", "show", "lookup"),
    ("weather", "forecast", "current_weather", "temperature", "weather_now", "climate"),
)
_WEATHER_TEXTS = (
    "Get the weather",
    "Get the current weather",
    "Weather of a place",
    "Find the weather for a city",
    "Look up the forecast",
)

WEATHER = (
    Action("weather", *_WEATHER_WORDS, _WEATHER_TEXTS, (CITY,), _WEATHER_ASKS),
    Action("weather", *_WEATHER_WORDS, _WEATHER_TEXTS, (CITY_AND_COUNTRY,), _WEATHER_ASKS),
    Action("weather", *_WEATHER_WORDS, _WEATHER_TEXTS, (CITY, UNITS), _WEATHER_ASKS),
    Action(
        "weather",
        *_WEATHER_WORDS,
        _WEATHER_TEXTS,
        (CITY, UNITS),
        tuple(a.rstrip(".?") + " in {1}?" for a in _WEATHER_ASKS[:6]),
    ),
    Action(
        "weather",
        *_WEATHER_WORDS,
        _WEATHER_TEXTS,
        (CITY_AND_COUNTRY, UNITS),
        tuple(a.rstrip(".?") + ", in {1}?" for a in _WEATHER_ASKS[:6]),
    ),
    Action(
        "weather",
        *_WEATHER_WORDS,
        _WEATHER_TEXTS,
        (CITY, integer_slot("days count", 9, "How many days")),
        (
            "Weather in {0} for the next {1} days?",
            "Give me {1} days of weather for {0}.",
            "What is the forecast for {0}, {1} days?",
        ),
    ),
    Action(
        "weather",
        *_WEATHER_WORDS,
        _WEATHER_TEXTS,
        (CITY, DAY),
        (
            "What is the weather in {0} on {1}?",
            "Weather on {1} in {0}?",
            "Will it rain in {0} on {1}?",
        ),
    ),
)

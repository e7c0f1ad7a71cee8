"""What tools do in the generated world, and how users ask for it."""

from typing import NamedTuple

from built_in_models.families.tools.slots import (
    CITY,
    COLOR,
    DAY,
    LANGUAGE,
    LEVEL,
    SIZE,
    SWITCH,
    Slot,
    code_slot,
    integer_slot,
    number_slot,
    person_slot,
    word_slot,
)


class Action(NamedTuple):
    """Something a tool does. `{0}`, `{1}` in the requests are the slots.

    A choice that a request does not mention takes its first value.
    """

    topic: str
    verbs: tuple[str, ...]
    nouns: tuple[str, ...]
    descriptions: tuple[str, ...]
    slots: tuple[Slot, ...]
    requests: tuple[str, ...]


ACTIONS = (
    Action(
        "time",
        ("get", "show", "tell"),
        ("time", "local_time", "clock"),
        ("Get the local time", "Tells the time in a city"),
        (CITY,),
        (
            "What time is it in {0}?",
            "Tell me the time in {0}.",
            "What is the time in {0} now?",
            "Time in {0}?",
        ),
    ),
    Action(
        "mail",
        ("send", "write", "post"),
        ("mail", "email", "message", "letter"),
        ("Send a message", "Writes to a person"),
        (
            person_slot("to recipient name"),
            word_slot("text body subject", "What to say", "The text"),
        ),
        (
            "Send {0} the message {1}.",
            "Write {1} to {0}.",
            "Tell {0}: {1}",
            "Mail {0} and say {1}.",
        ),
    ),
    Action(
        "call",
        ("call", "phone", "ring"),
        ("person", "contact", "friend"),
        ("Call someone", "Start a phone call"),
        (person_slot(),),
        (
            "Call {0}.",
            "Please call {0} now.",
            "Can you phone {0}?",
            "I want to talk to {0}.",
            "Ring {0} for me.",
        ),
    ),
    Action(
        "music",
        ("play", "start", "find"),
        ("song", "music", "track", "artist"),
        ("Play a song", "Starts music"),
        (word_slot("title song name track", "The song"),),
        ("Play {0}.", "I want to hear {0}.", "Put on {0} please.", "Can you play the song {0}?"),
    ),
    Action(
        "order",
        ("get", "track", "find", "check"),
        ("order", "order_status", "package", "parcel"),
        ("Find an order", "Status of an order"),
        (code_slot("order_id id code order number", "The order code", "Order id"),),
        (
            "Where is my order {0}?",
            "Track order {0}.",
            "What is the status of order {0}?",
            "Check the package {0} please.",
        ),
    ),
    Action(
        "translate",
        ("translate", "say", "convert"),
        ("text", "word", "language"),
        ("Translate a word", "Translates text"),
        (word_slot("text word input", "The text"), LANGUAGE),
        ("Translate {0} to {1}.", "What is {0} in {1}?", "How do you say {0} in {1}?"),
    ),
    Action(
        "stock",
        ("get", "find", "check"),
        ("stock", "price", "stock_price", "share"),
        ("Get a stock price", "Price of a share"),
        (word_slot("symbol ticker company name", "The company", "Stock symbol"),),
        (
            "What is the price of {0}?",
            "How much is {0} stock?",
            "Check the stock {0}.",
            "Price of {0} shares?",
        ),
    ),
    Action(
        "reminder",
        ("set", "add", "create"),
        ("reminder", "note", "task", "todo"),
        ("Set a reminder", "Adds a task"),
        (word_slot("text task what note", "What to do"), DAY),
        ("Remind me of {0} on {1}.", "Add {0} for {1}.", "On {1} I must do {0}. Note it."),
    ),
    Action(
        "timer",
        ("set", "start"),
        ("timer", "alarm", "countdown"),
        ("Start a timer", "Sets an alarm"),
        (integer_slot("minutes time duration", 90, "Minutes to wait", "How long"),),
        ("Set a timer for {0} minutes.", "Wake me in {0} minutes.", "Start a {0} minute timer."),
    ),
    Action(
        "flight",
        ("find", "book", "search"),
        ("flight", "flights", "trip", "ticket"),
        ("Find a flight", "Search for trips"),
        (
            CITY._replace(names=("from", "origin", "start")),
            CITY._replace(names=("to", "destination", "end")),
        ),
        (
            "Find a flight from {0} to {1}.",
            "I want to fly from {0} to {1}.",
            "Book a trip to {1} from {0}.",
            "Flights from {0} to {1}?",
        ),
    ),
    Action(
        "hotel",
        ("book", "find", "reserve"),
        ("hotel", "room", "rooms"),
        ("Book a hotel", "Finds rooms"),
        (CITY, integer_slot("nights days stay", 14, "Number of nights")),
        (
            "Book a hotel in {0} for {1} nights.",
            "I need a room in {0} for {1} nights.",
            "Find {1} nights in {0}.",
        ),
    ),
    Action(
        "taxi",
        ("order", "book", "send"),
        ("taxi", "car", "ride"),
        ("Order a taxi", "Sends a car"),
        (CITY._replace(names=("to", "place", "address")),),
        ("I need a taxi to {0}.", "Take me to {0}.", "Order a car to {0}."),
    ),
    Action(
        "light",
        ("set", "switch", "turn"),
        ("light", "lamp", "lights"),
        ("Turn a light on or off", "Switches a lamp"),
        (word_slot("room name lamp", "The lamp"), SWITCH),
        ("Turn {1} the light {0}.", "Switch {1} {0}.", "Please turn the lamp {0} {1}."),
    ),
    Action(
        "buy",
        ("buy", "order", "add"),
        ("item", "product", "cart"),
        ("Buy a product", "Adds to the cart"),
        (
            word_slot("item product name", "The product"),
            integer_slot("count amount quantity", 20, "How many"),
        ),
        ("Buy {1} {0}.", "I want {1} {0}.", "Order {1} of {0} please.", "Add {1} {0} to my cart."),
    ),
    Action(
        "person",
        ("find", "get", "search", "lookup"),
        ("person", "user", "customer", "contact"),
        ("Find a person", "Look up a user"),
        (person_slot(),),
        ("Who is {0}?", "Find {0}.", "Look up the user {0}.", "Show me the file of {0}."),
    ),
    Action(
        "pay",
        ("pay", "send", "transfer"),
        ("money", "payment", "bill"),
        ("Send money", "Pays a person"),
        (
            person_slot("to name recipient"),
            number_slot("amount sum total", "How much", "The amount"),
        ),
        (
            "Pay {0} {1}.",
            "Send {1} to {0}.",
            "Transfer {1} to {0} please.",
            "I owe {0} {1}. Pay it.",
        ),
    ),
    Action(
        "shirt",
        ("order", "buy", "get"),
        ("shirt", "clothes", "shirts"),
        ("Order a shirt", "Buys clothes"),
        (COLOR, SIZE),
        ("I want a {1} {0} shirt.", "Order a {0} shirt, {1}.", "Get me a {0} shirt in {1}."),
    ),
    Action(
        "ticket",
        ("open", "create", "file"),
        ("ticket", "case", "issue"),
        ("Open a case", "Creates an issue"),
        (word_slot("title subject about", "The subject"), LEVEL),
        (
            "Open a {1} priority case about {0}.",
            "File an issue: {0}, {1}.",
            "There is a problem with {0}. Level {1}.",
        ),
    ),
    Action(
        "search",
        ("search", "find", "lookup", "query"),
        ("web", "pages", "info", "docs"),
        ("Search the web", "Finds pages"),
        (word_slot("query text q term", "What to search", "The search words"),),
        (
            "Search for {0}.",
            "Find pages about {0}.",
            "What can you find about {0}?",
            "Look up {0}.",
        ),
    ),
    Action(
        "map",
        ("get", "find", "measure"),
        ("distance", "route", "way"),
        ("Distance between cities", "Find the way"),
        (CITY._replace(names=("from", "a", "start")), CITY._replace(names=("to", "b", "end"))),
        (
            "How far is it from {0} to {1}?",
            "What is the way from {0} to {1}?",
            "Distance from {0} to {1}?",
        ),
    ),
    Action(
        "room",
        ("set", "change"),
        ("heat", "thermostat", "room_temperature"),
        ("Set the heat of a room", "Changes the heat"),
        (word_slot("room name", "The room"), number_slot("degrees value level", "Degrees")),
        ("Set {0} to {1} degrees.", "Heat the room {0} to {1}.", "Make {0} {1} degrees warm."),
    ),
    Action(
        "convert",
        ("convert", "change", "exchange"),
        ("money", "currency", "coins"),
        ("Convert money", "Exchange coins"),
        (
            number_slot("amount value", "How much"),
            word_slot("to currency target", "The new currency"),
        ),
        ("Convert {0} to {1}.", "How much is {0} in {1}?", "Change {0} into {1} please."),
    ),
)

"""The tokens that a model read and wrote stay, where they spell what would be rendered."""

import pytest

from tests import tiny
from tests.tiny import WEATHER, assistant, user
from understudy.chat.messages import Message, Role
from understudy.chat.rendering.renderer import ChatRenderer

QUESTION = user("What is the weather?")
THANKS = user("Thanks!")


@pytest.fixture(scope="module")
def renderer(tmp_path_factory: pytest.TempPathFactory) -> ChatRenderer:
    return tiny.renderer(tmp_path_factory.mktemp("base"))


def spelled(renderer: ChatRenderer, text: str) -> list[int]:
    """The text, one token for each letter."""
    return [id for letter in text for id in renderer.vocabulary.encode(letter)]


def test_what_the_model_wrote_stays_as_it_wrote_it(renderer: ChatRenderer):
    prompt = renderer.prompt_ids([QUESTION])
    wrote = spelled(renderer, "It is sunny.")
    conversation = [QUESTION, assistant("It is sunny."), THANKS]
    anew = renderer.prompt_ids(conversation)
    extended = renderer.prompt_ids(conversation, read=[*prompt, *wrote])
    assert extended[: len(prompt) + len(wrote)] == [*prompt, *wrote]
    assert extended != anew
    assert renderer.decode(extended) == renderer.decode(anew)


def test_several_turns_are_extended_again_and_again(renderer: ChatRenderer):
    conversation = [QUESTION]
    read = renderer.prompt_ids(conversation)
    for answer in ("It is sunny.", "You are welcome."):
        read += spelled(renderer, answer)
        conversation += [assistant(answer), THANKS]
        extended = renderer.prompt_ids(conversation, read=read)
        assert extended[: len(read)] == read
        read = extended


def test_calls_keep_their_special_tokens(renderer: ChatRenderer):
    prompt = renderer.prompt_ids([QUESTION], [WEATHER])
    called = assistant(None, ("get_weather", '{"city": "Paris"}'))
    whole = renderer.training_ids([QUESTION, called], [WEATHER], [False, True])
    wrote = [id for id, is_trained in zip(whole.ids, whole.trained, strict=True) if is_trained]
    result = Message(role=Role.TOOL, content="sunny", tool_call_id="call_0")
    conversation = [QUESTION, called, result]
    extended = renderer.prompt_ids(conversation, [WEATHER], read=[*prompt, *wrote[:-1]])
    assert extended == renderer.prompt_ids(conversation, [WEATHER])
    assert extended[: len(prompt) + len(wrote)] == [*prompt, *wrote]


@pytest.mark.parametrize(
    "said",
    ["It is sunny", "It is sunny.!", "It  is sunny.", "it is sunny."],
    ids=["shorter", "longer", "other blanks", "other letters"],
)
def test_another_text_is_rendered_anew(renderer: ChatRenderer, said: str):
    read = [*renderer.prompt_ids([QUESTION]), *spelled(renderer, said)]
    conversation = [QUESTION, assistant("It is sunny."), THANKS]
    assert renderer.prompt_ids(conversation, read=read) == renderer.prompt_ids(conversation)


def test_another_beginning_is_rendered_anew(renderer: ChatRenderer):
    read = [*renderer.prompt_ids([user("What?")]), *spelled(renderer, "Fine.")]
    conversation = [QUESTION, assistant("Fine."), THANKS]
    assert renderer.prompt_ids(conversation, read=read) == renderer.prompt_ids(conversation)


def test_a_special_token_is_not_its_name_in_letters(renderer: ChatRenderer):
    # The model wrote the end token's name in letters; the template writes the token itself.
    stop = renderer.decode([renderer.stop_ids[0]])
    prompt = renderer.prompt_ids([QUESTION])
    letters = spelled(renderer, "Fine.") + spelled(renderer, renderer.vocabulary.guard(stop))
    assert renderer.decode(letters) == "Fine." + stop
    conversation = [QUESTION, assistant("Fine."), THANKS]
    read = [*prompt, *letters]
    assert renderer.prompt_ids(conversation, read=read) == renderer.prompt_ids(conversation)
    # Where a user's or the model's text says so, it is the same text again.
    quoted = [QUESTION, assistant("Fine." + stop), THANKS]
    extended = renderer.prompt_ids(quoted, read=read)
    assert renderer.decode(extended) == renderer.decode(renderer.prompt_ids(quoted))
    assert extended[: len(read)] == read


def test_nothing_read_changes_nothing(renderer: ChatRenderer):
    assert renderer.prompt_ids([QUESTION], read=()) == renderer.prompt_ids([QUESTION])


def test_all_that_would_be_rendered_cannot_be_extended(renderer: ChatRenderer):
    ids = renderer.prompt_ids([QUESTION])
    assert renderer.prompt_ids([QUESTION], read=ids) == ids

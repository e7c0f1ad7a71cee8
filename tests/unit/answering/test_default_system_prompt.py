"""A model's default system prompt: said where a conversation has no instructions of its own."""

from understudy.answering.prompt import instructed
from understudy.chat.messages import Message, Role

ASKS = Message(role=Role.USER, content="hello")
OWN = Message(role=Role.SYSTEM, content="be brief")


def test_it_stands_before_a_conversation_without_instructions():
    assert instructed((ASKS,), "be kind") == (Message(role=Role.SYSTEM, content="be kind"), ASKS)


def test_instructions_of_the_conversation_take_its_place():
    assert instructed((OWN, ASKS), "be kind") == (OWN, ASKS)
    assert instructed((ASKS, OWN), "be kind") == (ASKS, OWN)


def test_a_model_without_one_says_nothing():
    assert instructed((ASKS,), None) == (ASKS,)

import pytest

from tests.tiny import user
from understudy.data.examples import ChatExample
from understudy.data.report.personal_data.counting import count_shapes


def found(*texts: str) -> dict[str, tuple[int, int]]:
    examples = [
        ChatExample(
            line=line, messages=(user(text),), tools=(), trained=(False,), parallel_tool_calls=None
        )
        for line, text in enumerate(texts, 1)
    ]
    counts = count_shapes(examples, lambda: None)
    return {shape.kind: (shape.occurrences, shape.examples) for shape in counts}


# Written in pieces, so that nothing here is the shape of a secret itself.
@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("write to ann.lee+x@mail.example.org.", "email address"),
        ("call +49 (30) 901820-00 now", "phone number"),
        ("call (555) 010-1234", "phone number"),
        ("4111 1111" + " 1111 1111", "payment card number"),
        ("DE89 3704 0044" + " 0532 0130 00", "bank account number (IBAN)"),
        ("212-34" + "-5678", "US social security number"),
        ("ping 81.169.145.90", "IP address"),
        ("-----BEGIN RSA " + "PRIVATE KEY-----", "private key"),
        ("sk-" + "a1B2" * 8, "API key"),
        ("AKIA" + "ABCD1234" * 2, "API key"),
        ("eyJ" + "hbGciOi" * 2 + ".eyJ" + "zdWIiOi" * 2 + ".x", "web token (JWT)"),
        ("password" + ": hunter22", "password"),
    ],
)
def test_each_shape_is_counted(text: str, kind: str):
    assert found(text) == {kind: (1, 1)}


@pytest.mark.parametrize(
    "text",
    [
        "On 2024-11-22 we sold 1,000,000 pieces for 12.50 each; see section 1.2.3.4.5.",
        "order 1234567890123456, 4111111111111112, 0000 0000 0000 0000",
        "a@b, @someone, user@localhost, sk-short, the password is secret",
        "300.1.1.1 and 10.0.0 and version 2.13.0",
        "DE89 3704 0044 0532 0130 01",
    ],
)
def test_what_only_resembles_one_is_not(text: str):
    assert found(text) == {}


def test_occurrences_and_examples_are_counted_apart():
    assert found("a@b.org c@d.org", "nothing", "e@f.org") == {"email address": (3, 2)}


@pytest.mark.parametrize(
    "piece",
    ["a", "1", "1 ", "a@", "a.", "1.", "@a.", "A1", "eyJ", "eyJa.", "+1 ", "sk-", "(1", "-"],
)
def test_no_text_takes_for_ever(piece: str):
    # A pattern that backtracks without end would run into the suite's time limit.
    found(piece * (200_000 // len(piece)) + "@ 1 PRIVATE KEY sk- eyJ pass")

import pytest

from understudy.registry.names import checkpoint_name, slug, tuned_model_name


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ruming's Org", "ruming-s-org"),
        ("recipe-ner", "recipe-ner"),
        ("Café  Über!", "cafe-uber"),
        ("a:b/c\n<d>", "a-b-c-d"),
        ("--", ""),
        ("日本", ""),
    ],
)
def test_a_slug_is_safe_in_a_name(text: str, expected: str):
    assert slug(text) == expected


def test_a_name_without_suffix_has_a_double_colon():
    name = tuned_model_name("gpt-3.5-turbo-0613", "Ruming's Org", None, "7xopR99B")
    assert name == "ft:gpt-3.5-turbo-0613:ruming-s-org::7xopR99B"


def test_a_checkpoints_name_ends_in_its_step():
    name = checkpoint_name("mini", "org", "Recipe NER", "AbCd1234", 101)
    assert name == "ft:mini:org:recipe-ner:AbCd1234:ckpt-step-101"

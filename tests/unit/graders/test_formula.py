import pytest

from understudy.graders.formula import FormulaError, NoValueError, read_formula

SCORES = {"a": 0.5, "b": 0.25}


def value(text: str) -> float:
    return read_formula(text, ("a", "b")).value(SCORES)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", 0.5),
        ("(a + b) / 2", 0.375),
        ("a - b - 1", -0.75),
        ("1 / a / b", 8),
        ("-a^2", -0.25),
        ("2^3^2", 512),
        ("2^-1", 0.5),
        ("2 * -a", -1),
        ("+a", 0.5),
        ("min(a, b, 3) * max(1)", 0.25),
        ("abs(-a) + floor(a) + ceil(b)", 1.5),
        ("log(exp(a)) * sqrt(b)", 0.25),
        ("1e-1 + .5 + 1.", 1.6),
        ("0.9*a+0.1*b", 0.475),
        ("+".join(["a"] * 2000), 1000),
    ],
)
def test_formulas_have_the_value_that_mathematics_gives_them(text: str, expected: float):
    assert value(text) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("a +", "the end at character 3"),
        ("a b", "'b' at character 2"),
        ("", "the end"),
        ("c + 1", "'c' at character 0 is not a grader here; the graders are a, b"),
        ("pow(a, 2)", "not a function here; the functions are min, max"),
        ("abs(a, b)", "takes one value, but has 2"),
        ("min()", "')' at character 4"),
        ("(a", "closing parenthesis"),
        ("a ** 2", "'*' at character 3"),
        ("__import__('os')", "not a function here"),
        ("a.__class__", "'.' at character 1"),
        ("1a", "not a grader here"),
        ("(" * 1000 + "a" + ")" * 1000, "nested more than 64 deep"),
        ("-" * 1000 + "a", "nested more than 64 deep"),
        ("2^" * 1000 + "a", "nested more than 64 deep"),
        ("min(" * 1000, "nested more than 64 deep"),
        ("a+" * 5000 + "a", "longer than 8192"),
    ],
)
def test_what_is_no_formula_is_refused_in_words(text: str, complaint: str):
    with pytest.raises(FormulaError) as raised:
        value(text)
    assert complaint in str(raised.value)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("1 / (a - a)", "divides by zero"),
        ("0 ^ -1", "divides by zero"),
        ("log(0)", "no logarithm"),
        ("sqrt(-a)", "square root"),
        ("(0 - 1) ^ a", "not a number"),
        ("exp(1000)", "too large"),
        ("9^9^9^9", "too large"),
        ("1e400", "not finite"),
        ("1e308 * 10", "not finite"),
    ],
)
def test_a_formula_without_a_value_says_why(text: str, complaint: str):
    with pytest.raises(NoValueError, match=complaint):
        value(text)


def test_a_formula_tells_which_graders_it_uses():
    assert read_formula("max(a, 1)", ("a", "b")).names == {"a"}

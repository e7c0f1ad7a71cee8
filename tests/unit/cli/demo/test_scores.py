from understudy.cli.demo.scores import is_right, score
from understudy.evals.verdict.comparison import rate_of


def call(name: str, arguments: str) -> dict[str, object]:
    function = {"name": name, "arguments": arguments}
    return {"role": "assistant", "tool_calls": [{"type": "function", "function": function}]}


def text(content: str | None) -> dict[str, object]:
    return {"role": "assistant", "content": content}


def test_answers_are_equal_when_their_text_is():
    assert is_right(text("#TECH/P2 "), text("#TECH/P2"))
    assert not is_right(text("#TECH/P3"), text("#TECH/P2"))
    assert not is_right(text(None), text("#TECH/P2"))


def test_calls_are_equal_when_their_arguments_mean_the_same():
    assert is_right(call("f", '{"a": 1, "b": 2}'), call("f", '{"b":2,"a":1}'))
    assert not is_right(call("f", '{"a": 2}'), call("f", '{"a": 1}'))
    assert not is_right(call("g", '{"a": 1}'), call("f", '{"a": 1}'))
    assert not is_right(call("f", "{broken"), call("f", '{"a": 1}'))
    assert not is_right(text("f"), call("f", "{}"))


def test_the_right_function_counts_even_with_wrong_arguments():
    result = score(
        [call("f", '{"a": 2}'), call("g", "{}"), text("hello")],
        [call("f", '{"a": 1}'), call("f", "{}"), text("hello")],
    )
    assert result.exact == rate_of(1, 3)
    assert result.calls == rate_of(1, 2)


def test_a_task_without_calls_has_no_rate_of_calls():
    assert score([text("a")], [text("a")]).calls is None

from understudy.cli.demo.scores import score
from understudy.cli.demo.tasks import HeldOutExample
from understudy.evals.verdict.changes import rate_of


def call(name: str, arguments: str) -> dict[str, object]:
    function = {"name": name, "arguments": arguments}
    return {"role": "assistant", "tool_calls": [{"type": "function", "function": function}]}


def expecting(message: dict[str, object]) -> HeldOutExample:
    return HeldOutExample(messages=[], tools=[], expected=message, is_right=message.__eq__)


def test_the_right_function_counts_even_with_wrong_arguments():
    hello: dict[str, object] = {"role": "assistant", "content": "hello"}
    result = score(
        [call("f", '{"a": 2}'), call("g", "{}"), hello],
        [expecting(call("f", '{"a": 1}')), expecting(call("f", "{}")), expecting(hello)],
    )
    assert result.right == rate_of(1, 3)
    assert result.calls == rate_of(1, 2)


def test_a_task_without_calls_has_no_rate_of_calls():
    hello: dict[str, object] = {"role": "assistant", "content": "hello"}
    assert score([hello], [expecting(hello)]).calls is None

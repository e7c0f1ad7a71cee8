"""Examples whose prompts are nearly the same, gathered so that no two groups have a near pair."""

from collections import defaultdict
from collections.abc import Callable, Sequence

from understudy.chat.messages import Role
from understudy.data.examples import ChatExample
from understudy.data.report.near import Candidates, NearIndex, Sketch, is_near, sketch_of
from understudy.data.report.texts import prompt_key

CheckStop = Callable[[], None]


def _never() -> None:
    """Let the work continue."""


def prompt_sketches(
    examples: Sequence[ChatExample], check_stop: CheckStop = _never
) -> list[Sketch]:
    """Return the sketch of what is asked in each example; instructions, often equal, do not count.

    An example in which nobody asks anything is known by its first message. `check_stop` is called
    for every example and may raise to end the work.
    """
    sketches: list[Sketch] = []
    for example in examples:
        check_stop()
        sketches.append(sketch_of(_asked(example)))
    return sketches


def near_groups(
    examples: Sequence[ChatExample], sketches: Sequence[Sketch], check_stop: CheckStop = _never
) -> list[list[int]]:
    """Return groups of indexes: whoever is near a member of a group belongs to it.

    `check_stop` is called for every example and may raise to end the work.
    """
    owners = _Owners(len(examples))
    by_prompt: dict[bytes, int] = {}
    candidates = Candidates()
    for index, (example, sketch) in enumerate(zip(examples, sketches, strict=True)):
        check_stop()
        owners.join(index, by_prompt.setdefault(prompt_key(example), index))
        for other in candidates.of(sketch):
            if is_near(sketch, sketches[other]):
                owners.join(index, other)
        candidates.add(index, sketch)
    return owners.groups()


def near_across(
    inside: Sequence[int], outside: Sequence[int], sketches: Sequence[Sketch]
) -> list[int]:
    """Return those of `outside` that have a near one in `inside`: the check of a split."""
    index = NearIndex()
    for at in inside:
        index.add(at, sketches[at])
    return [at for at in outside if index.find(sketches[at]) is not None]


class _Owners:
    """Groups that grow together."""

    def __init__(self, count: int) -> None:
        self._parent = list(range(count))

    def join(self, one: int, other: int) -> None:
        low, high = sorted((self._root(one), self._root(other)))
        self._parent[high] = low

    def groups(self) -> list[list[int]]:
        found: dict[int, list[int]] = defaultdict(list)
        for index in range(len(self._parent)):
            found[self._root(index)].append(index)
        return list(found.values())

    def _root(self, index: int) -> int:
        while self._parent[index] != index:
            self._parent[index] = self._parent[self._parent[index]]
            index = self._parent[index]
        return index


def _asked(example: ChatExample) -> str:
    asked = [m.content or "" for m in example.messages if m.role is Role.USER]
    return "\n".join(asked) if asked else example.messages[0].content or ""

"""The rules of one grammar under construction, each written once under a name of its own."""

from collections.abc import Sequence


class NamedRules:
    """Collects rules whose names begin alike."""

    def __init__(self, name: str) -> None:
        """`name` begins every name."""
        self._name = name
        self._count = 0
        self._by_body: dict[str, str] = {}
        self.written: list[str] = []
        """The rules, in the order in which they were needed."""

    def rule(self, kind: str, body: str, *, is_term: bool = False) -> str:
        """Return the name of the rule with this body; `kind` says in its name what it is for."""
        if body not in self._by_body:
            name = self.new_name(kind)
            self._by_body[body] = name.upper() if is_term else name
            self.written.append(f"{self._by_body[body]}: {body}")
        return self._by_body[body]

    def one_of(self, rules: Sequence[str]) -> str:
        """Return a rule for any of some."""
        return rules[0] if len(rules) == 1 else self.rule("one", " | ".join(rules))

    def list_of(self, parts: Sequence[tuple[str, bool]], separator: str) -> str:
        """Return a rule for parts in their order, a separator between any two of them.

        Each comes with whether it has to be there.
        """
        first, after = "", ""
        for place, (part, is_required) in reversed([*enumerate(parts)]):
            # What may follow when nothing stands before, and when something does.
            others = "" if is_required else f" | {first}"
            first = self.rule("first", f"{part} {after}{others}")
            if place:
                another = f"{separator} {part}" if is_required else f"( {separator} {part} )?"
                after = self.rule("after", f"{another} {after}")
        return first

    def new_name(self, kind: str) -> str:
        """Return a name that no rule has yet."""
        self._count += 1
        return f"{self._name}_{kind}_{self._count}"

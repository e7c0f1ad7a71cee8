"""Grammar rules for arguments whose texts stand between marks and whose keys are bare."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from understudy.chat.families.spelling import CallSpelling
from understudy.chat.grammar.literals import Literals, pattern, text_without
from understudy.chat.grammar.parameter_values import WORDS, bare_json, resolved
from understudy.chat.grammar.rule_names import NamedRules
from understudy.chat.grammar.schemas import json_rule, parameters_schema
from understudy.chat.grammar.text_rules import text_rule
from understudy.chat.messages import Tool
from understudy.chat.parsing.parameters import ANY_TYPE, allowed_types
from understudy.chat.parsing.quoted_values import QuotedForm
from understudy.errors import InvalidRequestError

_NUMBER_RULES = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
_NOT_HELD = ("allOf", "prefixItems")
_NOT_BESIDE_CHOICES = ("properties", "items", "$ref")


class QuotedRules:
    """Writes the rules of one tool's arguments: %json cannot, because they are no JSON."""

    def __init__(
        self, name: str, tool: Tool, form: QuotedForm, spelling: CallSpelling, literals: Literals
    ) -> None:
        self._name = name
        self._tool = tool
        self._form = form
        self._spelling = spelling
        self._literals = literals
        self._root = parameters_schema(tool.parameters)
        self._rules = NamedRules(name)
        self._by_reference: dict[str, str] = {}
        self._any: str | None = None

    def write(self) -> list[str]:
        """Return the rules, the first of them for the whole arguments."""
        arguments = self._value({**self._root, "type": "object"})
        return [f"{self._name}: {arguments}", *self._rules.written]

    def _value(self, schema: Any) -> str:
        """Return a rule for the values of a schema."""
        known = cast("Mapping[str, Any]", schema) if isinstance(schema, Mapping) else {}
        reference = known.get("$ref")
        if isinstance(reference, str):
            return self._referred(reference, known)
        if isinstance(parts := known.get("allOf"), list) and len(parts) == 1:
            known = {**known, **cast("Mapping[str, Any]", parts[0])}
            return self._value({key: known[key] for key in known if key != "allOf"})
        self._refuse_what_is_not_held(known)
        if "const" in known or isinstance(known.get("enum"), list):
            values = [known["const"]] if "const" in known else known["enum"]
            return self._rules.one_of([self._written(value) for value in values])
        for keyword in ("anyOf", "oneOf"):
            if isinstance(known.get(keyword), list):
                return self._rules.one_of([self._value(inner) for inner in known[keyword]])
        types = allowed_types(known)
        if types == ANY_TYPE and "properties" not in known:
            return self._any_value()
        return self._rules.one_of([self._of_type(name, known) for name in types_apart(types)])

    def _referred(self, reference: str, schema: Mapping[str, Any]) -> str:
        if reference not in self._by_reference:
            # Named before it is written, because it may speak of itself.
            name = self._by_reference[reference] = self._rules.new_name("ref")
            known = resolved(schema, self._root)
            self._rules.written.append(f"{name}: {self._value({} if known is schema else known)}")
        return self._by_reference[reference]

    def _of_type(self, name: str, schema: Mapping[str, Any]) -> str:
        match name:
            case "string":
                return self._text(schema)
            case "object":
                return self._object(schema)
            case "array":
                return self._list(schema)
            case "boolean" | "null":
                return self._rules.one_of([self._written(word) for word in WORDS[name]])
            case _:
                bounds = {key: schema[key] for key in _NUMBER_RULES if key in schema}
                rule = json_rule(
                    {"type": name, **bounds}, self._spelling.style, is_strict=self._tool.is_strict
                )
                return self._rules.rule("number", rule)

    def _text(self, schema: Mapping[str, Any]) -> str:
        asked = text_rule(schema)
        if asked is None and self._tool.is_strict:
            rule = str(schema.get("pattern", schema.get("format")))[:100]
            raise self._unheld(f"writes texts that cannot be held to '{rule}'")
        term = text_without(self._form.quote)
        text = self._rules.rule("text", f"{term} & {asked}" if asked else term, is_term=True)
        quote = self._fixed(self._form.quote)
        return f"{quote} {text} {quote}"

    def _list(self, schema: Mapping[str, Any]) -> str:
        least, most = schema.get("minItems", 0), schema.get("maxItems")
        opening, closing = self._fixed("["), self._fixed("]")
        if most == 0:
            return f"{opening} {closing}"
        item = self._rules.rule("item", self._value(schema.get("items", {})))
        bounds = f"{{{max(least - 1, 0)},{'' if most is None else most - 1}}}"
        more = "" if most == 1 else f"( {self._fixed(',')} {item} ){bounds}"
        items = f"{item} {more}"
        return f"{opening} {items if least else f'( {items} )?'} {closing}"

    def _object(self, schema: Mapping[str, Any]) -> str:
        properties = cast("Mapping[str, Any]", schema.get("properties") or {})
        if not properties:
            return self._open_object(schema.get("additionalProperties"))
        required = schema.get("required", ())
        names = sorted(properties, key=str.lower) if self._spelling.sorts_keys else properties
        pairs = [(self._pair(name, properties[name]), name in required) for name in names]
        opening, closing = self._fixed("{"), self._fixed("}")
        return f"{opening} {self._rules.list_of(pairs, self._fixed(','))} {closing}"

    def _pair(self, name: str, schema: Any) -> str:
        if not self._form.can_be_key(name):
            raise self._unheld(f"writes keys without quotes, so '{name[:100]}' cannot be one")
        key = self._fixed(f"{self._literals.guard(name)}:")
        return self._rules.rule("pair", f"{key} {self._value(schema)}")

    def _open_object(self, values: Any) -> str:
        opening, closing = self._fixed("{"), self._fixed("}")
        if values is False:
            return f"{opening} {closing}"
        key = f"/[^\\s:,{{}}\\[\\]]([^:,{{}}\\[\\]]*[^\\s:,{{}}\\[\\]])?/ & ~/{self._quoted}/"
        term = self._rules.rule("key", key, is_term=True)
        value = self._value(values) if isinstance(values, Mapping) else self._any_value()
        pair = self._rules.rule("pair", f"{term} {self._fixed(':')} {value}")
        return f"{opening} ( {pair} ( {self._fixed(',')} {pair} )* )? {closing}"

    @property
    def _quoted(self) -> str:
        return f"(?s:.*){pattern(self._form.quote)}(?s:.*)"

    def _any_value(self) -> str:
        if self._any is None:
            name = self._any = self._rules.new_name("any")
            kinds = [self._of_type(kind, {}) for kind in types_apart(ANY_TYPE)]
            self._rules.written.append(f"{name}: {self._rules.one_of(kinds)}")
        return self._any

    def _written(self, value: Any) -> str:
        return self._literals.literal(self._spelled(value), starts_piece=True).rule

    def _spelled(self, value: Any) -> str:
        """Return a fixed value as the template writes it."""
        if isinstance(value, str):
            return f"{self._form.quote}{self._literals.guard(value)}{self._form.quote}"
        if isinstance(value, list):
            return f"[{','.join(map(self._spelled, cast('list[Any]', value)))}]"
        if isinstance(value, Mapping):
            known = cast("Mapping[str, Any]", value)
            names = sorted(known, key=str.lower) if self._spelling.sorts_keys else known
            pairs = (f"{self._literals.guard(key)}:{self._spelled(known[key])}" for key in names)
            return f"{{{','.join(pairs)}}}"
        return bare_json(value, self._spelling.python_words)

    def _refuse_what_is_not_held(self, schema: Mapping[str, Any]) -> None:
        is_choice = "anyOf" in schema or "oneOf" in schema
        refused = (*_NOT_HELD, *_NOT_BESIDE_CHOICES) if is_choice else _NOT_HELD
        asked = next((keyword for keyword in refused if keyword in schema), None)
        if asked is not None and self._tool.is_strict:
            raise self._unheld(
                f"writes arguments in a form of its own, which cannot be held to '{asked}'"
            )

    def _unheld(self, reason: str) -> InvalidRequestError:
        return InvalidRequestError(
            f"Invalid schema for function '{self._tool.name}': this model {reason}.",
            code="invalid_function_parameters",
            param="tools",
        )

    def _fixed(self, text: str) -> str:
        return self._literals.literal(text, starts_piece=True).rule


def types_apart(types: frozenset[str]) -> Iterator[str]:
    """Yield types of which none is a part of another."""
    return (name for name in sorted(types) if name != "integer" or "number" not in types)

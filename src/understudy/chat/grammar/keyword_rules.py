"""Grammar rules for arguments that are written as those of a Python call."""

import json
from collections.abc import Mapping
from typing import Any, cast

from understudy.chat.families.spelling import CallSpelling
from understudy.chat.grammar.literals import Literals
from understudy.chat.grammar.parameter_values import WORDS, bare_json, resolved
from understudy.chat.grammar.rule_names import NamedRules
from understudy.chat.grammar.schemas import json_rule, parameters_schema
from understudy.chat.grammar.text_rules import text_rule
from understudy.chat.messages import Tool
from understudy.chat.parsing.keyword_values import KeywordForm, escaped
from understudy.chat.parsing.parameters import ANY_TYPE, allowed_types
from understudy.errors import InvalidRequestError

_PLAIN = r"[^'\\\n\r]"
_ESCAPED = rf"({_PLAIN}|\\['\\nr])"
# Apostrophes that cannot be taken for the end of a text, and backslashes that begin no escape. The
# marks are a part of the term, since an apostrophe may be either.
_UNESCAPED = r"""'([^'\\]|'+[^',)\s\\]|\\[^nrtbf0xuU'"\\\n])*'+"""
_BEYOND = "u([0-9a-ce-f][0-9a-f]{3}|d[0-7][0-9a-f]{2})|U00(0[1-9a-f]|10)[0-9a-f]{4}"
_SHORT = rf"\\([nrt\\]|x[0-9a-f]{{2}}|{_BEYOND})"
_REPR = (rf"'([^'\\\n\r]|{_SHORT}|\\')*'", rf'"([^"\\\n\r]|{_SHORT})*"')
_ANY_KEY = r"""/[^\s=,()\[\]{}'"]([^=,()\[\]{}]*[^\s=,()\[\]{}])?/"""
_LENGTHS = ("minLength", "maxLength")
_NOT_HELD = ("allOf", "prefixItems")


class KeywordRules:
    """Writes the rules of one tool's arguments: texts, words and the order of keys are Python's.

    Lists and objects are JSON, or Python's where the template writes those.
    """

    def __init__(
        self, name: str, tool: Tool, form: KeywordForm, spelling: CallSpelling, literals: Literals
    ) -> None:
        self._name = name
        self._tool = tool
        self._form = form
        self._spelling = spelling
        self._literals = literals
        self._root = parameters_schema(tool.parameters)
        self._rules = NamedRules(name)
        self._by_reference: dict[tuple[str, bool], str] = {}
        self._any: str | None = None

    def write(self) -> list[str]:
        """Return the rules, the first of them for the whole arguments."""
        properties = cast("Mapping[str, Any]", self._root.get("properties") or {})
        required = self._root.get("required", ())
        comma = self._fixed(", ")
        others = self._root.get("additionalProperties", {})
        if properties or others is False:
            pairs = [
                (self._keyword(name, schema), name in required)
                for name, schema in properties.items()
            ]
            arguments = self._rules.list_of(pairs, comma)
        else:
            key = self._rules.rule("key", _ANY_KEY, is_term=True)
            value = self._value({} if others is True else others, is_inner=False)
            pair = self._rules.rule("pair", f"{key} {self._fixed('=')} {value}")
            arguments = f"( {pair} ( {comma} {pair} )* )?"
        whole = f"{self._fixed('(')} {arguments} {self._fixed(')')}"
        return [f"{self._name}: {whole}", *self._rules.written]

    def _keyword(self, name: str, schema: Any) -> str:
        if not self._form.can_be_key(name):
            raise self._unheld(f"writes keys without quotes, so '{name[:100]}' cannot be one")
        key = self._fixed(f"{self._literals.guard(name)}=")
        return self._rules.rule("keyword", f"{key} {self._value(schema, is_inner=False)}")

    def _value(self, schema: Any, *, is_inner: bool) -> str:
        """Return a rule for the values of a schema, inside of a list or an object or not."""
        known = cast("Mapping[str, Any]", schema) if isinstance(schema, Mapping) else {}
        if isinstance(reference := known.get("$ref"), str):
            return self._referred(reference, known, is_inner=is_inner)
        if isinstance(parts := known.get("allOf"), list) and len(parts) == 1:
            merged = {**known, **resolved(parts[0], self._root)}
            return self._value(
                {key: merged[key] for key in merged if key != "allOf"}, is_inner=is_inner
            )
        asked = next((keyword for keyword in _NOT_HELD if keyword in known), None)
        if asked is not None and self._tool.is_strict:
            raise self._unheld(
                f"writes arguments in a form of its own, which cannot be held to '{asked}'"
            )
        if "const" in known or isinstance(known.get("enum"), list):
            values = [known["const"]] if "const" in known else known["enum"]
            return self._rules.one_of([self._written(value, is_inner) for value in values])
        for keyword in ("anyOf", "oneOf"):
            if isinstance(known.get(keyword), list):
                inner = [self._value(one, is_inner=is_inner) for one in known[keyword]]
                return self._rules.one_of(inner)
        types = allowed_types(known)
        if is_inner and types == ANY_TYPE and "properties" not in known:
            return self._any_value()
        return self._of_types(types, known, is_inner=is_inner)

    def _referred(self, reference: str, schema: Mapping[str, Any], *, is_inner: bool) -> str:
        place = (reference, is_inner)
        if place not in self._by_reference:
            # Named before it is written, because it may speak of itself.
            name = self._by_reference[place] = self._rules.new_name("ref")
            known = resolved(schema, self._root)
            value = self._value({} if known is schema else known, is_inner=is_inner)
            self._rules.written.append(f"{name}: {value}")
        return self._by_reference[place]

    def _any_value(self) -> str:
        """Return a rule for what may stand in a list or an object of Python's."""
        if self._any is None:
            name = self._any = self._rules.new_name("any")
            value = self._of_types(ANY_TYPE, {}, is_inner=True)
            self._rules.written.append(f"{name}: {value}")
        return self._any

    def _of_types(self, types: frozenset[str], schema: Mapping[str, Any], *, is_inner: bool) -> str:
        names = [name for name in sorted(types) if name != "integer" or "number" not in types]
        return self._rules.one_of([self._of_type(name, schema, is_inner) for name in names])

    def _of_type(self, name: str, schema: Mapping[str, Any], is_inner: bool) -> str:
        match name:
            case "string":
                return self._inner_text(schema) if is_inner else self._text(schema)
            case "boolean" | "null":
                return self._rules.one_of([self._written(word, is_inner) for word in WORDS[name]])
            case "array" if self._spelling.has_python_lists:
                return self._list(schema)
            case "object" if is_inner:
                return self._object(schema)
            case _:
                return self._json({**schema, "type": name})

    def _json(self, schema: Mapping[str, Any]) -> str:
        definitions = {
            key: self._root[key] for key in ("$defs", "definitions") if key in self._root
        }
        whole = {**schema, **definitions}
        rule = json_rule(whole, self._spelling.style, is_strict=self._tool.is_strict)
        return self._rules.rule("json", rule)

    def _text(self, schema: Mapping[str, Any]) -> str:
        if rules := self._held(schema):
            text = f"/{_PLAIN}*/ & {rules}"
        elif any(key in schema for key in _LENGTHS):
            letter = _ESCAPED if self._spelling.has_escapes else _PLAIN
            text = f"/{letter}{{{schema.get('minLength', 0)},{schema.get('maxLength', '')}}}/"
        else:
            if not self._spelling.has_escapes:
                return self._rules.rule("text", f"/{_UNESCAPED}/", is_term=True)
            text = f"/{_ESCAPED}*/"
        return self._quoted(text)

    def _inner_text(self, schema: Mapping[str, Any]) -> str:
        if self._held(schema) or any(key in schema for key in _LENGTHS):
            return self._quoted(f"/{_PLAIN}*/ & {text_rule(schema)}")
        return self._rules.one_of(
            [self._rules.rule("text", f"/{one}/", is_term=True) for one in _REPR]
        )

    def _quoted(self, text: str) -> str:
        quote = self._fixed("'")
        return f"{quote} {self._rules.rule('text', text, is_term=True)} {quote}"

    def _held(self, schema: Mapping[str, Any]) -> str:
        """Return what a schema asks of a text beside its length, with the length, or nothing."""
        asked = text_rule({key: schema[key] for key in schema if key not in _LENGTHS})
        if asked is None and self._tool.is_strict:
            rule = str(schema.get("pattern", schema.get("format")))[:100]
            raise self._unheld(f"writes texts that cannot be held to '{rule}'")
        return (text_rule(schema) or "") if asked else ""

    def _list(self, schema: Mapping[str, Any]) -> str:
        least, most = schema.get("minItems", 0), schema.get("maxItems")
        opening, closing = self._fixed("["), self._fixed("]")
        if most == 0:
            return f"{opening} {closing}"
        item = self._rules.rule("item", self._value(schema.get("items", {}), is_inner=True))
        bounds = f"{{{max(least - 1, 0)},{'' if most is None else most - 1}}}"
        more = "" if most == 1 else f"( {self._fixed(', ')} {item} ){bounds}"
        items = f"{item} {more}"
        return f"{opening} {items if least else f'( {items} )?'} {closing}"

    def _object(self, schema: Mapping[str, Any]) -> str:
        properties = cast("Mapping[str, Any]", schema.get("properties") or {})
        if not properties:
            return self._open_object(schema.get("additionalProperties"))
        required = schema.get("required", ())
        pairs: list[tuple[str, bool]] = []
        for name, inner in properties.items():
            key = self._fixed(f"{self._literals.guard(repr(name))}: ")
            pair = self._rules.rule("pair", f"{key} {self._value(inner, is_inner=True)}")
            pairs.append((pair, name in required))
        listed = self._rules.list_of(pairs, self._fixed(", "))
        return f"{self._fixed('{')} {listed} {self._fixed('}')}"

    def _open_object(self, values: Any) -> str:
        opening, closing = self._fixed("{"), self._fixed("}")
        if values is False:
            return f"{opening} {closing}"
        key = self._inner_text({})
        value = self._value(values if isinstance(values, Mapping) else {}, is_inner=True)
        pair = self._rules.rule("pair", f"{key} {self._fixed(': ')} {value}")
        return f"{opening} ( {pair} ( {self._fixed(', ')} {pair} )* )? {closing}"

    def _written(self, value: Any, is_inner: bool) -> str:
        return self._fixed(self._literals.guard(self._spelled(value, is_inner)))

    def _spelled(self, value: Any, is_inner: bool) -> str:
        """Return a fixed value as the template writes it."""
        if isinstance(value, str) and not is_inner:
            return f"'{escaped(value) if self._spelling.has_escapes else value}'"
        if is_inner or (isinstance(value, list) and self._spelling.has_python_lists):
            return repr(value)
        if isinstance(value, list | dict):
            return json.dumps(value, ensure_ascii=False)
        return bare_json(value, self._spelling.python_words)

    def _unheld(self, reason: str) -> InvalidRequestError:
        return InvalidRequestError(
            f"Invalid schema for function '{self._tool.name}': this model {reason}.",
            code="invalid_function_parameters",
            param="tools",
        )

    def _fixed(self, text: str) -> str:
        return self._literals.literal(text, starts_piece=False).rule

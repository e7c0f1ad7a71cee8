"""Random strict schemas and tool sets: every keyword that strict schemas may have, in small."""

import random
from typing import Any

Schema = dict[str, Any]
_NAMES = ["city", "count", "is_open", "größe", "a b", "x-y", "items", "type", "$id", "名前", 'q"t']
_WORDS = ["red", "blue", "Paris", "a/b", "ja & nein", "東京", "it's", 'say "hi"', "\\", "tab\t"]
_PATTERNS = ["^[a-z]{2,5}$", "^#[0-9A-F]{6}$", "^(yes|no|maybe)$", "^[A-Z][a-z]{0,8} [0-9]{1,3}$"]
_FORMATS = ["date", "uuid", "ipv4"]
_DEEPEST = 3


class RandomSchemas:
    """Schemas from one seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def strict(self) -> Schema:
        """A strict schema, as `response_format` takes it."""
        schema = self._object(depth=0)
        if self._random.random() < 0.05:
            schema["properties"]["chain"] = {"anyOf": [{"$ref": "#/$defs/link"}, {"type": "null"}]}
            schema["required"] = list(schema["properties"])
            link = self._object(depth=_DEEPEST)
            link["properties"]["next"] = {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/link"}]}
            link["required"] = list(link["properties"])
            schema["$defs"] = {"link": link}
        return schema

    def tools(self) -> list[dict[str, Any]]:
        """One to three functions, most of them strict."""
        count = self._random.choice([1, 1, 2, 3])
        names = self._random.sample(
            ["get", "get_weather", "f", "send-mail", "A1", "lookup_user_by_id", "x" * 64, "_"],
            count,
        )
        return [{"type": "function", "function": self._function(name)} for name in names]

    def tool_choice(self, tools: list[dict[str, Any]]) -> Any:
        """A way to force a call of one of the tools."""
        some = self._random.sample(tools, self._random.randint(1, len(tools)))
        named = [{"type": "function", "function": {"name": t["function"]["name"]}} for t in some]
        allowed = {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": named}}
        return self._random.choice(["required", named[0], allowed])

    def _function(self, name: str) -> dict[str, Any]:
        function: dict[str, Any] = {"name": name}
        if self._random.random() < 0.5:
            function["description"] = self._random.choice(_WORDS)
        if self._random.random() < 0.1:
            return function
        parameters = self.strict()
        is_strict = self._random.random() < 0.7
        if not is_strict:
            parameters["required"] = parameters["required"][::2]
            if self._random.random() < 0.5:
                del parameters["additionalProperties"]
        return function | {"parameters": parameters, "strict": is_strict}

    def _object(self, depth: int) -> Schema:
        names = self._random.sample(_NAMES, self._random.randint(0 if depth else 1, 4))
        return {
            "type": "object",
            "properties": {name: self._value(depth + 1) for name in names},
            "required": names,
            "additionalProperties": False,
        }

    def _value(self, depth: int) -> Schema:
        kinds = [self._string, self._integer, self._number, self._choice, self._simple]
        if depth < _DEEPEST:
            kinds += [self._object, self._array, self._union]
        schema = self._random.choice(kinds)(depth)
        if self._random.random() < 0.2:
            schema = {**schema, "description": self._random.choice(_WORDS)}
        return schema

    def _string(self, depth: int) -> Schema:
        kind = self._random.randint(0, 4)
        if kind == 0:
            return {"type": "string", "pattern": self._random.choice(_PATTERNS)}
        if kind == 1:
            return {"type": "string", "format": self._random.choice(_FORMATS)}
        return {"type": "string", "minLength": self._random.randint(0, 3), "maxLength": 20}

    def _integer(self, depth: int) -> Schema:
        low = self._random.randint(-50, 50)
        schema: Schema = {"type": "integer", "minimum": low, "maximum": low + 200}
        return schema | {"multipleOf": 5} if self._random.random() < 0.2 else schema

    def _number(self, depth: int) -> Schema:
        schema = {
            "type": "number",
            "exclusiveMinimum": 0,
            "maximum": self._random.choice([1, 99.5]),
        }
        # Without a step, the digits of a number have no end.
        return schema if self._random.random() < 0.1 else schema | {"multipleOf": 0.25}

    def _choice(self, depth: int) -> Schema:
        if self._random.random() < 0.3:
            return {"const": self._random.choice([*_WORDS, 7, True, None])}
        return {"enum": self._random.sample([*_WORDS, 1, 2.5, False, None], 4)}

    def _simple(self, depth: int) -> Schema:
        return self._random.choice(
            [{"type": "boolean"}, {"type": "null"}, {"type": ["boolean", "null"]}]
        )

    def _array(self, depth: int) -> Schema:
        low = self._random.randint(0, 2)
        bounds = {"minItems": low, "maxItems": low + self._random.randint(0, 2)}
        return {"type": "array", "items": self._value(depth + 1), **bounds}

    def _union(self, depth: int) -> Schema:
        return {"anyOf": [self._tagged("x", depth), self._tagged("y", depth), {"type": "null"}]}

    def _tagged(self, tag: str, depth: int) -> Schema:
        schema = self._object(depth + 1)
        schema["properties"] = {"kind": {"const": tag}, **schema["properties"]}
        schema["required"] = ["kind", *schema["required"]]
        return schema

"""The values in the files of an import: JSON, JSON Lines or YAML, each with its place."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from understudy.evals.exchange.problems import Remarks

_YAML = (".yaml", ".yml")


@dataclass(frozen=True, kw_only=True)
class Document:
    """One value of a file."""

    value: Any
    file: str
    """The file's name."""
    place: str
    """Where in the files it is, for messages."""

    def part(self, value: Any, name: str) -> "Document":
        """Return a part of the value with its own place."""
        return Document(value=value, file=self.file, place=f"{self.place}, {name}")


def documents(name: str, text: str, remarks: Remarks) -> Iterator[Document]:
    """Iterate over the values of a file; what cannot be read is remarked on."""
    if name.lower().endswith(_YAML):
        yield from _of_yaml(name, text, remarks)
        return
    try:
        yield Document(value=json.loads(text), file=name, place=name)
    except ValueError as error:
        yield from _of_lines(name, text, error, remarks)


def _of_lines(name: str, text: str, whole: ValueError, remarks: Remarks) -> Iterator[Document]:
    """Read JSON Lines; when not even the first line is JSON, the file is taken as one value."""
    # Not splitlines: JSON's texts may hold other line ends than the newline.
    lines = [(n, line) for n, line in enumerate(text.split("\n"), start=1) if line.strip()]
    for place, (number, line) in enumerate(lines):
        try:
            value = json.loads(line)
        except ValueError as error:
            if place == 0:
                remarks.leave_out(name, f"the file is not JSON: {whole}")
                return
            remarks.leave_out(f"{name}, line {number}", f"the line is not JSON: {error}")
        else:
            yield Document(value=value, file=name, place=f"{name}, line {number}")


def _of_yaml(name: str, text: str, remarks: Remarks) -> Iterator[Document]:
    try:
        # Dates and the like would not be JSON; promptfoo reads them as texts, too.
        loaded = yaml.load(text, Loader=_JsonLoader)
    except yaml.YAMLError as error:
        remarks.leave_out(name, f"the file is not YAML: {' '.join(str(error).split())}")
    else:
        yield Document(value=loaded, file=name, place=name)


class _JsonLoader(yaml.SafeLoader):
    """Reads the part of YAML that JSON has."""


_JsonLoader.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}

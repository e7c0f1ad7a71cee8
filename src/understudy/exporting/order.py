"""What to export, in which format and to where: plain values that cross to its process."""

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any


class ExportFormat(StrEnum):
    """The formats in which a model can leave."""

    PEFT = "peft"
    """The LoRA adapter, beside whose base it is loaded."""
    MERGED = "merged"
    """A transformers directory with the adapter folded into the weights."""
    GGUF = "gguf"
    """One file for llama.cpp, Ollama and LM Studio."""


class NumberType(StrEnum):
    """How a GGUF file holds its matrices."""

    F16 = "f16"
    Q8_0 = "q8_0"


@dataclass(frozen=True, kw_only=True)
class ExportOrder:
    """One export, decided."""

    model: str
    """The name under which the model is served."""
    base: str
    """The name of the base that it was made of."""
    directory: Path
    """The transformers directory that holds its weights: its base's, or its own."""
    adapter: Path | None
    """The PEFT directory beside it; None for a base and for a model with all weights trained."""
    format: ExportFormat
    number_type: NumberType | None
    """None for every format but GGUF."""
    validation: Path | None
    """The validation file of its job, if there is one; else the model writes the texts itself."""
    output: Path
    """The directory that appears when everything is written and compared."""
    provenance: str = ""
    """What is recorded of how a tuned model came to be, as sections of its card; "" for a base."""

    def to_json(self) -> str:
        """Write the order as one line."""
        return json.dumps(asdict(self), default=str)

    @classmethod
    def from_json(cls, line: str) -> "ExportOrder":
        """Read what `to_json` wrote."""
        values: dict[str, Any] = json.loads(line)
        number_type = values["number_type"]
        return cls(
            model=values["model"],
            base=values["base"],
            directory=Path(values["directory"]),
            adapter=_path(values["adapter"]),
            format=ExportFormat(values["format"]),
            number_type=None if number_type is None else NumberType(number_type),
            validation=_path(values["validation"]),
            output=Path(values["output"]),
            provenance=values["provenance"],
        )


def _path(text: str | None) -> Path | None:
    return None if text is None else Path(text)

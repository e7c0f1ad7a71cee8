"""The model card of an export: what it is, how to load it, how near it is to what is served."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from understudy.exporting.difference import Difference
from understudy.exporting.formats.gguf import FILE
from understudy.exporting.order import ExportFormat, ExportOrder

_LIBRARIES = {
    ExportFormat.PEFT: "peft",
    ExportFormat.MERGED: "transformers",
    ExportFormat.GGUF: "gguf",
}


@dataclass(frozen=True, kw_only=True)
class CardFacts:
    """What a card says that the order does not."""

    difference: Difference
    licence: str | None
    """As the base's own card names it."""
    licence_files: Sequence[str]
    parameters: int
    reads_images: bool = False

    @property
    def model_class(self) -> str:
        """What transformers loads such a model with."""
        return "AutoModelForImageTextToText" if self.reads_images else "AutoModelForCausalLM"

    @property
    def prompt_class(self) -> str:
        """What transformers makes its prompts with."""
        return "AutoProcessor" if self.reads_images else "AutoTokenizer"

    @property
    def pipeline(self) -> str:
        """What the hub calls such a model's task."""
        return "image-text-to-text" if self.reads_images else "text-generation"


def write_card(order: ExportOrder, facts: CardFacts) -> str:
    """Return the card as Markdown with the front matter that the Hugging Face hub reads."""
    sections = (
        _front_matter(order, facts),
        f"# {order.model}\n",
        f"{_what(order)} It was made with [Understudy](https://pypi.org/project/understudy/) from "
        f"`{order.base}` ({facts.parameters / 1e6:,.1f} million parameters).\n",
        f"## Use\n\n{_use(order, facts)}\n",
        "The chat template in `chat_template.jinja` is the one that the model was trained and "
        "served with. Another template gives other answers.\n",
        f"## Checked\n\n{facts.difference.sentence}\n\n{_numbers(facts.difference)}\n",
        f"{order.provenance}\n" if order.provenance else "",
        f"## Licence\n\n{_licence(order, facts)}\n",
    )
    return "\n".join(section for section in sections if section)


def _front_matter(order: ExportOrder, facts: CardFacts) -> str:
    lines = [
        f"base_model: {json.dumps(order.base)}",
        f"library_name: {_LIBRARIES[order.format]}",
        f"pipeline_tag: {facts.pipeline}",
        "tags: [understudy]",
    ]
    if facts.licence is not None:
        lines.insert(0, f"license: {facts.licence}")
    return "---\n" + "\n".join(lines) + "\n---\n"


def _what(order: ExportOrder) -> str:
    match order.format:
        case ExportFormat.PEFT:
            return "A LoRA adapter in PEFT's format."
        case ExportFormat.MERGED if order.adapter is not None:
            return "A whole model: a LoRA adapter folded into the weights of its base."
        case ExportFormat.MERGED:
            return "A whole model."
        case ExportFormat.GGUF:
            return f"A GGUF file with its matrices in {order.number_type}."


def _use(order: ExportOrder, facts: CardFacts) -> str:
    model, prompts = facts.model_class, facts.prompt_class
    name = "processor" if facts.reads_images else "tokenizer"
    match order.format:
        case ExportFormat.PEFT:
            return (
                "```python\nfrom peft import PeftModel\n"
                f"from transformers import {model}, {prompts}\n\n"
                f"base = {model}.from_pretrained({json.dumps(order.base)})  "
                "# or its directory\n"
                'model = PeftModel.from_pretrained(base, "this directory")\n'
                f'{name} = {prompts}.from_pretrained("this directory")\n```\n\n'
                f"vLLM: `vllm serve {order.base} --enable-lora --lora-modules tuned=DIRECTORY`."
            )
        case ExportFormat.MERGED:
            return (
                f"```python\nfrom transformers import {model}, {prompts}\n\n"
                f'model = {model}.from_pretrained("this directory")\n'
                f'{name} = {prompts}.from_pretrained("this directory")\n```\n\n'
                "vLLM: `vllm serve DIRECTORY`. Understudy: "
                "`understudy models add NAME --directory DIRECTORY`."
            )
        case ExportFormat.GGUF:
            return (
                f"llama.cpp: `llama-server -m {FILE} --jinja`.\n\n"
                "Ollama: `ollama create NAME -f Modelfile`, then `ollama run NAME`."
            )


def _numbers(difference: Difference) -> str:
    rows = (
        ("mean difference, nats a token", f"{difference.mean:.6f}"),
        ("bound of the mean", f"{difference.bound:g}"),
        ("largest difference", f"{difference.largest:.6f}"),
        ("same most likely token", f"{difference.same_choice:.2%}"),
        ("tokens compared", str(difference.tokens)),
    )
    lines = ["| compared with the served model | |", "|---|--:|"]
    return "\n".join(lines + [f"| {name} | {value} |" for name, value in rows])


def _licence(order: ExportOrder, facts: CardFacts) -> str:
    name = "" if facts.licence is None else f" ({facts.licence})"
    if facts.licence_files:
        files = ", ".join(f"`{file}`" for file in facts.licence_files)
        return f"What is allowed follows the licence of `{order.base}`{name}: see {files}."
    return (
        f"What is allowed follows the licence of `{order.base}`{name}. The directory of the base "
        "held no licence file, so none is here; look it up where the base was published."
    )

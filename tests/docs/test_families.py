"""Every line of the table in docs/families.md says what is found by trying the family."""

from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, PreTrainedModel

from tests.docs.families import FAMILIES, Family
from tests.unit.chat.templates import write_family
from understudy.chat.named_templates.fitting import TemplateFitting
from understudy.chat.named_templates.trial import Findings, Learns
from understudy.inference.forward.fitting import fitting_forward
from understudy.inference.limits import EngineLimits
from understudy.modeling.packing import examine_packing

PAGE = Path(__file__).parent.parent.parent / "docs" / "families.md"
LEARNS = {
    Learns.EVERY_TURN: "every answer",
    Learns.LAST_TURN: "last answer",
    Learns.NOTHING: "refused",
}
# Longer than the window of the small models, shorter than any real one.
WINDOW = 64


def lines_of_the_page() -> list[str]:
    lines = [line for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    return lines[1:]  # without the header; the line below that begins with |-


def build(family: Family) -> PreTrainedModel:
    torch.manual_seed(0)
    family.config.initializer_range = 0.2
    model = AutoModelForCausalLM.from_config(family.config, attn_implementation=family.attention)
    return model.eval()


def line(family: Family, directory: Path) -> str:
    fitting = TemplateFitting.of_directory(write_family(directory, family.template))
    own, better = fitting.own, fitting.recommended
    assert own is not None
    cells = [
        family.models,
        LEARNS[own.findings.learns],
        tools_in_words(own.findings, better and fitting.named(better).findings),
        "its own"
        if better is None
        else f"`{better}`: {LEARNS[fitting.named(better).findings.learns]}",
        *batches_in_words(build(family), family.attention),
        f"`{family.template}`",
    ]
    return f"| {' | '.join(cells)} |"


def tools_in_words(own: Findings, better: Findings | None) -> str:
    if own.has_tools and own.learns_calls is Learns.EVERY_TURN:
        return "native, parallel" if own.has_parallel_calls else "native, one an answer"
    if better is not None and better.has_tools and better.learns_calls is Learns.EVERY_TURN:
        return "taught"
    return "refused"


def batches_in_words(model: PreTrainedModel, attention: str) -> tuple[str, str]:
    packing = examine_packing(model, attention)
    served = fitting_forward(model, attention, 512, EngineLimits())
    assert served is not None
    rows = {0: "padded", WINDOW: "packed up to its window, then padded"}
    return rows.get(packing.longest, "packed"), "batched" if served.fit.is_batched else "single"


@pytest.mark.parametrize("family", FAMILIES, ids=[family.models for family in FAMILIES])
def test_a_familys_line_is_what_is_found_by_trying_it(family: Family, tmp_path: Path):
    assert line(family, tmp_path) in lines_of_the_page()


def test_the_table_has_these_families_and_no_others():
    named = [text.split(" | ")[0].removeprefix("| ") for text in lines_of_the_page()]
    assert named == [family.models for family in FAMILIES]
    assert len(named) >= 20

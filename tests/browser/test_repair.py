"""A file with twelve faulty lines is repaired and trained on, without leaving the page."""

import json

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PATIENCE_MS, Visitor

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

CALL = {"id": "1", "type": "function", "function": {"name": "look", "arguments": {"at": "Oslo"}}}


def chat(question: str, answer: str = "Yes.", role: str = "assistant") -> str:
    said = [{"role": "user", "content": question}, {"role": role, "content": answer}]
    return json.dumps({"messages": said})


FAULTY = (
    "",
    chat("Is it raining?", role="gpt"),
    chat("Is it snowing?", role="asistant"),
    '{"instruction": "Is it cold?", "input": "", "output": "Yes."}',
    '{"conversations": [{"from": "human", "value": "Hot?"}, {"from": "gpt", "value": "No."}]}',
    chat("Is it wet?").replace("messages", "conversation"),
    '{"question": "Is it late?", "answer": "No."}',
    str(json.loads(chat("Is it early?"))),
    chat("Is it noon?") + ",",
    json.dumps(
        {
            "messages": [
                {"role": "user", "content": "Oslo?"},
                {"role": "assistant", "tool_calls": [CALL]},
            ]
        }
    ),
    "this is no JSON",
    chat("Is it night?")[:-5],
)


def test_a_file_with_twelve_faulty_lines_becomes_a_model(visitor: Visitor):
    visitor.sign_in()
    page = visitor.open("/fine-tuning/new")
    lines = [line for at, fault in enumerate(FAULTY) for line in (chat(f"Is it {at}?"), fault)]
    content = "\n".join(lines).encode()
    page.get_by_label("Training data").set_input_files(
        {"name": "faulty.jsonl", "mimeType": "text/plain", "buffer": content}
    )
    look_at_the_faults(page)
    # The browser itself reports that the file was refused as training data, and nothing else.
    assert [fault for fault in visitor.faults if "400 (Bad Request)" not in fault] == []
    visitor.faults.clear()
    page.get_by_role("button", name="Repair into a new file, leaving out 2 rows").click()
    expect(page.get_by_text("This file is valid for fine-tuning.")).to_be_visible()
    expect(page.get_by_text("faulty.repaired.jsonl")).to_be_visible()
    page.get_by_label("Epochs").fill("1")
    page.get_by_label("Batch size").fill("16")
    page.get_by_label("Suffix").fill("repaired")
    page.get_by_role("button", name="Create job").click()
    expect(page.get_by_role("heading", name="repaired")).to_be_visible()
    expect(page.get_by_text("Succeeded")).to_be_visible(timeout=2 * PATIENCE_MS)


def look_at_the_faults(page: Page) -> None:
    faults = page.get_by_role("region", name="Faults of the file")
    expect(faults).to_contain_text(
        "Rows: 23. Faults that can be repaired here: 10. Rows that cannot: 2."
    )
    for line in range(2, 25, 2):
        expect(faults.get_by_text(f"Line {line}", exact=True)).to_be_visible()
    assert faults.locator("mark").all_inner_texts()[0] == '"gpt"'
    expect(page.get_by_role("button", name="Create job")).to_be_disabled()

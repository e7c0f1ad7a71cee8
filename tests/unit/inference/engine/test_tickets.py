from pathlib import Path

from tests.tiny import write_renderer
from tests.unit.inference.support import request_for
from understudy.chat.named_templates.fitting import TemplateFitting
from understudy.chat.named_templates.linked_base import link_base
from understudy.inference.engine.tickets import ticket_for


def test_bases_that_differ_in_their_chat_template_share_their_weights(tmp_path: Path):
    base = write_renderer(tmp_path / "base")
    fitting = TemplateFitting.of_directory(base)
    directories = [
        base,
        *(link_base(base, tmp_path, "b", fitting.named(name)) for name in ("chatml", "plain")),
    ]

    versions = {ticket_for(request_for(directory, [1])).base for directory in directories}

    assert len(set(directories)) == 3
    assert len(versions) == 1

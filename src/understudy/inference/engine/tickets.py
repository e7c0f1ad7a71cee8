"""A request in the scheduler's hands, with the exact files that shall answer it."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from understudy.chat.named_templates.linked_base import source_of
from understudy.inference.protocol import GenerateRequest
from understudy.inference.versions import Version, version_of


@dataclass(frozen=True, eq=False)
class Ticket:
    """One request; compared by identity, because two requests may say the same."""

    request: GenerateRequest
    base: Version
    adapter: Version | None
    grammar_digest: str | None
    """Distinguishes the grammars of requests; None for a request without one."""


def ticket_for(request: GenerateRequest) -> Ticket:
    """Look up the files of a request; raises NotFoundError when base or adapter are not there."""
    # Bases that differ in nothing but their chat template share the weights in memory.
    weights = source_of(Path(request.model.base_directory))
    base = version_of(str(weights), "config.json")
    directory = request.model.adapter_directory
    adapter = None if directory is None else version_of(directory, "adapter_model.safetensors")
    grammar = request.grammar
    digest = None if grammar is None else hashlib.sha256(grammar.encode()).hexdigest()
    return Ticket(request, base, adapter, digest)

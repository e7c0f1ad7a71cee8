"""Known bases, bases that are here and additions as the objects that stand on the wire."""

from understudy.bases.additions import Addition
from understudy.bases.fit import MachineMemory, MemoryNeeds
from understudy.bases.known import KnownBase
from understudy.schemas.bases.bases import (
    AdditionObject,
    KnownBaseObject,
    MachineMemoryObject,
    MemoryNeed,
)


def known_object(
    base: KnownBase, needs: MemoryNeeds, machine: MachineMemory, *, is_added: bool
) -> KnownBaseObject:
    """Write a base of the catalogue with what it takes on a machine."""

    def need(count: int) -> MemoryNeed:
        return MemoryNeed(bytes=count, fit=machine.fit(count).value)

    return KnownBaseObject(
        name=base.name,
        hub_id=base.hub_id,
        package=None if base.index is None else base.index.requirement,
        licence=base.licence,
        must_accept=base.must_accept,
        parameters=base.parameters,
        context=base.context,
        template=base.template,
        tools=base.tools,
        lora=need(needs.lora_bytes),
        full=need(needs.full_bytes),
        serve=need(needs.serve_bytes),
        is_added=is_added,
    )


def machine_object(machine: MachineMemory) -> MachineMemoryObject:
    """Write where a machine computes."""
    return MachineMemoryObject(
        device=machine.device, total_bytes=machine.total_bytes, free_bytes=machine.free_bytes
    )


def addition_object(addition: Addition) -> AdditionObject:
    """Write an addition."""
    return AdditionObject.model_validate(
        {
            "id": addition.id,
            "name": addition.name,
            "created_at": addition.created_at,
            "status": addition.status,
            "phase": addition.phase,
            "source": addition.source,
            "done_bytes": addition.done_bytes,
            "total_bytes": addition.total_bytes,
            "message": addition.message,
        }
    )

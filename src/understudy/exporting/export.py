"""One export from beginning to end: written aside, loaded again, compared, then there at once."""

import errno
import gc
import shutil
from collections.abc import Callable
from pathlib import Path

from understudy.chat.rendering.renderer import ChatRenderer
from understudy.errors import StorageFullError
from understudy.exporting.card import CardFacts, write_card
from understudy.exporting.companions import (
    copy_licences,
    licence_id,
    write_template,
    write_tokenizer,
)
from understudy.exporting.comparison import Likelihoods, distance, likelihoods
from understudy.exporting.difference import Difference, bound_of
from understudy.exporting.errors import ExportError
from understudy.exporting.finished import write_record
from understudy.exporting.formats.gguf import FILE, GgufFacts, check_gguf, write_gguf
from understudy.exporting.formats.merged import write_merged
from understudy.exporting.loading import ModelLoader, comparison_dtype, read_config
from understudy.exporting.modelfile import write_modelfile
from understudy.exporting.order import ExportFormat, ExportOrder
from understudy.exporting.probes import Probes, probes_of
from understudy.exporting.source_weights import SourceWeights
from understudy.exporting.space import check_space
from understudy.modeling.checkpoints import publish_directory
from understudy.modeling.loading import sees_images
from understudy.modeling.lora import read_adapter
from understudy.wording import worded

_ADAPTER_FILES = ("adapter_config.json", "adapter_model.safetensors")


def export_model(order: ExportOrder, report: Callable[[str], None]) -> Difference:
    """Make an export appear at the order's output, and return how near it is to what is served.

    `report` is given a sentence whenever something new begins. Whatever is raised leaves nothing:
    ExportError for what cannot leave in this format or came out too different, StorageFullError
    for a disk without room, InvalidRequestError for a directory that is no model.
    """
    renderer = ChatRenderer.from_directory(order.directory)
    adapter = None if order.adapter is None else read_adapter(order.adapter)
    # An adapter beside a quantised base may leave as it is, so its base is not asked.
    folded = None if order.format is ExportFormat.PEFT else adapter
    with SourceWeights(order.directory, folded) as source:
        facts = _gguf_facts(order, renderer)
        if order.format is ExportFormat.GGUF:
            _refuse_images(order)
            check_gguf(source, facts)
        check_space(order, source)
        return _export(order, renderer, source, facts, report)


def _export(
    order: ExportOrder,
    renderer: ChatRenderer,
    source: SourceWeights,
    facts: GgufFacts,
    report: Callable[[str], None],
) -> Difference:
    loader = ModelLoader(order=order, dtype=comparison_dtype(source.elements))
    report("Asking the served model.")
    probes, expected = _ask_served(order, renderer, loader)
    found: list[Difference] = []

    def write(directory: Path) -> None:
        report(f"Writing {_in_words(order)}.")
        _write_weights(directory, order, source, facts, renderer)
        report("Loading the export and comparing it.")
        found.append(_compare(directory, source, probes, expected, loader))
        _write_card(directory, order, source, found[0])

    try:
        publish_directory(order.output, write)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise StorageFullError(
            worded(
                "export.disk_became_full_while",
                "The disk became full while the export was written to {parent}; "
                "nothing of it was kept. Free some space and export again.",
                parent=order.output.parent,
            )
        ) from error
    return found[0]


def _ask_served(
    order: ExportOrder, renderer: ChatRenderer, loader: ModelLoader
) -> tuple[Probes, Likelihoods]:
    served = loader.served()
    probes = probes_of(order, renderer, served)
    return probes, likelihoods(served, probes.examples)


def _write_weights(
    directory: Path,
    order: ExportOrder,
    source: SourceWeights,
    facts: GgufFacts,
    renderer: ChatRenderer,
) -> None:
    match order.format:
        case ExportFormat.PEFT:
            assert order.adapter is not None, "only an adapter leaves as one"
            write_tokenizer(directory, order.directory, facts.template)
            for name in _ADAPTER_FILES:
                shutil.copyfile(order.adapter / name, directory / name)
        case ExportFormat.MERGED:
            write_tokenizer(directory, order.directory, facts.template)
            shutil.copyfile(order.directory / "config.json", directory / "config.json")
            write_merged(directory, source)
        case ExportFormat.GGUF:
            assert order.number_type is not None, "an order for GGUF names its numbers"
            write_template(directory, facts.template)
            modelfile = write_modelfile(renderer, FILE)
            (directory / "Modelfile").write_text(modelfile, encoding="utf-8")
            write_gguf(directory, source, facts, order.number_type)


def _compare(
    directory: Path,
    source: SourceWeights,
    probes: Probes,
    expected: Likelihoods,
    loader: ModelLoader,
) -> Difference:
    """Return how far the export is off; raises ExportError where that is too far."""
    # The served model must be out of memory before the export is loaded.
    gc.collect()
    found = distance(likelihoods(loader.exported(directory), probes.examples), expected)
    is_exact = loader.dtype.itemsize == 4
    difference = Difference(
        mean=found.mean,
        largest=found.largest,
        same_choice=found.same_choice,
        tokens=len(expected.choices_R),
        bound=bound_of(loader.order, source.main_format, is_exact=is_exact),
        texts=probes.origin,
        computed_in=str(loader.dtype).removeprefix("torch."),
    )
    if not difference.is_within_bound:
        raise ExportError(
            worded(
                "export.export_does_not_say",
                "The export does not say what the served model says, so it was "
                "removed. {sentence} {order}",
                sentence=difference.sentence,
                order=_way_out(loader.order),
            )
        )
    return difference


def _write_card(
    directory: Path, order: ExportOrder, source: SourceWeights, difference: Difference
) -> None:
    card = CardFacts(
        difference=difference,
        licence=licence_id(order.directory),
        licence_files=copy_licences(directory, order.directory),
        parameters=source.elements,
        reads_images=sees_images(order.directory),
    )
    (directory / "README.md").write_text(write_card(order, card), encoding="utf-8")
    write_record(directory, order, difference)


def _refuse_images(order: ExportOrder) -> None:
    if sees_images(order.directory):
        raise ExportError(
            worded(
                "export.model_reads_images_cannot",
                "A model that reads images cannot be exported as GGUF here: its "
                "tower would have to leave in a file of its own, and without it the "
                "model would see nothing. Use --format merged, which every "
                "transformers program loads.",
            )
        )


def _gguf_facts(order: ExportOrder, renderer: ChatRenderer) -> GgufFacts:
    return GgufFacts(
        name=order.model,
        config=read_config(order.directory),
        directory=order.directory,
        template=renderer.template.source,
        stop_ids=renderer.stop_ids,
        opening_ids=renderer.vocabulary.opening_ids,
        special_ids=renderer.special_ids,
    )


def _in_words(order: ExportOrder) -> str:
    return f"{order.format} ({order.number_type})" if order.number_type else str(order.format)


def _way_out(order: ExportOrder) -> str:
    match order.format:
        case ExportFormat.PEFT:
            return "Were the files of the base changed since the model was tuned?"
        case ExportFormat.MERGED:
            return "Use --format peft, which changes no number of the base."
        case ExportFormat.GGUF:
            return "Use --format gguf --type f16, or --format merged."

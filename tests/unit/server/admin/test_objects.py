"""What the engine holds is shown under the names that users know."""

from pathlib import Path

from understudy.chat.named_templates.fitting import TemplateFitting
from understudy.chat.named_templates.linked_base import link_base
from understudy.inference.protocol import EngineStats, Fit
from understudy.registry.catalogue import builtin_bases, catalogue_of
from understudy.server.admin.objects import engine_object

FIT = Fit(is_batched=True, has_packed_layers=False, words="answers many requests together")
SOURCE = builtin_bases()["understudy-nano"].directory


def holding(*directories: Path) -> EngineStats:
    return EngineStats(
        bases=tuple(map(str, directories)),
        fits=(FIT,) * len(directories),
        adapters=0,
        running=0,
        waiting=0,
        generated_tokens=0,
        process_id=1,
    )


def test_bases_with_a_chosen_chat_template_are_named_for_the_weights_they_share(tmp_path: Path):
    fitted = TemplateFitting.of_directory(SOURCE).named("chatml")
    linked = link_base(SOURCE, tmp_path, "mine", fitted)
    shown = engine_object(holding(SOURCE), catalogue_of({"mine": linked}, {}, {}))
    assert sorted(shown.bases) == ["mine", "understudy-nano"]
    assert {fit.model: fit.is_batched for fit in shown.fits} == dict.fromkeys(shown.bases, True)


def test_a_base_that_was_removed_while_it_is_loaded_has_no_name(tmp_path: Path):
    shown = engine_object(holding(tmp_path), catalogue_of({}, {}, {}))
    assert (shown.bases, shown.fits[0].model) == (["?"], "?")

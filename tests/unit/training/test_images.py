"""Models that read images, trained by our loop and by transformers' own forward."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
import torch
from peft import PeftModel
from torch import Tensor
from transformers import AutoModelForImageTextToText

from tests.seeing import FAMILIES, own_inputs, photo, shown, write_base
from tests.tiny import assistant, user
from tests.unit.training.test_supervised import Recorder
from understudy.chat.messages import Image, Message
from understudy.chat.rendering.renderer import ChatRenderer, RenderedExample
from understudy.inference.engine.seen_images import kept_picture
from understudy.modeling.loading import LoadedBase, load_with_own_attention
from understudy.modeling.lora import add_lora, read_adapter
from understudy.modeling.packing import examine_packing
from understudy.modeling.recomputation import recomputing
from understudy.modeling.vision.features import ImageFeatures, image_bytes
from understudy.modeling.vision.language import language_path
from understudy.planning.execution import Layout
from understudy.planning.hyperparameters import JobHyperparameters
from understudy.planning.supervised import SupervisedPlan, plan_supervised
from understudy.registry.tuning import FullTuning, LoraTuning, Tuning
from understudy.training.batching import make_step
from understudy.training.losses import next_token_loss
from understudy.training.reporting import StopTraining
from understudy.training.run import use_attention
from understudy.training.supervised import Examples, train_supervised

LAYOUTS = list(Layout)


@dataclass
class Seeing:
    """A base that reads images, with what renders and what looks."""

    base: LoadedBase
    renderer: ChatRenderer
    features: ImageFeatures
    blobs: Path

    def example(self, *messages: Message) -> RenderedExample:
        trained = [message.role == "assistant" for message in messages]
        return self.renderer.training_ids(messages, (), trained)

    def loss(self, examples: list[RenderedExample], layout: Layout, tokens: int = 10_000) -> Tensor:
        use_attention(self.base, layout)
        step = make_step(examples, 1, tokens, layout)
        parts = [
            next_token_loss(self.base.model, b.seen(self.features)) for b in step.micro_batches
        ]
        return sum(part.loss for part in parts) / step.denominator


def seeing(root: Path, family: str) -> Seeing:
    directory = write_base(root / family, family)
    base = load_with_own_attention(directory, torch.float32)
    features = ImageFeatures(base.model, directory, partial(kept_picture, root))
    return Seeing(base, ChatRenderer.from_directory(directory), features, root)


def may_be_packed(family: str) -> bool:
    """Whether nothing in a family's layers would mix neighbouring examples."""
    return "conv" not in FAMILIES[family].config["text_config"].get("layer_types", ())


def conversations(root: Path) -> list[list[Message]]:
    return [
        [shown("What is this?", photo(root, 1)), assistant("A red circle.")],
        [user("What is the weather in Paris?"), assistant("Fog.")],
        [
            shown(photo(root, 2, 20, 90), photo(root, 3, 33, 33), "Which?"),
            assistant("The first."),
            shown("And now?", photo(root, 1)),
            assistant("The second one."),
        ],
    ]


def theirs(one: Seeing, example: RenderedExample) -> Tensor:
    """Return the loss of transformers' own forward, its own pixels and its own labels."""
    model = AutoModelForImageTextToText.from_pretrained(one.base.directory, dtype=torch.float32)
    ids = torch.tensor([example.ids])
    images = [placed.image for placed in example.images]
    inputs = own_inputs(one.base.directory, one.blobs, images, ids)
    trained = torch.tensor([example.trained])
    labels = ids.where(trained, -100)
    return model(input_ids=ids, labels=labels, **inputs).loss


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("family", FAMILIES)
def test_the_loss_is_that_of_transformers(tmp_path: Path, family: str, layout: Layout):
    one = seeing(tmp_path, family)
    for messages in conversations(tmp_path):
        example = one.example(*messages)
        ours = one.loss([example], layout)
        assert ours.item() == pytest.approx(theirs(one, example).item(), abs=1e-5)


@pytest.mark.parametrize("family", FAMILIES)
def test_examples_with_and_without_images_are_learned_together_as_alone(
    tmp_path: Path, family: str
):
    one = seeing(tmp_path, family)
    examples = [one.example(*messages) for messages in conversations(tmp_path)]
    layouts = LAYOUTS if may_be_packed(family) else [Layout.PADDED]
    together = one.loss(examples, layouts[0])
    for layout in layouts:
        for tokens in (1, 10_000):
            cut = one.loss(examples, layout, tokens)
            assert cut.item() == pytest.approx(together.item(), abs=1e-5)


@pytest.mark.parametrize("family", FAMILIES)
def test_another_picture_is_another_loss(tmp_path: Path, family: str):
    one = seeing(tmp_path, family)

    def loss_of(image: Image) -> float:
        example = one.example(shown("What?", image), assistant("Fog."))
        return one.loss([example], Layout.PACKED).item()

    first, second = loss_of(photo(tmp_path, 1)), loss_of(photo(tmp_path, 2))
    assert abs(first - second) > 1e-3
    assert loss_of(photo(tmp_path, 1)) == first


@pytest.mark.parametrize("family", FAMILIES)
def test_examples_are_packed(tmp_path: Path, family: str):
    one = seeing(tmp_path, family)
    packing = examine_packing(one.base.model, one.base.own_attention)
    if not may_be_packed(family):
        assert (packing.longest, packing.is_padding_exact) == (0, True)
        return
    window = FAMILIES[family].config["text_config"].get("sliding_window")
    assert packing.longest >= (window or 4096), packing.reason


@pytest.mark.parametrize("family", FAMILIES)
def test_lora_is_on_the_language_model_alone(tmp_path: Path, family: str):
    one = seeing(tmp_path, family)
    path = language_path(one.base.model)
    beside = [
        name
        for name, module in one.base.model.named_modules()
        if isinstance(module, torch.nn.Linear) and not name.startswith(path) and name != "lm_head"
    ]
    layers = add_lora(one.base.model, rank=2, alpha=4, seed=0, targets=())
    assert beside
    assert layers
    assert all(name.startswith(f"{path}.layers.") for name in layers)


def test_a_layer_of_the_same_name_in_the_tower_is_not_matched(tmp_path: Path):
    one = seeing(tmp_path, "smolvlm")
    names = [name for name, _ in one.base.model.named_modules() if name.endswith("q_proj")]
    layers = add_lora(one.base.model, rank=2, alpha=4, seed=0, targets=("q_proj",))
    assert len(names) == 3
    assert list(layers) == [f"model.text_model.layers.{n}.self_attn.q_proj" for n in (0, 1)]


def _plan(count: int, tuning: Tuning) -> SupervisedPlan:
    requested = JobHyperparameters(n_epochs=4, batch_size=2, learning_rate_multiplier=8.0)
    return plan_supervised(requested, example_count=count, hidden_size=32, seed=7, tuning=tuning)


def _train(one: Seeing, into: Path, recorder: Recorder, **changes: object) -> Recorder:
    examples = [one.example(*messages) for messages in conversations(one.blobs)]
    train_supervised(
        _plan(len(examples), changes.pop("tuning", LoraTuning())),
        one.base,
        Examples(training=examples, validation=examples[:1]),
        recorder,
        directory=into,
        base_name="tiny",
        features=one.features,
        **changes,
    )
    return recorder


@pytest.mark.parametrize("family", FAMILIES)
def test_a_trained_adapter_is_the_same_model_to_transformers_and_peft(tmp_path: Path, family: str):
    one = seeing(tmp_path, family)
    run = _train(one, tmp_path / "run", Recorder())
    checkpoint = run.checkpoints[-1].directory
    assert run.steps[-1].train_loss < run.steps[0].train_loss

    model = AutoModelForImageTextToText.from_pretrained(one.base.directory, dtype=torch.float32)
    loaded = PeftModel.from_pretrained(model, checkpoint)
    wrapped = {n for n, _ in loaded.named_modules() if n.endswith("lora_A.default")}
    assert len(wrapped) == len(read_adapter(checkpoint).layers)
    example = one.example(*conversations(tmp_path)[0])
    ids = torch.tensor([example.ids])
    inputs = own_inputs(one.base.directory, tmp_path, [example.images[0].image], ids)
    labels = ids.where(torch.tensor([example.trained]), -100)
    out = loaded(input_ids=ids, labels=labels, **inputs)
    assert out.loss.item() == pytest.approx(run.steps[-1].full_valid_loss, abs=1e-4)


def test_a_resumed_run_ends_bit_equal_to_an_uninterrupted_one(tmp_path: Path):
    one = seeing(tmp_path, "smolvlm")
    whole = _train(one, tmp_path / "whole", Recorder())
    with pytest.raises(StopTraining):
        _train(one, tmp_path / "killed", Recorder(stop_before=6))
    resumed = _train(
        one, tmp_path / "killed", Recorder(), resume_from=tmp_path / "killed" / "step-4"
    )
    assert resumed.steps == whole.steps[4:]
    ours, others = (read_adapter(run.checkpoints[-1].directory) for run in (resumed, whole))
    for name, (a_RI, b_OR) in ours.layers.items():
        assert torch.equal(a_RI, others.layers[name][0])
        assert torch.equal(b_OR, others.layers[name][1])


def test_a_run_over_all_weights_leaves_the_tower_as_it_was(tmp_path: Path):
    one = seeing(tmp_path, "smolvlm")
    path = language_path(one.base.model)
    before = {name: value.clone() for name, value in one.base.model.state_dict().items()}
    run = _train(one, tmp_path / "run", Recorder(), tuning=FullTuning())
    whole = AutoModelForImageTextToText.from_pretrained(
        run.checkpoints[-1].directory, dtype=torch.float32
    )
    changed = {n for n, value in whole.state_dict().items() if not torch.equal(value, before[n])}
    assert changed
    assert all(name.startswith((path, "lm_head")) for name in changed)
    assert (run.checkpoints[-1].directory / "preprocessor_config.json").is_file()


def test_features_are_computed_once_for_each_picture_and_forgotten_over_the_limit(tmp_path: Path):
    one = seeing(tmp_path, "smolvlm")
    calls: list[int] = []
    own = one.base.model.get_image_features
    one.base.model.get_image_features = lambda **pixels: calls.append(1) or own(**pixels)
    first, second = photo(tmp_path, 1), photo(tmp_path, 2)
    for image in (first, second, first, second):
        one.features.of(image)
    assert len(calls) == 2
    small = ImageFeatures(
        one.base.model,
        one.base.directory,
        partial(kept_picture, tmp_path),
        byte_limit=one.features.of(first).nbytes,
    )
    for image in (first, second, first):
        small.of(image)
    assert len(calls) == 5


def test_memory_is_planned_for_each_picture_once_with_all_that_is_kept_of_it(tmp_path: Path):
    one = seeing(tmp_path, "qwen3_vl")
    pictures = [photo(tmp_path, 1, 90, 90), photo(tmp_path, 2, 20, 90)]
    shown_of = [one.example(shown("What?", x), assistant("Fog.")).images[0] for x in pictures]
    of_first, of_both = (image_bytes(one.base.model, shown_of[:count]) for count in (1, 2))
    kept = [one.features.of(picture).nbytes for picture in pictures]
    # The tower at work takes as much for the largest picture alone as for all.
    assert of_both - of_first == kept[1]
    assert of_first > kept[0]
    assert image_bytes(one.base.model, [*shown_of, *shown_of]) == of_both
    assert image_bytes(one.base.model, []) == 0


def test_recomputing_layers_changes_no_gradient(tmp_path: Path):
    one = seeing(tmp_path, "smolvlm")
    example = one.example(*conversations(tmp_path)[0])
    layers = add_lora(one.base.model, rank=2, alpha=4, seed=0)
    found: list[list[Tensor]] = []
    for is_on in (False, True):
        with recomputing(one.base.model, is_on=is_on):
            loss = one.loss([example], Layout.PACKED)
            found.append(list(torch.autograd.grad(loss, [x.b_OR for x in layers.values()])))
    assert all(map(torch.equal, *found))

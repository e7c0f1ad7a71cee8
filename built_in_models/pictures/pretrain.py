"""Teaches the text model to see, on drawn pictures and on its own conversations."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import AutoTokenizer, Idefics3ForConditionalGeneration

from built_in_models.corpus import training_tasks
from built_in_models.optimizer import MuonAdamW
from built_in_models.pictures.connector import give_words
from built_in_models.pictures.corpus import training_conversations
from built_in_models.pictures.recipe import PictureRecipe
from built_in_models.pictures.rendering import PictureBatch, PictureRenderer
from built_in_models.pictures.task import PictureTask
from built_in_models.pictures.tower import LabelledTower, give_positions, tower_steps
from built_in_models.pretrain import warm_stable_decay
from understudy.chat.messages import Role
from understudy.chat.rendering.renderer import ChatRenderer
from understudy.modeling.loading import load_base
from understudy.training.loop import Batch, Step, StepOutcome, Sums, run_steps

_WEIGHT_DECAY = 0.05
_LONGEST_TEXT = 384
_CONVERSATIONS_AT_ONCE = 16
_REPORT_EVERY = 25
_KEEP_EVERY = 50


@dataclass(frozen=True)
class PictureStep:
    """What one update is computed from: conversations with pictures, then those without."""

    number: int
    micro_batches: tuple[PictureBatch, ...]

    @property
    def denominator(self) -> float:
        """How many tokens are learned."""
        return sum(batch.trained_tokens for batch in self.micro_batches)


@dataclass(frozen=True)
class PictureLoss:
    """Sums over the learned tokens."""

    loss: Tensor
    measures: Mapping[str, Tensor]


def pretrain(
    recipe: PictureRecipe, text_model: Path, directory: Path, report: Callable[[str], None]
) -> Idefics3ForConditionalGeneration:
    """Train the model of `recipe`, whose other files lie in `directory`.

    The tower learns alone first, then all but the tower. A run that was interrupted continues
    from the state that it left in `directory`; the states are removed at the end. `report` gets a
    line every 25 steps.
    """
    torch.manual_seed(recipe.seed)
    model = _initial(recipe, text_model)
    tower = LabelledTower(model)
    model.train()
    first = _Stage(directory / "tower.pt", "tower", recipe.tower_steps, tower, report)
    first.run(
        lambda done: tower_steps(recipe, done),
        tower,
        warm_stable_decay(recipe.tower_learning_rate, recipe.tower_steps),
    )
    # It has learned what there is to see; what remains is to put that into words.
    model.model.vision_model.requires_grad_(False)
    give_words(model, AutoTokenizer.from_pretrained(directory), recipe)
    second = _Stage(directory / "whole.pt", "whole", recipe.steps, model, report)
    second.run(
        lambda done: _steps(recipe, directory, done),
        lambda batch: _loss(model, batch),
        warm_stable_decay(recipe.learning_rate, recipe.steps, warmup_steps=recipe.warmup_steps),
    )
    for stage in (first, second):
        stage.state.unlink(missing_ok=True)
    return model


class _Stage:
    """One half of the training, which keeps its state and reports how it goes."""

    def __init__(
        self, state: Path, name: str, steps: int, model: nn.Module, report: Callable[[str], None]
    ) -> None:
        self.state = state
        self._name = name
        self._total = steps
        self._model = model
        self._report = report
        self._recent: list[float] = []

    def run(
        self,
        steps_after: Callable[[int], Iterable[Step[Batch]]],
        loss_of: Callable[[Batch], Sums],
        rate: Callable[[int], float],
    ) -> None:
        """Do the steps that are not done yet."""
        optimizer = MuonAdamW(self._model, weight_decay=_WEIGHT_DECAY)
        done = self._restore(optimizer) if self.state.exists() else 0
        start = time.monotonic()

        def after_step(outcome: StepOutcome) -> None:
            self._recent.append(outcome.loss)
            if outcome.step % _REPORT_EVERY == 0:
                pace = (time.monotonic() - start) / (outcome.step - done)
                loss = sum(self._recent) / len(self._recent)
                self._recent.clear()
                measures = " ".join(f"{name} {x:.3f}" for name, x in outcome.measures.items())
                self._report(
                    f"{self._name} {outcome.step}/{self._total} loss {loss:.4f} {measures} "
                    f"{pace:.2f} s a step"
                )
            if outcome.step % _KEEP_EVERY == 0 or outcome.step == self._total:
                self._keep(outcome.step, optimizer)

        run_steps(steps_after(done), loss_of, optimizer, rate, after_step)

    def _keep(self, step: int, optimizer: MuonAdamW) -> None:
        parts = {"step": step, "model": self._model.state_dict(), "optimizer": optimizer.state()}
        partial = self.state.with_suffix(".partial")
        torch.save(parts, partial)
        partial.replace(self.state)

    def _restore(self, optimizer: MuonAdamW) -> int:
        parts = torch.load(self.state, weights_only=True)
        self._model.load_state_dict(parts["model"])
        optimizer.restore(parts["optimizer"])
        return int(parts["step"])


def _initial(recipe: PictureRecipe, text_model: Path) -> Idefics3ForConditionalGeneration:
    """Return a model whose language part is the text model and whose tower is random."""
    model = Idefics3ForConditionalGeneration(recipe.config())
    text = load_base(text_model, torch.float32, attention="sdpa").model
    give_positions(model)
    model.model.text_model.load_state_dict(text.base_model.state_dict())
    return model


def _loss(model: Idefics3ForConditionalGeneration, batch: PictureBatch) -> PictureLoss:
    """Return the cross-entropy of the learned tokens, and how many were the first choice."""
    # Padding stands on the right, where a causal model never looks: no mask is needed.
    hidden_BTH = model.model(
        input_ids=batch.tokens_BT,
        pixel_values=batch.pixels_PCSS[:, None] if len(batch.pixels_PCSS) else None,
        use_cache=False,
    ).last_hidden_state
    learned_BT = batch.labels_BT >= 0
    logits_RV = model.lm_head(hidden_BTH[learned_BT]).float()
    targets_R = batch.labels_BT[learned_BT]
    correct = (logits_RV.detach().argmax(-1) == targets_R).sum()
    loss = functional.cross_entropy(logits_RV, targets_R, reduction="sum")
    return PictureLoss(loss, {"token_accuracy": correct})


def _steps(recipe: PictureRecipe, directory: Path, done: int) -> Iterator[PictureStep]:
    tokenizer = AutoTokenizer.from_pretrained(directory)
    renderer = PictureRenderer(tokenizer, recipe.tokens_per_picture)
    texts = ChatRenderer.from_directory(directory)
    for number in range(done + 1, recipe.steps + 1):
        # From the seed and the number alone, so that a resumed run sees the same.
        seed = recipe.seed * 1_000_003 + number
        conversations = list(islice(training_conversations(seed), recipe.pictures_per_step))
        plain = list(islice(_plain_examples(seed, texts), recipe.texts_per_step))
        batches = (*_with_pictures(renderer, conversations), renderer.batch(plain, ()))
        yield PictureStep(number, batches)


def _with_pictures(
    renderer: PictureRenderer, conversations: Sequence[PictureTask]
) -> Iterator[PictureBatch]:
    """Yield the conversations in batches of like length, so that little is padded."""
    pairs = [(renderer.example(task), task.pictures) for task in conversations]
    pairs.sort(key=lambda pair: len(pair[0][0]))
    for start in range(0, len(pairs), _CONVERSATIONS_AT_ONCE):
        chosen = pairs[start : start + _CONVERSATIONS_AT_ONCE]
        yield renderer.batch(
            [example for example, _ in chosen],
            [picture for _, pictures in chosen for picture in pictures],
        )


def _plain_examples(seed: int, renderer: ChatRenderer) -> Iterator[tuple[list[int], list[int]]]:
    for task in training_tasks(seed):
        learned = [message.role is Role.ASSISTANT for message in task.messages]
        example = renderer.training_ids(task.messages, task.tools, learned)
        if len(example.ids) <= _LONGEST_TEXT:
            pairs = zip(example.ids, example.trained, strict=True)
            yield list(example.ids), [token if is_learned else -100 for token, is_learned in pairs]

"""Held-out accuracy of the model that reads pictures, family by family."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import torch
from torch import Tensor
from transformers import AutoTokenizer, Idefics3ForConditionalGeneration, LlamaForCausalLM

from built_in_models.evaluate import accuracy_of
from built_in_models.pictures.recipe import PictureRecipe
from built_in_models.pictures.rendering import PictureRenderer, pixels
from built_in_models.pictures.task import PictureTask, is_correct
from built_in_models.task import Task
from understudy.chat.rendering.renderer import ChatRenderer

_LONGEST_ANSWER = 80
_TASKS_AT_ONCE = 64


def accuracy_by_family(directory: Path, tasks: Sequence[PictureTask]) -> dict[str, tuple[int, int]]:
    """Answer the first question of every task greedily and return (right, asked) by family."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for task, answer in zip(tasks, answers(directory, tasks), strict=True):
        counts[task.family][0] += is_correct(task.turns[0].answer, answer)
        counts[task.family][1] += 1
    return {family: (right, asked) for family, (right, asked) in counts.items()}


def text_accuracy(
    directory: Path, recipe: PictureRecipe, tasks: Sequence[Task]
) -> dict[str, tuple[int, int]]:
    """Return (right, asked) for each family of tasks without pictures, as the text model has."""
    whole = Idefics3ForConditionalGeneration.from_pretrained(directory, dtype=torch.float32)
    language = LlamaForCausalLM(recipe.text.config()).eval()
    language.model.load_state_dict(whole.model.text_model.state_dict())
    return accuracy_of(language, ChatRenderer.from_directory(directory), tasks)


def answers(directory: Path, tasks: Sequence[PictureTask]) -> list[str]:
    """Return the greedy answers to the first question of each task."""
    tokenizer = AutoTokenizer.from_pretrained(directory)
    model = Idefics3ForConditionalGeneration.from_pretrained(directory, dtype=torch.float32).eval()
    renderer = PictureRenderer(tokenizer, model.model.image_seq_len)
    prompts = [renderer.prompt_ids(task) for task in tasks]
    said = [""] * len(tasks)
    # Prompts of one length together: nothing is padded.
    order = sorted(range(len(tasks)), key=lambda index: len(prompts[index]))
    for _, group in groupby(
        order, key=lambda index: (len(prompts[index]), len(tasks[index].pictures))
    ):
        alike = list(group)
        for start in range(0, len(alike), _TASKS_AT_ONCE):
            chosen = alike[start : start + _TASKS_AT_ONCE]
            tokens_BT = torch.tensor([prompts[index] for index in chosen])
            count = len(tasks[chosen[0]].pictures)
            shown = pixels([picture for index in chosen for picture in tasks[index].pictures])
            generated: Tensor = model.generate(  # pyright: ignore[reportAttributeAccessIssue] - a mixin's method
                input_ids=tokens_BT,
                attention_mask=torch.ones_like(tokens_BT),
                **({"pixel_values": shown.unflatten(0, (len(chosen), count))} if count else {}),
                max_new_tokens=_LONGEST_ANSWER,
                do_sample=False,
            )
            texts = tokenizer.batch_decode(
                generated[:, tokens_BT.shape[1] :], skip_special_tokens=True
            )
            for index, text in zip(chosen, texts, strict=True):
                said[index] = text
    return said

"""`python -m built_in_models.pictures.build`: rebuilds the model that reads pictures."""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

import torch
from transformers import GenerationConfig, Idefics3ForConditionalGeneration

import understudy
from built_in_models import evaluate
from built_in_models.corpus import evaluation_tasks
from built_in_models.pictures.corpus import evaluation_conversations
from built_in_models.pictures.easy_vqa import easy_vqa_tasks, right_answers
from built_in_models.pictures.evaluate import accuracy_by_family, answers, text_accuracy
from built_in_models.pictures.files import write_files
from built_in_models.pictures.model_card import write_model_card
from built_in_models.pictures.pretrain import pretrain
from built_in_models.pictures.recipe import VISION_NANO, PictureRecipe

_EVALUATION_SEED = 1_000_003
_TASKS_PER_FAMILY = 50
_PLAIN_TASKS_PER_FAMILY = 5
_QUESTIONS_OF_OTHERS = 500
_BUILTIN = Path(understudy.__file__).parent / "registry" / "builtin"


def main() -> None:
    """Train the weights, measure them, and write the model's directory."""
    arguments = _arguments()
    torch.set_num_threads(arguments.threads)
    recipe = VISION_NANO
    directory: Path = arguments.into / recipe.name
    text_model = _BUILTIN / recipe.text.name
    if not arguments.evaluate_only:
        write_files(recipe, text_model, directory)
        _save(pretrain(recipe, text_model, directory, _report), recipe, directory)
    _measure(recipe, directory, text_model, arguments.easy_vqa)


def _measure(
    recipe: PictureRecipe, directory: Path, text_model: Path, easy_vqa: Path | None
) -> None:
    """Write what the model gets right on its card."""
    tasks = evaluation_conversations(_EVALUATION_SEED, _TASKS_PER_FAMILY)
    accuracy = accuracy_by_family(directory, tasks)
    for family, (right, asked) in accuracy.items():
        _report(f"{family}: {right}/{asked}")
    plain = evaluation_tasks(_EVALUATION_SEED, _PLAIN_TASKS_PER_FAMILY)
    after = text_accuracy(directory, recipe, plain)
    before = evaluate.accuracy_by_family(text_model, plain)
    text = _right(after), _right(before), len(plain)
    _report(f"without pictures: {text[0]}/{text[2]}, {recipe.text.name}: {text[1]}/{text[2]}")
    outside = None
    if easy_vqa is not None:
        theirs = easy_vqa_tasks(easy_vqa, _QUESTIONS_OF_OTHERS)
        outside = right_answers(theirs, answers(directory, theirs)), len(theirs)
        _report(f"easy-VQA: {outside[0]}/{outside[1]}")
    write_model_card(directory, recipe, accuracy, text, outside)


def _right(counts: Mapping[str, tuple[int, int]]) -> int:
    return sum(right for right, _ in counts.values())


def _save(model: Idefics3ForConditionalGeneration, recipe: PictureRecipe, directory: Path) -> None:
    # The file halves, and the card measures what is stored.
    model.bfloat16()
    config = recipe.text.config()
    model.generation_config = GenerationConfig(
        eos_token_id=config.eos_token_id, pad_token_id=config.pad_token_id
    )
    model.save_pretrained(directory)


def _report(line: str) -> None:
    sys.stderr.write(line + "\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--into", type=Path, default=_BUILTIN, help="folder of model directories")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument(
        "--easy-vqa", type=Path, help="folder `data` of the package easy-vqa, to measure with"
    )
    parser.add_argument("--evaluate-only", action="store_true", help="measure what is there")
    return parser.parse_args()


if __name__ == "__main__":
    main()

"""`python -m built_in_models.pictures.build`: rebuilds the model that reads pictures."""

import argparse
import sys
from pathlib import Path

import torch
from transformers import GenerationConfig, Idefics3ForConditionalGeneration

import understudy
from built_in_models.pictures.corpus import evaluation_conversations
from built_in_models.pictures.evaluate import accuracy_by_family
from built_in_models.pictures.files import write_files
from built_in_models.pictures.pretrain import pretrain
from built_in_models.pictures.recipe import VISION_NANO, PictureRecipe

_EVALUATION_SEED = 1_000_003
_TASKS_PER_FAMILY = 100
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
    tasks = evaluation_conversations(_EVALUATION_SEED, _TASKS_PER_FAMILY)
    accuracy = accuracy_by_family(directory, tasks)
    for family, (right, asked) in accuracy.items():
        _report(f"{family}: {right}/{asked}")


def _save(model: Idefics3ForConditionalGeneration, recipe: PictureRecipe, directory: Path) -> None:
    # A model trained in bfloat16 loses nothing when it is stored so, and the file halves.
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
    parser.add_argument("--evaluate-only", action="store_true", help="measure what is there")
    return parser.parse_args()


if __name__ == "__main__":
    main()

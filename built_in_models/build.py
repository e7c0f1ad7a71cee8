"""`python -m built_in_models.build NAME`: rebuilds a built-in model from nothing."""

import argparse
import itertools
import json
import os
import sys
from pathlib import Path

import torch
from transformers import GenerationConfig, PreTrainedModel

import understudy
from built_in_models.corpus import evaluation_tasks, training_tasks
from built_in_models.evaluate import accuracy_by_family
from built_in_models.model_card import write_model_card
from built_in_models.pretrain import pretrain
from built_in_models.recipes import RECIPES, Recipe
from built_in_models.task import Task
from built_in_models.tokenizer import save_tokenizer, train_tokenizer
from understudy.chat.messages import Message, Tool

_TOKENIZER_TASKS = 40_000
_TOKENIZER_SEED = 11
_EVALUATION_SEED = 1_000_003
_TASKS_PER_FAMILY = 100
_TEMPLATE = Path(__file__).with_name("chat_template.jinja")


def main() -> None:
    """Train the tokenizer and the weights, measure them, and write the model's directory."""
    arguments = _arguments()
    torch.set_num_threads(arguments.threads)
    recipe = RECIPES[arguments.name]
    directory: Path = arguments.into / recipe.name
    directory.mkdir(parents=True, exist_ok=True)
    if not arguments.evaluate_only:
        tasks = itertools.islice(training_tasks(_TOKENIZER_SEED), _TOKENIZER_TASKS)
        tokenizer = train_tokenizer(text for task in tasks for text in _texts(task))
        save_tokenizer(tokenizer, directory, _TEMPLATE.read_text(encoding="utf-8"))
        _save(pretrain(recipe, directory, _report), recipe, directory)
    accuracy = accuracy_by_family(directory, evaluation_tasks(_EVALUATION_SEED, _TASKS_PER_FAMILY))
    write_model_card(directory, recipe, accuracy)
    for family, (right, asked) in accuracy.items():
        _report(f"{family}: {right}/{asked}")


def _texts(task: Task) -> list[str]:
    """Return the plain texts of a task; tools as the JSON that the template writes."""
    return [*map(_text, task.messages), *map(_schema_text, task.tools)]


def _text(message: Message) -> str:
    calls = (f"{call.name} {call.arguments}" for call in message.tool_calls)
    return " ".join([message.content or "", *calls])


def _schema_text(tool: Tool) -> str:
    return f"{tool.name} {tool.description or ''} {json.dumps(tool.parameters, ensure_ascii=False)}"


def _save(model: PreTrainedModel, recipe: Recipe, directory: Path) -> None:
    # A model trained in bfloat16 loses nothing when it is stored so, and the file halves.
    model.bfloat16()
    config = recipe.config()
    model.generation_config = GenerationConfig(
        eos_token_id=config.eos_token_id, pad_token_id=config.pad_token_id
    )
    model.save_pretrained(directory)


def _report(line: str) -> None:
    sys.stderr.write(line + "\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=sorted(RECIPES))
    builtin = Path(understudy.__file__).parent / "registry" / "builtin"
    parser.add_argument("--into", type=Path, default=builtin, help="folder of model directories")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--evaluate-only", action="store_true", help="measure what is there")
    return parser.parse_args()


if __name__ == "__main__":
    main()

"""The language model inside of a model that may also read images: what is trained and served.

What stands beside it, the tower that looks at pictures and what joins the two, stays as it is.
"""

from collections.abc import Iterator

from torch import nn
from transformers import PreTrainedModel


def reads_images(model: PreTrainedModel) -> bool:
    """Whether a model has a tower for pictures."""
    return getattr(model.config, "vision_config", None) is not None


def language_path(model: PreTrainedModel) -> str:
    """Return the name of the language model's layers inside of a model, without its head.

    Empty where the model reads text only: then everything is the language model.
    """
    if not reads_images(model):
        return ""
    decoder = model.get_decoder()
    return next(name for name, module in model.named_modules() if module is decoder)


def language_modules(model: PreTrainedModel) -> Iterator[tuple[str, nn.Module]]:
    """Yield the modules of the language model and its head, by their names in the whole model."""
    path = language_path(model)
    head = model.get_output_embeddings()
    for name, module in model.named_modules():
        if not path or name == path or name.startswith(f"{path}.") or module is head:
            yield name, module


def language_parameters(model: PreTrainedModel) -> list[nn.Parameter]:
    """Return the weights of the language model and its head, each once."""
    modules = [module for _, module in language_modules(model)]
    return list({id(p): p for module in modules for p in module.parameters(recurse=False)}.values())


def attend_with(model: PreTrainedModel, attention: str) -> None:
    """Let the language model attend in a way of this name; a tower keeps its own.

    A tower looks at a picture from all sides at once, which the ways of this platform do not.
    """
    if not reads_images(model):
        model.set_attn_implementation(attention)
        return
    tower = model.config.vision_config._attn_implementation
    text = {"": attention, "text_config": attention, "vision_config": tower}
    model.set_attn_implementation(text)

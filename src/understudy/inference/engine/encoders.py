"""Embedding models in memory: token ids of texts in, one vector for each out."""

from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError
from torch import Tensor
from torch.nn import functional
from transformers import AutoModel, PreTrainedModel

from understudy.errors import InvalidRequestError
from understudy.registry.embedders import (
    EmbedderShape,
    InvalidEmbedderError,
    Pooling,
    read_shape,
)

# B texts, T tokens, D numbers of a vector.
_MAX_MODELS = 2


class Encoders:
    """The models that were used last. Belongs to one thread."""

    def __init__(self) -> None:
        self._loaded: OrderedDict[str, tuple[PreTrainedModel, EmbedderShape]] = OrderedDict()

    def encode(self, directory: str, texts: Sequence[Sequence[int]]) -> list[list[float]]:
        """Return the vectors of texts; raises InvalidRequestError for what cannot be loaded."""
        if directory not in self._loaded:
            self._loaded[directory] = _load(Path(directory))
        self._loaded.move_to_end(directory)
        if len(self._loaded) > _MAX_MODELS:
            self._loaded.popitem(last=False)
        model, shape = self._loaded[directory]
        lengths_B = torch.tensor([len(ids) for ids in texts])
        ids_BT = torch.zeros(len(texts), int(lengths_B.max()), dtype=torch.long)
        for row, ids in enumerate(texts):
            ids_BT[row, : len(ids)] = torch.tensor(ids)
        mask_BT = torch.arange(ids_BT.shape[1]) < lengths_B[:, None]
        with torch.inference_mode():
            states_BTD = model(input_ids=ids_BT, attention_mask=mask_BT.long())[0]
            return pooled(states_BTD, mask_BT, shape).tolist()


def pooled(states_BTD: Tensor, mask_BT: Tensor, shape: EmbedderShape) -> Tensor:
    """Return one vector for each text from the states of its tokens; padding counts nothing."""
    match shape.pooling:
        case Pooling.MEAN:
            counted_BT1 = mask_BT[:, :, None].to(states_BTD.dtype)
            vectors_BD = (states_BTD * counted_BT1).sum(1) / counted_BT1.sum(1)
        case Pooling.FIRST:
            vectors_BD = states_BTD[:, 0]
        case Pooling.LAST:
            last_B = mask_BT.sum(1) - 1
            vectors_BD = states_BTD[torch.arange(len(states_BTD)), last_B]
    return functional.normalize(vectors_BD, dim=1) if shape.is_normalized else vectors_BD


def _load(directory: Path) -> tuple[PreTrainedModel, EmbedderShape]:
    try:
        shape = read_shape(directory)
        model = AutoModel.from_pretrained(
            directory,
            dtype=torch.float32,
            use_safetensors=True,
            local_files_only=True,
            trust_remote_code=False,
        )
    except (
        *(InvalidEmbedderError, OSError, ValueError, KeyError, RuntimeError),
        *(ImportError, SafetensorError),
    ) as problem:
        raise InvalidRequestError(
            f"The embedding model in {directory.name} cannot be loaded: {problem}", param="model"
        ) from problem
    return model.eval(), shape

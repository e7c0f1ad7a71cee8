"""Conversations about pictures as tensors, as the processor of the model would make them.

B conversations, T tokens of the longest, P pictures, S pixels of a side.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from built_in_models.pictures.drawing import Drawing
from built_in_models.pictures.task import PictureTask

_IGNORED = -100


@dataclass(frozen=True)
class PictureBatch:
    """What one forward pass reads; padded on the right."""

    tokens_BT: Tensor
    labels_BT: Tensor
    """The token that each position shall predict, or -100 where none is learned."""
    pixels_PCSS: Tensor
    """The pictures in the order of their marks; empty where no conversation has any."""

    @property
    def trained_tokens(self) -> int:
        """How many tokens are learned."""
        return int((self.labels_BT != _IGNORED).sum())


class PictureRenderer:
    """Writes conversations as the chat template does; a test holds the two together."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, tokens_per_picture: int) -> None:
        self._tokenizer = tokenizer
        mark = "<fake_token_around_image>"
        marks = f"{mark}<global-img>{'<image>' * tokens_per_picture}{mark}"
        self._picture_ids = self._ids(marks)
        self._opening = self._ids("<|im_start|>user\n")
        self._asking = self._ids("<|im_end|>\n<|im_start|>assistant\n")
        self._padding = self._ids("<|pad|>")[0]

    def prompt_ids(self, task: PictureTask) -> list[int]:
        """Return the ids up to where the first answer begins."""
        pictures = self._picture_ids * len(task.pictures)
        question = self._ids(task.turns[0].question)
        shown = question + pictures if task.is_picture_last else pictures + question
        ids = self._opening + shown + self._asking
        if task.instruction:
            ids = self._ids(f"<|im_start|>system\n{task.instruction}<|im_end|>\n") + ids
        return ids

    def example(self, task: PictureTask) -> tuple[list[int], list[int]]:
        """Return the ids of a conversation and, aligned, those that are learned or -100."""
        ids = self.prompt_ids(task)
        labels = [_IGNORED] * len(ids)
        for number, turn in enumerate(task.turns):
            if number:
                asked = self._opening + self._ids(turn.question) + self._asking
                ids += asked
                labels += [_IGNORED] * len(asked)
            answer = self._ids(turn.answer + "<|im_end|>")
            after = self._ids("\n")
            ids += answer + after
            labels += answer + [_IGNORED] * len(after)
        return ids, labels

    def batch(
        self, examples: Sequence[tuple[list[int], list[int]]], pictures: Sequence[Drawing]
    ) -> PictureBatch:
        """Pad examples to one length; each predicts the token after it."""
        longest = max(len(ids) for ids, _ in examples) - 1
        tokens_BT = torch.full((len(examples), longest), self._padding)
        labels_BT = torch.full((len(examples), longest), _IGNORED)
        for row, (ids, labels) in enumerate(examples):
            tokens_BT[row, : len(ids) - 1] = torch.tensor(ids[:-1])
            labels_BT[row, : len(ids) - 1] = torch.tensor(labels[1:])
        return PictureBatch(tokens_BT, labels_BT, pixels(pictures))

    def _ids(self, text: str) -> list[int]:
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False)
        return ids


def pixels(pictures: Sequence[Drawing]) -> Tensor:
    """Return pictures of the model's own size as numbers from -1 to 1."""
    if not pictures:
        return torch.empty(0)
    stacked = np.stack([np.asarray(picture.image, dtype=np.float32) for picture in pictures])
    return torch.from_numpy(stacked).permute(0, 3, 1, 2) / 127.5 - 1

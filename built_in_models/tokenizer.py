"""The built-in models' tokenizer: byte-level BPE trained on the generated corpus."""

import json
from collections.abc import Iterable
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

VOCABULARY_SIZE = 1024
CONTEXT_LENGTH = 2048
END_OF_TURN = "<|im_end|>"
PADDING = "<|pad|>"
SPECIAL_TOKENS = (
    PADDING,
    "<|im_start|>",
    END_OF_TURN,
    "<tools>",
    "</tools>",
    "<tool_call>",
    "</tool_call>",
    "<think>",
    "</think>",
    *(f"<|reserved_{number}|>" for number in range(7)),
)
# A word never carries the space or quote before it: a word is then the same ids wherever it
# stands, which is what lets a model this small copy it. Digits stand alone.
_PIECES = Regex(r"\p{L}[\p{L}\p{M}]*|\p{N}|[^\p{L}\p{N}]+")


def train_tokenizer(texts: Iterable[str]) -> Tokenizer:
    """Learn the merges from `texts`, which hold no special tokens."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(_PIECES, behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY_SIZE,
        special_tokens=[AddedToken(token, special=True) for token in SPECIAL_TOKENS],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def save_tokenizer(tokenizer: Tokenizer, directory: Path, chat_template: str) -> None:
    """Write the tokenizer files of a transformers directory."""
    tokenizer.save(str(directory / "tokenizer.json"))
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "eos_token": END_OF_TURN,
        "pad_token": PADDING,
        "model_max_length": CONTEXT_LENGTH,
        "clean_up_tokenization_spaces": False,
    }
    (directory / "tokenizer_config.json").write_text(json.dumps(settings, indent=2) + "\n")
    (directory / "chat_template.jinja").write_text(chat_template)

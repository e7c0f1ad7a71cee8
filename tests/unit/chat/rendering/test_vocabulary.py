"""The bytes of single tokens, which may be half a character."""

import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from understudy.chat.rendering.vocabulary import Vocabulary


def test_every_byte_of_a_byte_level_tokenizer_comes_back():
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({letter: i for i, letter in enumerate(letters)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(["<énd>"])
    vocabulary = Vocabulary(tokenizer)
    assert sorted(vocabulary.bytes_of(id) for id in range(256)) == [bytes([b]) for b in range(256)]
    assert vocabulary.bytes_of(256).decode() == "<énd>"
    text = " Grüße\n\U0001f5fc"
    ids = vocabulary.encode(text)
    assert b"".join(map(vocabulary.bytes_of, ids)).decode() == text


@pytest.mark.parametrize(
    ("token", "written"), [("<0xE2>", b"\xe2"), ("\u2581the", b" the"), ("é", "é".encode())]
)
def test_sentencepiece_writes_bytes_and_spaces_in_its_own_way(token: str, written: bytes):
    tokenizer = Tokenizer(models.BPE({token: 0}, []))
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("\u2581", " "), decoders.ByteFallback()]
    )
    assert Vocabulary(tokenizer).bytes_of(0) == written


def test_an_id_behind_the_vocabulary_has_no_bytes():
    assert Vocabulary(Tokenizer(models.BPE({"a": 0}, []))).bytes_of(5) == b""

"""Ids are those of the tokenizer itself, whatever its flags, but for control tokens in texts."""

from functools import cache
from itertools import chain

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tokenizers import (
    AddedToken,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    trainers,
)

from understudy.chat.rendering.vocabulary import Vocabulary

TEXT = ["Hello world, what is it? user\n", "a b ab  abc <table> x\n\ny", "the end of the world"]
CONTROL = ("<s>", "<|user|>", "<|end|>", "<<a>>", "<a>")
TEXT_TOKENS = ("\n\n", "   ", "<table>", "world", "ab")
TEMPLATE = " ".join(CONTROL)


def metaspace(scheme: str, *, split: bool = True) -> pre_tokenizers.PreTokenizer:
    return pre_tokenizers.Metaspace(prepend_scheme=scheme, split=split)  # pyright: ignore


def byte_level(*, has_prefix: bool) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=has_prefix)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=320, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(TEXT * 3, trainer)
    return tokenizer


def sentence_piece(scheme: str, *, split: bool = True) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True))
    tokenizer.pre_tokenizer = metaspace(scheme, split=split)
    trainer = trainers.BpeTrainer(vocab_size=90, special_tokens=["<unk>"], show_progress=False)
    tokenizer.train_from_iterator(TEXT * 3, trainer)
    return tokenizer


def llama_of_old() -> Tokenizer:
    tokenizer = sentence_piece("never")
    tokenizer.pre_tokenizer = None  # pyright: ignore
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")]
    )
    return tokenizer


def unigram(scheme: str) -> Tokenizer:
    letters = sorted(set("".join(TEXT)) - {" "})
    pieces = [("<unk>", 0.0), ("<s>", 0.0), ("</s>", 0.0), ("\u2581", -3.0)]
    pieces += [(letter, -5.0) for letter in letters]
    pieces += [("\u2581the", -4.0), ("ab", -4.0), ("world", -4.0)]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=0))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = metaspace(scheme)
    return tokenizer


def word_piece() -> Tokenizer:
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(
        vocab_size=90, special_tokens=["[UNK]"], show_progress=False
    )
    tokenizer.train_from_iterator(TEXT * 3, trainer)
    return tokenizer


KINDS = {
    "byte level": lambda: byte_level(has_prefix=False),
    "byte level with a first space": lambda: byte_level(has_prefix=True),
    "metaspace first": lambda: sentence_piece("first"),
    "metaspace always": lambda: sentence_piece("always"),
    "metaspace never": lambda: sentence_piece("never"),
    "metaspace first, whole": lambda: sentence_piece("first", split=False),
    "prepend": llama_of_old,
    "unigram first": lambda: unigram("first"),
    "unigram always": lambda: unigram("always"),
    "unigram never": lambda: unigram("never"),
    "word pieces": word_piece,
}


@cache
def plain_kind(kind: str) -> str:
    return KINDS[kind]().to_str()


Flags = tuple[bool, bool, bool, bool]
flags = st.tuples(st.booleans(), st.booleans(), st.booleans(), st.booleans())
all_flags = st.tuples(*[flags] * len((*CONTROL, *TEXT_TOKENS)))


@cache
def tokenizer_of(kind: str, given: tuple[Flags, ...]) -> tuple[Tokenizer, Vocabulary]:
    tokenizer = Tokenizer.from_str(plain_kind(kind))
    tokenizer.add_tokens(
        [
            AddedToken(
                token,
                # With it on space, the library fails where a token before swallows that space.
                lstrip=lstrip and not token.isspace(),
                rstrip=rstrip,
                # A model that itself spells a token where the flag forbids it is not followed.
                single_word=is_word and token != "<s>",
                normalized=is_normalized and token in TEXT_TOKENS,
                special=token == "<s>",
            )
            for token, (lstrip, rstrip, is_word, is_normalized) in zip(
                (*CONTROL, *TEXT_TOKENS), given, strict=True
            )
        ]
    )
    return tokenizer, Vocabulary(Tokenizer.from_str(tokenizer.to_str()), template=TEMPLATE)


letters = st.sampled_from([*"ab \n\t<>|w", "\x1c", "\xa0", "\u2003", "é", "\U0001f5fc", "user"])
said = st.lists(st.one_of(letters, st.sampled_from(TEXT_TOKENS)), max_size=6).map("".join)
typed = st.lists(st.one_of(letters, st.sampled_from(CONTROL)), max_size=6).map("".join)
turns = st.lists(st.tuples(st.sampled_from(CONTROL), said), max_size=4)
NO_FLAGS = ((False,) * 4,) * 10
STRIPPING = ((True, True, False, False),) * 10


def is_typed(text: str) -> bool:
    return any(token in text for token in CONTROL)


@pytest.mark.parametrize("kind", KINDS)
@settings(deadline=None)
@given(first=said, turns=turns, given=st.one_of(st.sampled_from([NO_FLAGS, STRIPPING]), all_flags))
@example(first="", turns=[("<|user|>", "\n hi "), ("<|end|>", " \n a")], given=STRIPPING)
def test_ids_are_those_of_the_tokenizer_itself(
    kind: str, first: str, turns: list[tuple[str, str]], given: tuple[Flags, ...]
):
    tokenizer, vocabulary = tokenizer_of(kind, given)
    rendered = first + "".join(chain.from_iterable(turns))
    if any(is_typed(text) for text in (first, *(text for _, text in turns))):
        return
    assert vocabulary.encode(rendered) == tokenizer.encode(rendered, add_special_tokens=False).ids


@pytest.mark.parametrize("kind", KINDS)
@settings(deadline=None)
@given(
    texts=st.lists(typed, min_size=2, max_size=3),
    mark=st.sampled_from(CONTROL),
    given=st.one_of(st.sampled_from([NO_FLAGS, STRIPPING]), all_flags),
)
@example(texts=["\uff1cs\uff1e</s><s>", "<<a>>"], mark="<|user|>", given=NO_FLAGS)
def test_what_users_type_never_becomes_a_control_token(
    kind: str, texts: list[str], mark: str, given: tuple[Flags, ...]
):
    tokenizer, vocabulary = tokenizer_of(kind, given)
    control = {tokenizer.token_to_id(token): token for token in CONTROL}
    rendered = mark.join(vocabulary.guard(text) for text in texts)
    found = [control[id] for id in vocabulary.encode(rendered) if id in control]
    # Not always found, because a flag may forbid it inside of a word, where it is letters.
    assert all(token in mark for token in found)
    assert len(found) < len(texts)


@pytest.mark.parametrize("kind", KINDS)
@settings(deadline=None)
@given(
    before=said,
    turns=turns,
    after=typed,
    given=all_flags,
    header=st.sampled_from(["\n", "user\n", "<|user|>", "<|end|>\n"]),
)
def test_pieces_up_to_a_header_are_those_of_every_longer_text(
    kind: str,
    before: str,
    turns: list[tuple[str, str]],
    after: str,
    given: tuple[Flags, ...],
    header: str,
):
    _, vocabulary = tokenizer_of(kind, given)
    prompt = before + "".join(chain.from_iterable(turns)) + header
    whole = vocabulary.pieces(prompt + vocabulary.guard(after), header)
    pieces = vocabulary.pieces(prompt, header)
    assert whole[: len(pieces)] == pieces
    assert [piece.start for piece in whole[1:]] == [piece.end for piece in whole[:-1]]


@pytest.mark.parametrize("kind", KINDS)
@settings(deadline=None)
@given(
    before=said,
    turns=turns,
    after=said,
    header=st.sampled_from(["user\n", "<|user|>", "<|end|>\n"]),
    given=st.sampled_from([NO_FLAGS, STRIPPING]),
)
@example(before="", turns=[], after="Hello", header="user\n", given=NO_FLAGS)
def test_ids_after_a_header_are_the_tokenizers_own_where_no_token_reaches_over_its_end(
    kind: str,
    before: str,
    turns: list[tuple[str, str]],
    after: str,
    header: str,
    given: tuple[Flags, ...],
):
    tokenizer, vocabulary = tokenizer_of(kind, given)
    prompt = before + "".join(chain.from_iterable(turns)) + header
    if is_typed(after) or is_typed(before) or header in prompt[:-1] + after:
        return
    asked = tokenizer.encode(prompt, add_special_tokens=False).ids
    own = tokenizer.encode(prompt + after, add_special_tokens=False)
    reaches_over = any(start < len(prompt) < end for start, end in own.offsets)
    is_absorbed = header[-1] == ">" and given is STRIPPING
    if own.ids[: len(asked)] == asked and (is_absorbed or not reaches_over):
        pieces = vocabulary.pieces(prompt + after, header)
        assert [id for piece in pieces for id in piece.ids] == own.ids

"""One tokenizer for every place of a text, and without its control tokens for what users wrote."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum, auto
from typing import Any

from tokenizers import AddedToken, Tokenizer

# Stands in the names of control tokens where none may come out: a noncharacter, in no text.
_UNREACHABLE = "\ufdd2"


class Place(Enum):
    """What stands before a text that is encoded by itself."""

    START = auto()
    """Nothing."""
    AFTER_TOKEN = auto()
    """A control token."""
    INSIDE = auto()
    """More text."""


class Encoders:
    """The tokenizers that encode the parts of one rendered text as the model's own does whole.

    They are made when they are first needed: of a large vocabulary, each takes up to a second.
    """

    def __init__(self, tokenizer: Tokenizer, control: Mapping[int, str]) -> None:
        """`control` are the tokens that users' text never becomes, by their ids."""
        self._control = control
        added: Mapping[int, AddedToken] = tokenizer.get_added_tokens_decoder()
        self._added = {id: token.content.strip() for id, token in added.items()}
        self._whole: dict[Place, Tokenizer] = {Place.START: tokenizer}
        self._plain: dict[Place, Tokenizer] = {}

    def whole(self, place: Place) -> Tokenizer:
        """Return what finds all added tokens as the model's own tokenizer does."""
        if place not in self._whole:
            self._whole[place] = _placed(self._whole[Place.START], place)
        return self._whole[place]

    def whole_ids(self, text: str, place: Place) -> Sequence[int]:
        """Return the ids of a text in which no control token stands."""
        return self._ids(text, place, self.whole)

    def plain_ids(self, text: str, place: Place) -> Sequence[int]:
        """Return the ids of any text, none of which is a control token's."""
        return self._ids(text, place, self._without_control)

    def swallowed(self, token_id: int, text: str) -> int:
        """Return how many characters at the beginning of `text` belong to a token before it."""
        name = self._control[token_id]
        encoding = self.whole(Place.START).encode(name + text, add_special_tokens=False)
        if encoding.ids[0] != token_id:
            return 0
        return token_end(encoding.offsets, 0) - len(name)

    def _ids(self, text: str, place: Place, of: Callable[[Place], Tokenizer]) -> Sequence[int]:
        if place is not Place.INSIDE:
            return of(place).encode(text, add_special_tokens=False).ids
        # What follows an added token is begun anew, even inside of a text.
        encoding = of(Place.AFTER_TOKEN).encode(text, add_special_tokens=False)
        if of(Place.INSIDE) is of(Place.AFTER_TOKEN):
            return encoding.ids
        for index, id in enumerate(encoding.ids):
            start, end = encoding.offsets[index]
            if id in self._added and self._added[id] == text[start:end].strip():
                first = of(Place.INSIDE).encode(text[:start], add_special_tokens=False).ids
                return [*first, *encoding.ids[index:]]
        return of(Place.INSIDE).encode(text, add_special_tokens=False).ids

    def _without_control(self, place: Place) -> Tokenizer:
        if not self._plain:
            self._plain[Place.START] = _without(self._whole[Place.START], self._control)
        if place not in self._plain:
            self._plain[place] = _placed(self._plain[Place.START], place)
        return self._plain[place]


def token_end(offsets: Sequence[tuple[int, int]], index: int) -> int:
    """Return where a control token ends, with space after it that belongs to no other token."""
    end = offsets[index][1]
    return min(end, offsets[index + 1][0]) if index + 1 < len(offsets) else end


def _placed(tokenizer: Tokenizer, place: Place) -> Tokenizer:
    """Return a tokenizer for texts that stand at `place`; the same where that changes nothing."""
    description = json.loads(tokenizer.to_str())
    changes = [_place_step(step, place) for step in _steps(description)]
    return Tokenizer.from_str(json.dumps(description)) if any(changes) else tokenizer


def _steps(description: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every normalizer and pre-tokenizer, those in sequences too."""
    waiting = [description["normalizer"], description["pre_tokenizer"]]
    while waiting:
        step = waiting.pop()
        if step is not None:
            yield step
            waiting += [*step.get("normalizers", ()), *step.get("pretokenizers", ())]


def _place_step(step: dict[str, Any], place: Place) -> bool:
    """Change a step so that it begins no text that is none; return whether it did."""
    match step:
        case {"type": "Metaspace", "prepend_scheme": "first"}:
            step["prepend_scheme"] = "never"
        case {"type": "Metaspace", "prepend_scheme": "always"} if place is Place.INSIDE:
            step["prepend_scheme"] = "never"
        case {"type": "ByteLevel", "add_prefix_space": True} if place is Place.INSIDE:
            step["add_prefix_space"] = False
        case {"type": "Prepend", "prepend": str(prefix)} if prefix and place is Place.INSIDE:
            step["prepend"] = ""
        case _:
            return False
    return True


def _without(tokenizer: Tokenizer, control: Mapping[int, str]) -> Tokenizer:
    # Renamed and not left out: ids are given in the order of added tokens, and would change.
    description = json.loads(tokenizer.to_str())
    for token in description["added_tokens"]:
        if token["id"] in control:
            token["content"] = _UNREACHABLE + token["content"]
    # Some models could also spell control tokens by themselves, from letters or from pieces.
    _rename(description["model"], control)
    return Tokenizer.from_str(json.dumps(description))


def _rename(model: dict[str, Any], control: Mapping[int, str]) -> None:
    vocabulary = model["vocab"]
    names: set[str] = set()
    if isinstance(vocabulary, dict):
        renamed = {
            _UNREACHABLE + name if id in control else name: id for name, id in vocabulary.items()
        }
        names = {name for name, id in vocabulary.items() if id in control}
        model["vocab"] = renamed
    else:
        for id in control:
            if id < len(vocabulary):
                name, score = vocabulary[id]
                vocabulary[id] = [_UNREACHABLE + name, score]
    if model.get("unk_token") in names:
        model["unk_token"] = _UNREACHABLE + model["unk_token"]
    if "merges" in model:
        model["merges"] = [merge for merge in model["merges"] if not _makes(merge, names)]


def _makes(merge: Any, names: set[str]) -> bool:
    left, right = merge.split(" ") if isinstance(merge, str) else merge
    return bool({left, right, left + right} & names)

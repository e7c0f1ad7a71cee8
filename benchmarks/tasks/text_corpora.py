"""Mail classification and pronunciation, from corpora that are published on npm."""

import json
import random
import re
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.tasks.task import Answer, Score, Task, is_text, make_task, text_line

_MAIL_TRAINING, _WORD_TRAINING, _HELD_OUT = 60, 100, 50
_MAIL_CHARACTERS = 180
_MARKUP = re.compile(r"<[^>]*>|&\w+;|https?://\S+|=[0-9A-F]{2}|=\n")
# Mailing lists write their names in front: a mark that would give the class away.
_LIST_MARKS = re.compile(r"^(\s*(re|fwd?|\[[^\]]*\])\s*:?\s*)+", re.IGNORECASE)
_MAIL_SYSTEM = "Is this mail spam or ham? Answer with one word."
_WORD_SYSTEM = "Write the phonemes of the word in ARPAbet."


def mail(archive: Path) -> Task:
    """Say of the beginning of a mail whether it is spam."""
    mails = {"spam": list[str](), "ham": list[str]()}
    for group, text in _mails(archive):
        mails["spam" if group.startswith("spam") else "ham"].append(text)
    chance = random.Random(13)
    chosen: list[tuple[str, str]] = []
    half = (_MAIL_TRAINING + _HELD_OUT) // 2
    for label, texts in mails.items():
        chosen += [(text, label) for text in chance.sample(sorted(set(texts)), half)]
    # One of each after the other, so that both halves of the split are balanced.
    pairs = [pair for both in zip(chosen[:half], chosen[half:], strict=True) for pair in both]
    lines = [(text_line(text, label, system=_MAIL_SYSTEM), is_text(label)) for text, label in pairs]
    training = [line for line, _ in lines[:_MAIL_TRAINING]]
    return make_task("mail", training, lines[_MAIL_TRAINING:], max_tokens=8)


def _mails(archive: Path) -> Iterator[tuple[str, str]]:
    """Yield the group and the beginning of each mail that is plain enough to be read."""
    with tarfile.open(archive) as files:
        for member in files:
            path = Path(member.name)
            file = files.extractfile(member)
            if path.suffix != ".json" or path.parent.parent.name != "data" or file is None:
                continue
            found = json.loads(file.read())
            head, _, body = found["text"].partition("\n\n")
            subject = re.search(r"^Subject: *(.+)", head, re.MULTILINE)
            plain = " ".join(_MARKUP.sub(" ", body).split())
            is_readable = plain.isascii() and plain.isprintable() and len(plain) > 80
            if subject and is_readable and "base64" not in head:
                title = _LIST_MARKS.sub("", subject[1]).strip()
                yield found["group"], f"{title}\n\n{plain}"[:_MAIL_CHARACTERS]


def pronunciation(archive: Path) -> Task:
    """Write how an English word is pronounced; the score is the share of right phonemes."""
    with tarfile.open(archive) as files:
        file = files.extractfile("package/data/dict.json")
        assert file is not None
        entries: dict[str, str] = json.loads(file.read())
    words = sorted(w for w in entries if re.fullmatch("[A-Z]{4,8}", w) and f"{w}(1)" not in entries)
    chosen = random.Random(13).sample(words, _WORD_TRAINING + _HELD_OUT)
    lines = []
    for word in chosen:
        phonemes = re.sub(r"\d", "", entries[word])
        line = text_line(word.lower(), phonemes, system=_WORD_SYSTEM)
        lines.append((line, _phonemes(phonemes.split())))
    training = [line for line, _ in lines[:_WORD_TRAINING]]
    return make_task("pronunciation", training, lines[_WORD_TRAINING:], max_tokens=40)


def _phonemes(expected: Sequence[str]) -> Score:
    def score(answer: Answer) -> float:
        written = answer.text.split()
        return max(0.0, 1 - edit_distance(written, expected) / len(expected))

    return score


def edit_distance(left: Sequence[str], right: Sequence[str]) -> int:
    """Return how many items must be put in, taken out or replaced to make one the other."""
    row = list(range(len(right) + 1))
    for at, item in enumerate(left, start=1):
        before, row = row, [at]
        for column, other in enumerate(right, start=1):
            kept = before[column - 1] + (item != other)
            row.append(min(before[column] + 1, row[-1] + 1, kept))
    return row[-1]

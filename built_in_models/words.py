"""Invented words of many shapes, so that copying them can only be learned, never memorised."""

from random import Random


def _parts(text: str) -> tuple[str, ...]:
    """Split a table of parts of words, in which `-` is the empty part."""
    return tuple("" if part == "-" else part for part in text.split())


_ONSETS = _parts("b c d f g h j k l m n p r s t v w z") * 4 + _parts(
    """
    - - - - - - qu x y bl br ch cl cr dr fl fr gl gr kl kn kr ph pl pr sc sh sk sl sm sn sp st str
    sw th tr tw wh zh
    """
)
_NUCLEI = _parts("a e i o u a e i o") * 5 + _parts("y ai au ea ee ei eu ia ie io oa oe oi oo ou ua")
_CODAS = ("",) * 34 + _parts(
    """
    n r l s t m d k n r l b g p x z f n s ck ff ll ss rd rk rt nd nt st ng sh th mp lt rn tz ct
    """
)
_ENDINGS = _parts(
    """
    son ville ford ton ing er ia land berg ova ski ette ino ara elle ora ium ix ax us burg dale
    ham wood field stein ez ba lulu polis
    """
)
_STARTS = _parts(
    """
    un re con in de pre ex mis sub over al an el mar san hon ber car mont wal har gar win all kar
    zor vel tal mor sal per man
    """
)
_LETTERS = "eeeaaiioounnrrttllssddhhmmccppbbggkkffvvwyjxzq"
_ACCENTS = {
    "a": "áàâäåã",
    "e": "éèêë",
    "i": "íî",
    "o": "óöôøõ",
    "u": "úüû",
    "c": "ç",
    "n": "ñ",
    "s": "š",
    "z": "ž",
}

_PLAIN_SHAPES = ("syllables",) * 14 + ("letters",) * 3 + ("affixed",) * 5
_SHAPES = (
    *("capital",) * 26,
    *("plain",) * 26,
    *("upper",) * 6,
    *("camel",) * 8,
    *("snake",) * 6,
    *("digits",) * 9,
    *("hyphen",) * 6,
    *("apostrophe",) * 4,
    *("accent",) * 6,
    *("mixed",) * 4,
)


def invent_word(rng: Random, *, is_plain: bool = False) -> str:
    """Return a new word of 2 to 14 characters, without spaces and never ending in punctuation.

    A plain word is lower-case ASCII letters only.
    """
    shape = "plain" if is_plain else rng.choice(_SHAPES)
    if shape == "camel":
        first = _letters(rng, 7)
        return (first if rng.random() < 0.5 else first.capitalize()) + _letters(rng, 7).capitalize()
    if shape == "snake":
        return f"{_letters(rng, 7)}_{_letters(rng, 6)}"
    if shape == "hyphen":
        first, second = _letters(rng, 7), _letters(rng, 6)
        if rng.random() < 0.5:
            return f"{first.capitalize()}-{second.capitalize()}"
        return f"{first}-{second}"
    word = _letters(rng, 14)
    if shape == "plain":
        return word
    if shape == "capital":
        return word.capitalize()
    if shape == "upper":
        return word.upper()[:10]
    if shape == "digits":
        return _with_digits(rng, word[:9])
    if shape == "apostrophe":
        return f"{rng.choice('odlmnODLMN')}'{word[:11].capitalize()}"
    if shape == "accent":
        return _with_accents(rng, word)
    return "".join(c.upper() if rng.random() < 0.4 else c for c in word[:8])


def _letters(rng: Random, longest: int) -> str:
    shape = rng.choice(_PLAIN_SHAPES)
    if shape == "letters":
        count = rng.randint(2, min(longest, 9))
        return "".join([rng.choice(_LETTERS) for _ in range(count)])
    # Long words are wanted, but two or three syllables should be the rule.
    count = rng.choice((1, 1, 2, 2, 2, 2, 3, 3, 4))
    word = "".join(
        [rng.choice(_ONSETS) + rng.choice(_NUCLEI) + rng.choice(_CODAS) for _ in range(count)]
    )
    if shape == "affixed":
        word = word[:8] + rng.choice(_ENDINGS) if rng.random() < 0.6 else rng.choice(_STARTS) + word
    word = word[:longest]
    return word if len(word) > 1 else word + rng.choice("nrtls")


def _with_digits(rng: Random, word: str) -> str:
    digits = str(rng.randrange(10 ** rng.randint(1, 4)))
    if rng.random() < 0.4:
        word = word.capitalize()
    if rng.random() < 0.7:
        return word + rng.choice(("", "", "", "-", "_")) + digits
    return digits + word


def _with_accents(rng: Random, word: str) -> str:
    places = [at for at, letter in enumerate(word) if letter in _ACCENTS]
    if places:
        at = rng.choice(places)
        word = word[:at] + rng.choice(_ACCENTS[word[at]]) + word[at + 1 :]
    return word.capitalize() if rng.random() < 0.6 else word

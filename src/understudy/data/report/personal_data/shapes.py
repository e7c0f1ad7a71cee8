"""The kinds of secrets and personal data that are looked for, each with its pattern and proof."""

import re
from collections.abc import Callable
from typing import NamedTuple

from understudy.data.report.personal_data.numbers import (
    is_card,
    is_chinese_identity,
    is_iban,
    is_social_security,
)
from understudy.data.report.personal_data.phones import is_phone


class Shape(NamedTuple):
    """One kind of data."""

    kind: str
    hint: Callable[[str], bool]
    """Cheap and true wherever the pattern can match: most texts hold nothing of the kind."""
    pattern: re.Pattern[str]
    is_one: Callable[[re.Match[str]], bool]


def _any(_found: re.Match[str]) -> bool:
    return True


def _proved(is_valid: Callable[[str], bool]) -> Callable[[re.Match[str]], bool]:
    return lambda found: is_valid(found.group())


def _holds(*parts: str) -> Callable[[str], bool]:
    return lambda text: any(part in text for part in parts)


_DIGIT = re.compile(r"[0-9]")
_SIX_DIGITS = re.compile(r"[0-9](?:[^0-9\n]{0,4}[0-9]){5}")


def _has_digits(text: str) -> bool:
    return _DIGIT.search(text) is not None and _SIX_DIGITS.search(text) is not None


# Chinese and Japanese are written without spaces, so the letters of other scripts bound nothing:
# `\b` and `\w` would see no end of a number before 请.
_START = r"(?<![A-Za-z0-9_])"
_END = r"(?![A-Za-z0-9_])"

_PUBLIC_ADDRESSES = frozenset({"1.2.3.4", "1.1.1.1", "1.0.0.1", "8.8.8.8", "8.8.4.4", "9.9.9.9"})
_PRIVATE_NETWORKS = re.compile(
    r"0\.|10\.|127\.|169\.254\.|172\.(?:1[6-9]|2[0-9]|3[01])\.|192\.0\.[02]\.|192\.168\."
    r"|198\.51\.100\.|203\.0\.113\.|22[4-9]\.|2[3-5][0-9]\."
)
_NAMES_A_VERSION = re.compile(r"(?:version|firmware|release|build|\bv)\W{0,3}$", re.IGNORECASE)


def _is_address(found: re.Match[str]) -> bool:
    """Tell addresses of somebody from those of no one, of resolvers and of documentation."""
    text = found.group()
    if text in _PUBLIC_ADDRESSES or _PRIVATE_NETWORKS.match(text):
        return False
    before = found.string[max(0, found.start() - 12) : found.start()]
    return all(int(part) <= 255 for part in text.split(".")) and not _NAMES_A_VERSION.search(before)


_LETTER_AND_DIGIT = re.compile(r"(?=.*[A-Za-z])(?=.*[0-9])")


def _is_password(found: re.Match[str]) -> bool:
    """Take a word of letters and digits for a password, and a plain word for an instruction."""
    value = found.group("value")
    return _LETTER_AND_DIGIT.match(value) is not None and "://" not in value


# Every repetition is bounded, or cannot match in two ways: texts may be written to be slow.
SHAPES = (
    Shape(
        "email address",
        _holds("@"),
        re.compile(
            rf"{_START}[A-Za-z0-9][A-Za-z0-9._%+-]{{0,63}}@"
            rf"(?:[A-Za-z0-9-]{{1,63}}\.){{1,8}}[A-Za-z]{{2,24}}{_END}"
        ),
        _any,
    ),
    Shape(
        "phone number",
        _has_digits,
        re.compile(
            r"(?<![A-Za-z0-9_+/#.-])(?:\+[0-9](?:[ ()./-]{0,2}[0-9]){7,14}"
            r"|\(?[0-9](?:[ ()./-]{0,2}[0-9]){7,12})(?![A-Za-z0-9_]|[-/.][0-9])"
        ),
        is_phone,
    ),
    Shape(
        "payment card number",
        _has_digits,
        re.compile(r"(?<![A-Za-z0-9_.-])[0-9](?:[ -]?[0-9]){12,18}(?![A-Za-z0-9_-])"),
        _proved(is_card),
    ),
    Shape(
        "bank account number (IBAN)",
        _has_digits,
        re.compile(
            rf"{_START}[A-Z]{{2}}[0-9]{{2}}(?: ?[A-Z0-9]{{4}}){{2,7}}(?: ?[A-Z0-9]{{1,3}})?{_END}"
        ),
        _proved(is_iban),
    ),
    Shape(
        "Chinese identity number",
        _has_digits,
        re.compile(rf"{_START}[1-9][0-9]{{16}}[0-9Xx]{_END}"),
        _proved(is_chinese_identity),
    ),
    Shape(
        "US social security number",
        _has_digits,
        re.compile(r"(?<![A-Za-z0-9_-])[0-9]{3}-[0-9]{2}-[0-9]{4}(?![A-Za-z0-9_-])"),
        _proved(is_social_security),
    ),
    Shape(
        "IP address",
        _has_digits,
        re.compile(rf"{_START}(?<!\.)(?:[0-9]{{1,3}}\.){{3}}[0-9]{{1,3}}(?![A-Za-z0-9_]|\.[0-9])"),
        _is_address,
    ),
    Shape(
        "private key",
        _holds("PRIVATE KEY"),
        re.compile(r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY"),
        _any,
    ),
    Shape(
        "API key",
        _holds(
            "sk-",
            "sk_",
            "rk_",
            "AKIA",
            "ASIA",
            "gh",
            "github_pat_",
            "xox",
            "AIza",
            "hf_",
            "glpat-",
            "SG.",
            "npm_",
            "pypi-",
            "dop_v1_",
        ),
        re.compile(
            rf"{_START}(?:"
            # Names of packages begin with sk- too, but mix no letters of both cases with digits.
            r"sk-(?=[A-Za-z0-9_-]{0,200}[0-9])(?=[a-z0-9_-]{0,200}[A-Z])[A-Za-z0-9_-]{20,200}"
            r"|[rs]k_(?:live|test)_[A-Za-z0-9]{16,200}|(?:AKIA|ASIA)[A-Z0-9]{16}"
            r"|gh[opsur]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{22,200}"
            r"|glpat-[A-Za-z0-9_-]{20,200}|xox[abeprs]-[A-Za-z0-9-]{10,200}|AIza[A-Za-z0-9_-]{35}"
            r"|hf_[A-Za-z0-9]{30,60}|npm_[A-Za-z0-9]{36}|pypi-AgEI[A-Za-z0-9_-]{50,400}"
            r"|dop_v1_[a-f0-9]{64}|SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43})"
        ),
        _any,
    ),
    Shape(
        "web token (JWT)",
        _holds("eyJ"),
        re.compile(rf"{_START}eyJ[A-Za-z0-9_-]{{8,4000}}\.eyJ[A-Za-z0-9_-]{{8,4000}}\."),
        _any,
    ),
    Shape(
        "password",
        _holds(":", "=", "\uff1a"),
        re.compile(
            rf"(?i)(?:{_START}(?:password|passwd|passphrase|passcode|pwd|passwort|kennwort"
            r"|contraseña|mot de passe|mdp|senha)|密码|口令|パスワード)[\"']?"
            r"(?: (?:is|ist|es|est))?\s{0,3}[:=\uff1a]\s{0,3}[\"']?"
            r"(?P<value>[A-Za-z0-9!#@$%^&?+._-][!-~]{5,64})"
        ),
        _is_password,
    ),
)

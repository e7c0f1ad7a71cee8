"""Numbers with check digits, which tell a card or an account from any other long number."""

import re

_ISSUER = re.compile(r"4|5[1-5]|2[2-7]|3[0345678]|6[0245]|62|81")
_CARD_DIGITS = (13, 14, 15, 16, 19)


def is_card(text: str) -> bool:
    """Say whether a number begins as an issuer's and ends in Luhn's check digit."""
    digits = re.sub(r"[ -]", "", text)
    if len(digits) not in _CARD_DIGITS or len(set(digits)) == 1 or not _ISSUER.match(digits):
        return False
    # Loaded for the first number that may be one: most files hold none, and it takes time.
    from stdnum import luhn

    return luhn.is_valid(digits)


def is_iban(text: str) -> bool:
    """Say whether length, country and check digits are those of an account."""
    from stdnum import iban

    return iban.is_valid(text)


def is_chinese_identity(text: str) -> bool:
    """Say whether place, birthday and check digit are those of a resident's number."""
    from stdnum.cn import ric

    return ric.is_valid(text)


def is_social_security(text: str) -> bool:
    """Say whether a number can have been issued in the United States."""
    from stdnum.us import ssn

    return ssn.is_valid(text)

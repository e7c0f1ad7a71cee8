"""Phone numbers: in forms that say so themselves, and local ones after a word that names them."""

import re
from collections.abc import Iterable

_NORTH_AMERICAN = re.compile(r"(?:\([0-9]{3}\) ?|[0-9]{3}[-. ])[0-9]{3}[-. ][0-9]{4}")
_CHINESE_MOBILE = re.compile(r"1[3-9][0-9]([ -]?)[0-9]{4}\1[0-9]{4}")

# Their local numbers look like any other number, so a word must say that one follows.
_LOCAL_REGIONS = (
    "DE",
    "AT",
    "CH",
    "FR",
    "BE",
    "NL",
    "GB",
    "IE",
    "ES",
    "IT",
    "PT",
    "PL",
    "CN",
    "JP",
)
_DATE = re.compile(
    r"(?:19|20)[0-9]{2}[-./](?:0?[1-9]|1[0-2])[-./].*|[0-9]{1,2}[-./][0-9]{1,2}[-./](?:19|20)[0-9]{2}.*"
)
_LOCAL_DIGITS = range(8, 13)
_BEFORE = 40
_NAMES_A_PHONE = re.compile(
    r"\b(?:tel|telefon\w*|phone|telephone|t[ée]l[ée]phone|tel[ée]fono|telefoon|tél|mobile?|mobil\w*"
    r"|cell\w*|handy|m[óo]vil|portable|fax|whatsapp|sms|hotline|call|ring|text|office|reach"
    r"|ruf\w*|anruf\w*|erreich\w*(?: \w+)? unter"
    r"|joindre|joignable|nummer ist|number is|numéro est|número es|numero è|appel\w*|ll[áa]m\w*"
    r"|chiam\w*|bel|bellen|contact me)\b[^0-9\n]{0,25}$"
    r"|(?:电话|手机|拨打|联系|座机|热线|電話|携帯|号码是)[^0-9\n]{0,10}$",
    re.IGNORECASE,
)
# What is numbered like this is no phone, even where a phone is spoken of nearby.
_NAMES_ANOTHER = re.compile(
    r"(?:order|bestell|kunden|customer|invoice|rechnung|case|ticket|tracking|article|part|pedido"
    r"|commande|account|konto|isbn|ref(?:erence)?|policy|contract|serial|sku)[\w-]{0,8}"
    r"(?: (?:number|no|nr|num|id|nummer))?[\s.:#]*(?:is |ist |es |est )?$"
    r"|(?:单号|编号|订单|流水号?|会议号|账号|卡号|注文番号|番号は?)\s*[:\uff1a是为]?\s*$",
    re.IGNORECASE,
)


def is_phone(found: re.Match[str]) -> bool:
    """Say whether a number is one, by its form and the words before it."""
    text = found.group()
    before = found.string[max(0, found.start() - _BEFORE) : found.start()]
    if text.startswith("+"):
        return _is_valid(text, (None,))
    if _NAMES_ANOTHER.search(before):
        return False
    if _CHINESE_MOBILE.fullmatch(text):
        return _is_valid(text, ("CN",))
    if _NORTH_AMERICAN.fullmatch(text):
        return True
    is_named = _NAMES_A_PHONE.search(before) is not None and not _DATE.fullmatch(text)
    digits = sum(letter.isdecimal() for letter in text)
    return is_named and digits in _LOCAL_DIGITS and _is_valid(text, _LOCAL_REGIONS)


def _is_valid(text: str, regions: Iterable[str | None]) -> bool:
    """Ask the tables of numbers that are assigned."""
    # Loaded for the first number that may be one: most files hold none, and it takes time.
    import phonenumbers

    for region in regions:
        try:
            number = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return True
    return False

"""Answers in which somebody still has to fill something in: `TODO`, `[NAME]`, `{{first_name}}`."""

import re

# Most answers hold none of these, and are looked at once.
_MAY_HOLD = re.compile(
    r"[\[{<【]|__|TODO|FIXME|TB[AD]|XXX|[Ll]orem|LOREM|待|填写|输入|插入"
    r"|^\W{0,3}(?i:insert|\w+ (?:text )?goes here|enter|put|add|your|dear xxx|tb|todo|fixme|xxx"
    r"|place)"
)
_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)

_WHOLE = re.compile(
    r"\W{0,3}(?:(?:insert|enter|put|add|your) (?:\w+ ){0,3}here|(?:\w+ ){1,3}goes here|tbd"
    r"|tba|todo|fixme|xxx+|placeholder|lorem ipsum|待补充|待填写|待定)\W{0,3}",
    re.IGNORECASE,
)
_NOTE = re.compile(
    r"\b(?:TODO|FIXME|TBD)(?: ?\([^)\n]{1,30}\))? ?[:\uff1a]|\b(?:TODO|FIXME)\([^)\n]{1,30}\)"
    r"|^\W{0,4}(?:(?:TODO|FIXME)\s*$|(?:TBD|TBA|XXX)\b ?(?:[-\u2013—:]|[a-z]))"
    r"|\blorem ipsum\b|^(?:Dear|Hi|Hello|Mr\.?|Ms\.?) (?:X{2,3}|___?)\b",
    re.MULTILINE,
)
_LOREM = re.compile(r"lorem ipsum dolor", re.IGNORECASE)
_BLANK = re.compile(r"(?<=[^\W_]) _{4}|(?<!_)_{4,40} (?=[^\W_])")
_ADDRESSED_SLOT = re.compile(
    r"^(?:dear|hi|hello|sehr geehrter?|liebe[rs]?|bonjour|cher|chère|estimad[oa]|hola"
    r"|尊敬的|亲爱的)(?: \w+\.?)? ?(?:[\[【{]\w|<[a-z_]{3,}>)",
    re.MULTILINE | re.IGNORECASE,
)
_CHINESE_SLOT = re.compile(r"(?:请?在?此处|请在此)(?:填写|输入|插入)")
_MUSTACHE = re.compile(r"\{\{ ?[\w.]+ ?\}\}|\$\{[A-Z][A-Z_]+\}")

_BRACKETED = re.compile(
    r"(?<![A-Za-z0-9_\])])(?:\[(?P<square>[^\[\]\n]{2,40})\](?!\()|【(?P<lenticular>[^【】\n]{2,40})】"
    r"|(?<![{$])\{(?P<curly>[^{}\n\"':]{2,40})\}(?!\})|<(?P<angle>[^<>\n/=]{2,40})>)"
)
# What letters, forms and orders leave open: these words, alone or after one that qualifies them.
_SLOT_WORD = re.compile(
    r"(?:(?:first|last|user)?name|surname|customer|cliente?|kunden?|date|time|address|e-?mail|(?:tele)?phone|number|no|id|price"
    r"|amount|total|company|organization|city|country|street|zip|title|position|department"
    r"|code|message|reason|topic|age|school|hotel|event|deadline|item|details?|location|venue|method"
    r"|signature|url|link|website|answer|response|text|description|product|order|customer|client"
    r"|user|placeholder"
    r"|vorname|nachname|datum|adresse|firma|(?:telefon|bestell|kunden)nummer|betrag|antwort|anrede"
    r"|prénom|nom|entreprise|société|numéro|montant|réponse"
    r"|nombre|apellidos?|fecha|dirección|empresa|número|importe|respuesta"
    r"|(?:客户)?姓名|名字|日期|地址|电话|公司(?:名称?)?|客户名称|订单号|手机号|邮箱|金额"
    r"|氏名|お?名前|日付|住所|会社名)"
)
_QUALIFIER = re.compile(
    r"(?:your|my|the|customer(?:'s)?|client|user|first|last|middle|full|company|product|order|invoice"
    r"|ticket|account|phone|e-?mail|mobile|street|postal|zip|due|start|end|delivery|case|tracking"
    r"|of|del?|du|des|la|el|le|der|cliente?|client|reference|job|recipient|sender|business|contact|ihre?n?|votre|tu|su)"
)
_ASKS_TO_FILL = re.compile(
    r"(?:insert|enter|fill in|add|put|type|your|ihre?n?|votre|vos|su|tu)[ _-].+"
    r"|to be (?:completed|added|filled|determined|announced|confirmed|written|inserted).*"
    r"|(?:请|此处|在此|您的|你的|ここに).+|.+を入力",
    re.IGNORECASE,
)
_SHOUTED = re.compile(r"[A-Z]{2,}(?:[ _][A-Z]{2,})+")
_BETWEEN_WORDS = re.compile(r"[\s_-]+")


# Braces are usual where these stand, also outside of marked code.
_LOOKS_LIKE_CODE = re.compile(
    r"\b(?:[Tt]emplate|Jinja|Liquid|Handlebars|Vue)\b|\w\(|>>>|\w=[\w\"'$\[{]|^\$ \w|;$",
    re.MULTILINE,
)


def has_placeholder(answer: str) -> bool:
    """Say whether something is left to fill in; in code such marks are usual."""
    if _MAY_HOLD.search(answer) is None:
        return False
    if _WHOLE.fullmatch(answer):
        return True
    text = _CODE.sub(" ", answer) if "`" in answer else answer
    return _is_noted(text) or any(_is_slot(found, text) for found in _BRACKETED.finditer(text))


def _is_noted(text: str) -> bool:
    if any(
        pattern.search(text) for pattern in (_NOTE, _LOREM, _BLANK, _CHINESE_SLOT, _ADDRESSED_SLOT)
    ):
        return True
    return _MUSTACHE.search(text) is not None and not _LOOKS_LIKE_CODE.search(text)


def _is_slot(found: re.Match[str], text: str) -> bool:
    inside = found[found.lastgroup or 0]
    if found.lastgroup == "angle" and (inside.islower() and not _ASKS_TO_FILL.fullmatch(inside)):
        # Tags of markup are written like this.
        return False
    if found.lastgroup == "curly" and _LOOKS_LIKE_CODE.search(text):
        return False
    if found.lastgroup == "angle" and f"</{inside}>" in text:
        return False
    if _ASKS_TO_FILL.fullmatch(inside) or _SHOUTED.fullmatch(inside):
        return True
    *before, last = _BETWEEN_WORDS.split(inside.strip().casefold())
    return _SLOT_WORD.fullmatch(last) is not None and all(
        _QUALIFIER.fullmatch(word) or _SLOT_WORD.fullmatch(word) for word in before
    )

"""Answers that decline what was asked, in six languages."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from understudy.data.examples import ChatExample
from understudy.data.report.line_numbers import Lines, lines_of
from understudy.data.report.texts import answer_text


@dataclass(frozen=True, kw_only=True)
class Refusals:
    """Answers that decline to do what was asked."""

    lines: Lines
    share: float
    """Of all examples, from 0 to 1."""


def find_refusals(examples: Sequence[ChatExample]) -> Refusals:
    """Find answers that begin as refusals do."""
    lines = lines_of(e.line for e in examples if is_refusal(answer_text(e)))
    share = round(lines.count / len(examples), 4) if examples else 0.0
    return Refusals(lines=lines, share=share)


def is_refusal(answer: str) -> bool:
    """Say whether an answer begins as refusals do.

    It declines to help, to answer, to share and the like. Not to find or to see something is no
    refusal: such an answer asks for what is missing.
    """
    opening = answer[:_OPENING_CHARACTERS].replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").lower()
    return any(decline.search(opening) for hints, decline in _DECLINES if _holds(opening, hints))


def _holds(opening: str, hints: Sequence[str]) -> bool:
    return any(hint in opening for hint in hints)


# How long a refusal may take to come to the point.
_OPENING_CHARACTERS = 160

_ENGLISH_REGRET = (
    r"(?:(?:no,? )?(?:i'm|i am|we're|we are) (?:\w+ ){0,2}(?:sorry|afraid)|sorry"
    r"|(?:my )?apologies|i apologi[sz]e|unfortunately|regrettably"
    r"|as an? (?:[\w-]+ ){0,4}(?:ai|model|assistant|bot)|no)\b[^.!?]{0,60}?"
)
_ENGLISH_INABILITY = (
    r"\b(?:i|we)(?: (?:can ?not|can't|could not|will not|won't|must decline to|have to decline to"
    r"|would rather not|refuse to)|'d rather not|(?: am|'m| are|'re)"
    r" (?:not (?:able|allowed|permitted|authori[sz]ed|going|comfortable|qualified|in a position) ?"
    r"(?:to)?|unable to)"
    r"|(?: will not| won't) be able to)"
)
_ENGLISH_DEEDS = (
    r"\s+(?:\w+ly )?(?:help|assist|do|comply|provid|giv|answer|respond|support|discuss|shar|writ"
    r"|creat|generat|produc|fulfil|offer|advis|recommend|disclos|reveal|feel|brows|engag|participat"
    r"|comment|talk about|tell you|diagnos|encourag|promot|facilitat|accommodat|teach)\w*\b"
)
# What a service cannot find, see or ship it does not decline; of all else it does, with a regret.
_ENGLISH_NO_DEEDS = (
    r"(?!\s+(?:\w+ly )?(?:find|see|locat|tell whether|open|read|hear|view|load|identif|recogni"
    r"|reach|wait|believe|remember|detect|access|connect|track|verif|confirm|retriev|match|spot|imagin"
    r"|ship|deliver|refund|cancel|exchang|extend|reserv|replac|repair|accept|guarant|reproduc|log"
    r"|make out|be|have|get|go|come|attend)\w*\b)\s+\w+"
)
_ENGLISH = re.compile(
    rf"^\W*(?:{_ENGLISH_REGRET}){_ENGLISH_INABILITY}{_ENGLISH_NO_DEEDS}|"
    r"\b(?:inappropriate|not appropriate|unethical) for me to\b"
    r"|\b(?:against|violates?) (?:my|our) (?:guidelines|rules|principles|programming|values)\b|"
    rf"^\W*(?:{_ENGLISH_REGRET})?{_ENGLISH_INABILITY}{_ENGLISH_DEEDS}"
    rf"|^\W*(?:{_ENGLISH_REGRET})?\bi (?:must|have to) decline\b"
    r"|^\W*(?:[^.!?]{0,60}[,.;] )?(?:that|this|it)(?:'s| is) (?:not something|nothing)"
    r" (?:that )?(?:i|we) (?:can|am able to|are able to|will) \w+"
    r"|\bi (?:don't|do not|wouldn't|would not) feel (?:comfortable|right)\b"
    r"|\b(?:i'm|i am|we're|we are) not in a position to\b"
    rf"|\b(?:that|which|so|and) (?:i|we) (?:can ?not|can't|won't){_ENGLISH_DEEDS}"
)

# Between the inability and the deed stands for whom; 您不能 (you cannot) declines nothing.
_CHINESE = re.compile(
    r"(?:(?<![您你们])(?:无法|不能|不可以|没办法|没法|不便|不方便|不会|恕难|无权|不允许)"
    r"(?:继续|直接)?(?:[为给帮向对就在][^\uff0c。]{0,8})?[^\uff0c。不]{0,4}?"
    r"(?:帮助|帮忙|帮您|帮你|协助|提供|回答|解答|透露|分享|给出|生成|编写|撰写|代写|写|讨论|支持|满足|执行|告诉|告知"
    r"|回应|评论|参与|发表|给出?诊断|诊断|展示|给您|给你|答复|完成(?:您|你|这|该|此))"
    r"|超出[^。]{0,8}(?:能力|职责|权限|服务)|[帮办做答]不了(?:您|你|这|。|$)|恕(?:难|不)从命|拒绝(?:回答|提供|协助)|无可奉告"
    r"|没有?权限[^\uff0c。]{0,6}(?:提供|查看|透露|分享)|我(?:无法|不能)处理"
    r"|作为[^\uff0c。]{0,12}(?:模型|助手|人工智能|ai)\uff0c?我?(?:无法|不能|不会|没有))"
)
_GERMAN_DEEDS = (
    r"(?:helfen|beantworten|weitergeben|geben|bereitstellen|anbieten|unterstützen|teilen|erstellen"
    r"|schreiben|sagen|tun|machen|beraten|erfüllen|nachkommen|verraten|mitteilen|leisten|erteilen"
    r"|preisgeben|herausgeben|bearbeiten|vorhersagen|kommentieren|diskutieren|eingehen|übernehmen|ausführen|antworten|behilflich)"
)
_GERMAN = re.compile(
    r"\b(?:(?:ich|wir) (?:kann|darf|werde|möchte|können|dürfen|werden)"
    r"|(?:kann|darf|werde|möchte|können|dürfen|werden) (?:ich|wir))\b[^.?!;]{0,70}?"
    rf"\b(?:nicht|keine?[nmrs]?|nichts)\b[^.?!;]{{0,60}}?\b{_GERMAN_DEEDS}\b"
    r"|\b(?:ist|wäre) (?:es )?(?:mir|uns) (?:leider )?nicht (?:möglich|erlaubt|gestattet)\b"
    r"|\b(?:solche|derartige|so etwas)\b[^.?!]{0,40}\b(?:ich|wir) nicht\b"
    r"|\b(?:verstößt|widerspricht) (?:gegen )?(?:mein|unser)e?n? (?:richtlinien|regeln|grundsätze)"
    r"|\bdarf ich (?:leider )?nicht[.!]?$"
    rf"|\bich bin nicht (?:in der lage|befugt|berechtigt)[^.?!]{{0,60}}{_GERMAN_DEEDS}\b"
)
_SPANISH = re.compile(
    r"\bno (?:(?:te|le|les|os|se lo) )?(?:puedo|podemos|me es posible|nos es posible"
    r"|es posible para mí|me está permitido"
    r"|tengo permi(?:tido|so para)|estoy (?:autorizad[oa] (?:a|para)|en condiciones de)"
    r"|soy capaz de|voy a)\s+"
    r"(?:ayudar|proporcionar|responder|dar|compartir|hacer|ofrecer|cumplir|brindar|asistir|generar"
    r"|crear|escribir|contestar|hablar|comentar|facilitar|revelar|recomendar"
    r"|acceder a (?:esa|tu|su)|participar|atender|aconsejar|redactar)"
    r"(?:te|les?|los?|las?|os|me){0,2}\b"
    r"|\b(?:siento|lamento|lamentablemente|desafortunadamente|perdon\w*|disculp\w*|temo)\b[^.!?]{0,30}?"
    r"\bno (?:(?:te|le|les|lo|la) )?(?:puedo|podemos|poder) "
    r"(?!encontrar|ver|abrir|localizar|leer|acceder|oír|enviar|entregar|reproducir|confirmar)\w+"
    r"|\bva(?:n)? (?:en )?contra (?:de )?(?:mis|nuestras) "
)
_FRENCH = re.compile(
    r"\b(?:je ne (?:peux|puis|pourrai|saurais|suis)|nous ne (?:pouvons|sommes))"
    r"(?: malheureusement| hélas)?(?: pas)?(?: malheureusement)?"
    r"(?: (?:en mesure de|autorisée?s? à|capable de|habilitée?s? à))?\s+"
    r"(?:(?:vous|te|t'|l'|y|le|la|les|en)\s*){0,3}"
    r"(?:aider|répondre|fournir|donner|partager|faire|conseiller|assister|créer|générer|écrire"
    r"|rédiger|divulguer|communiquer|discuter|traiter|proposer|accéder à (?:cette|votre|ta)"
    r"|satisfaire|participer|recommander|dire)\b"
    r"|\b(?:désolée?s?|navrée?s?|regrette|malheureusement|crains)\b[^.!?]{0,30}?"
    r"\b(?:je ne (?:peux|puis)|nous ne pouvons)(?: malheureusement)? pas "
    r"(?!(?:le |la |les |l')?(?:trouver|voir|ouvrir|lire|accéder|localiser|livrer"
    r"|envoyer|retrouver))\w+"
    r"|\b(?:à l'encontre de|contraires? à) (?:mes|nos) "
    r"|\bde ne pas pouvoir (?:vous |te |y |le |la |les )?"
    r"(?:aider|répondre|fournir|donner|faire|partager)\b"
    r"|\bil m'est impossible de (?:vous |te )?(?:aider|répondre|fournir|donner|faire|partager)\b"
)
_JAPANESE = re.compile(
    r"(?:お?応え|お?答え(?:る)?|回答|提供|お?手伝い|手助け|作成|お?教え|支援|協力|生成|共有|開示|案内|アドバイス|助言|執筆|お力になる)"
    r"(?:を?する|をお?こなう|を?行う)?(?:こと)?(?:は|が|も|に)?"
    r"(?:(?:でき|出来|あげられ)(?:ません|かねます|ない)|(?:いた|致)?しかねます)"
    r"|(?:回答|お答え|提供|公開|開示|共有|コメント)(?:は|を|について(?:は)?)?(?:お)?(?:控え|差し控え|遠慮)"
    r"|^[^。]{0,20}(?:申し訳|すみません|ごめん|恐れ入り|残念)[^。]{0,20}(?:それ|そのよう\w*|そちら)(?:は|を|に)?(?:でき|出来)ません"
)
_DECLINES: tuple[tuple[tuple[str, ...], re.Pattern[str]], ...] = (
    (("not", "n't", "unable", "declin", "refuse", "for me to", "against ", "violate"), _ENGLISH),
    (("不", "无", "没", "拒", "恕"), _CHINESE),
    (("nich", "kein", "verstößt"), _GERMAN),
    (("no ", "contra "), _SPANISH),
    (("je ne", "nous ne", "de ne pas", "impossible", "à l'encontre", "contraire"), _FRENCH),
    (("ません", "かね", "できない", "控え", "遠慮"), _JAPANESE),
)

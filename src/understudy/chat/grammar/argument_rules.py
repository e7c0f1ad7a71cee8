"""Grammar rules for the arguments of a call, in the form in which a model writes them."""

from understudy.chat.families.call_forms import CallForm
from understudy.chat.families.spelling import CallSpelling
from understudy.chat.grammar.keyword_rules import KeywordRules
from understudy.chat.grammar.literals import Literals
from understudy.chat.grammar.parameter_values import AnyText, JsonValue, OneOf, parameters_of
from understudy.chat.grammar.quoted_rules import QuotedRules
from understudy.chat.grammar.schemas import json_rule, parameters_schema
from understudy.chat.messages import Tool
from understudy.chat.parsing.keyword_values import KeywordForm
from understudy.chat.parsing.parameters import ParameterForm


def argument_rules(
    name: str, tool: Tool, form: CallForm | None, spelling: CallSpelling, literals: Literals
) -> list[str]:
    """Return a rule called `name` for what a tool's schema allows, and those that it needs.

    Raises InvalidRequestError for what a strict tool demands and this form cannot be held to.
    """
    match form.arguments if form is not None else None:
        case ParameterForm() as parameters:
            return _tagged(name, tool, parameters, spelling, literals)
        case None:
            schema = parameters_schema(tool.parameters)
            return [f"{name}: {json_rule(schema, spelling.style, is_strict=tool.is_strict)}"]
        case KeywordForm() as keywords:
            return KeywordRules(name, tool, keywords, spelling, literals).write()
        case quoted:
            return QuotedRules(name, tool, quoted, spelling, literals).write()


def _tagged(
    name: str, tool: Tool, form: ParameterForm, spelling: CallSpelling, literals: Literals
) -> list[str]:
    asked = parameters_of(
        parameters_schema(tool.parameters), tool, python_words=spelling.python_words
    )
    rules: list[str] = []
    parts: list[str] = []
    ended = literals.literal(form.closing + spelling.after_parameter, starts_piece=False).rule
    for part, parameter in enumerate(asked):
        opening = form.opening + literals.guard(parameter.name) + form.between
        begun = literals.literal(opening, starts_piece=False)
        written = f"{name}_{part}"
        match parameter.value:
            case AnyText():
                after = literals.literal(spelling.after_parameter, starts_piece=False).rule
                rules += literals.up_to(f"{written}_text", form.closing)
                value = f"{written}_text {after}"
            case OneOf(texts=texts):
                choices = (
                    literals.literal(literals.guard(text), starts_piece=False).rule
                    for text in texts
                )
                value = f"( {' | '.join(choices)} ) {ended}"
            case JsonValue(schema=inner):
                rule = json_rule(inner, spelling.style, is_strict=tool.is_strict)
                rules.append(f"{written}_json: {rule}")
                value = f"{written}_json {ended}"
        rules.append(f"{written}: {begun.rule} {value}")
        parts.append(written if parameter.is_required else f"{written}?")
    return [f"{name}: {' '.join(parts)}", *rules]

"""Which chat templates fit a base model, each tried with its own tokenizer."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from understudy.chat.families.call_forms import call_form
from understudy.chat.named_templates.shipped import (
    NAMED_TEMPLATES,
    OWN,
    TOOLS,
    NamedTemplate,
    own_with_tools,
)
from understudy.chat.named_templates.trial import (
    Findings,
    Learns,
    end_token,
    examine,
    first_id,
    frame,
)
from understudy.chat.rendering.model_files import own_template
from understudy.chat.rendering.renderer import ChatRenderer
from understudy.errors import InvalidRequestError

_MAX_TEMPLATE_BYTES = 1_000_000
_LAST_RESORT = "plain"
_WORTHLESS, _WORTH_ALL = (False, False, False), (True, True, True)


@dataclass(frozen=True, kw_only=True)
class FittedTemplate:
    """A template together with a tokenizer, tried."""

    name: str
    source: str
    renderer: ChatRenderer
    findings: Findings


class TemplateFitting:
    """The templates for one tokenizer; what is asked for is tried when it is asked for."""

    def __init__(self, bare: ChatRenderer, own_source: str | None) -> None:
        self._bare = bare
        self._own_source = own_source

    @classmethod
    def of_directory(cls, directory: Path) -> "TemplateFitting":
        """Raise InvalidRequestError when the directory has no tokenizer.json."""
        return cls(ChatRenderer.without_template(directory), own_template(directory))

    @classmethod
    def of_renderer(cls, renderer: ChatRenderer) -> "TemplateFitting":
        """Look for templates beside the one that a renderer has."""
        return cls(renderer, renderer.template.source)

    @cached_property
    def own(self) -> FittedTemplate | None:
        """The base's own template; None where it has none, or one that cannot be read."""
        if self._own_source is None:
            return None
        try:
            return self._tried(OWN, self._own_source, ())
        except InvalidRequestError:
            return None

    @cached_property
    def fitting(self) -> Mapping[str, FittedTemplate]:
        """Every shipped template that fits, by name: chat works, answers can be trained."""
        return {fitted.name: fitted for fitted in self._all() if is_usable(fitted.findings)}

    @cached_property
    def recommended(self) -> str | None:
        """The name of the template that gives what the own one lacks; None where that lacks none.

        A template of the family, which frames messages as the own one does, goes before tools
        added to the own one, and that before a template for any tokenizer.
        """
        least = _worth(self.own.findings) if self.own is not None else _WORTHLESS
        if least == _WORTH_ALL:
            return None
        # A model that knows another template would have to unlearn it for that of no family.
        is_known = self.own is not None and is_usable(self.own.findings)
        better = [
            fitted
            for fitted in self.fitting.values()
            if _worth(fitted.findings) > least and not (is_known and fitted.name == _LAST_RESORT)
        ]
        if not better:
            return None
        return max(better, key=self._rank).name

    def _rank(self, fitted: FittedTemplate) -> tuple[tuple[bool, bool, bool], bool, bool, bool]:
        is_framed_as_own = self.own is None or (
            frame(fitted.renderer) == frame(self.own.renderer)
            and first_id(fitted.renderer) == first_id(self.own.renderer)
        )
        # A model that calls in one form already would have to unlearn it for another.
        own_calls = None if self._own_source is None else call_form(self._own_source)
        has_own_calls = own_calls is None or own_calls == call_form(fitted.source)
        return (
            _worth(fitted.findings),
            is_framed_as_own,
            fitted.name != _LAST_RESORT,
            has_own_calls,
        )

    def named(self, name: str) -> FittedTemplate:
        """Return one template by its name.

        Raises InvalidRequestError when there is none of that name or it does not fit.
        """
        if name == OWN:
            if self.own is None:
                raise InvalidRequestError("This base has no chat template of its own that works.")
            return self.own
        if name == TOOLS:
            fitted = _usable(self._with_tools())
            if fitted.findings.tools_problem is not None:
                raise InvalidRequestError(
                    "Tool calls cannot be added to the chat template of this base: "
                    f"{fitted.findings.tools_problem}"
                )
            return fitted
        check_template_name(name)
        return _usable(self._of_named(NAMED_TEMPLATES[name]))

    def from_file(self, file: Path) -> FittedTemplate:
        """Return the template of a Jinja file.

        Raises InvalidRequestError when it cannot be read, does not end, or does not fit.
        """
        if file.stat().st_size > _MAX_TEMPLATE_BYTES:
            raise InvalidRequestError(f"{file} is too large for a chat template.")
        try:
            source = file.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise InvalidRequestError(f"{file} is not a text file.") from error
        end = end_token(self._bare.with_template(source, ()))
        return _usable(self._tried(file.name, source, () if end is None else (end,)))

    def _all(self) -> Iterator[FittedTemplate]:
        for template in NAMED_TEMPLATES.values():
            if self._lacks(template) is None:
                yield self._of_named(template)
        if self._own_source is not None:
            try:
                fitted = self._with_tools()
            except InvalidRequestError:
                return
            if fitted.findings.has_tools:
                yield fitted

    def _of_named(self, template: NamedTemplate) -> FittedTemplate:
        if (lack := self._lacks(template)) is not None:
            raise InvalidRequestError(
                f"The chat template '{template.name}' is for {template.families}: this base's "
                f"tokenizer {lack}."
            )
        return self._tried(template.name, template.source, template.ends)

    def _lacks(self, template: NamedTemplate) -> str | None:
        atoms = self._bare.vocabulary
        for token in template.tokens:
            if (id := atoms.id_of(token)) is None or atoms.atom(id) is None:
                return f"has no special token {token}"
        return None if template.ends or self._bare.stop_ids else "names no token that ends a text"

    def _with_tools(self) -> FittedTemplate:
        if self._own_source is None:
            raise InvalidRequestError(
                f"'{TOOLS}' adds tool calls to the base's own chat template, and it has none."
            )
        first, second = own_with_tools(self._own_source)
        end = end_token(self._bare.with_template(self._own_source, ()))
        ends = () if end is None else (end,)
        listed_by_system = self._tried(TOOLS, first, ends)
        if listed_by_system.findings.has_tools:
            return listed_by_system
        return self._tried(TOOLS, second, ends)

    def _tried(self, name: str, source: str, ends: tuple[str, ...]) -> FittedTemplate:
        renderer = self._bare.with_template(source, ends)
        return FittedTemplate(
            name=name, source=source, renderer=renderer, findings=examine(renderer)
        )


def check_template_name(name: str) -> None:
    """Raise InvalidRequestError when no template has the name, whatever the base."""
    known = [*NAMED_TEMPLATES, TOOLS, OWN]
    if name not in known:
        raise InvalidRequestError(
            f"There is no chat template '{name}'. Give the path of a Jinja file, or one of "
            f"{', '.join(known)}."
        )


def is_usable(findings: Findings) -> bool:
    """Whether a model can be asked and trained with a template."""
    return _why_unusable(findings) is None


def _usable(fitted: FittedTemplate) -> FittedTemplate:
    if (why := _why_unusable(fitted.findings)) is not None:
        raise InvalidRequestError(
            f"The chat template '{fitted.name}' does not fit this base: {why}"
        )
    return fitted


def _why_unusable(findings: Findings) -> str | None:
    if findings.chat_problem is not None:
        return findings.chat_problem
    if findings.foreign_tokens:
        return (
            f"it writes {', '.join(findings.foreign_tokens)}, which this tokenizer does not have "
            "as tokens; it is for another family."
        )
    return findings.learns_problem if findings.learns is Learns.NOTHING else None


def _worth(findings: Findings) -> tuple[bool, bool, bool]:
    return (
        findings.chat_problem is None and findings.learns is not Learns.NOTHING,
        findings.has_tools and findings.learns_calls is not Learns.NOTHING,
        findings.learns is Learns.EVERY_TURN,
    )

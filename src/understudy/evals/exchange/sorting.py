"""Finds evals, runs, output items and rows in the values that people's files hold.

Known are: objects of the API, alone, in arrays and in pages of lists; `understudy evals export`;
bundles `{"eval": …, "rows": […], "runs": [{"run": …, "output_items": […]}]}` as the script in
Langfuse's guide for leaving OpenAI writes them; configurations of promptfoo; graders alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from understudy.evals.exchange.documents import Document
from understudy.evals.exchange.problems import Remarks
from understudy.schemas.evals.graders import GRADER_TYPES

_PROMPTFOO = ("prompts", "providers", "targets", "tests", "defaultTest", "scenarios")
_WRAPPED = ("eval", "run", "output_item")
_EMPTY: tuple[object, ...] = (None, [], {})


@dataclass(frozen=True, kw_only=True)
class FoundItem:
    """An output item."""

    document: Document
    run_id: str | None
    """Of the run beside it, where it does not name its own."""


@dataclass(frozen=True, kw_only=True)
class FoundRun:
    """A run."""

    document: Document
    eval_id: str | None
    """Of the eval beside it, where it does not name its own."""


@dataclass(kw_only=True)
class Found:
    """Everything that the files hold."""

    evals: list[Document] = field(default_factory=list[Document])
    graders: list[Document] = field(default_factory=list[Document])
    promptfoo: list[Document] = field(default_factory=list[Document])
    runs: list[FoundRun] = field(default_factory=list[FoundRun])
    items: list[FoundItem] = field(default_factory=list[FoundItem])
    rows: list[tuple[str | None, Document]] = field(
        default_factory=list[tuple[str | None, Document]]
    )
    """Rows of data, each with the id of the eval beside it."""


class Sorter:
    """Puts values where they belong; what is none of these is remarked on."""

    def __init__(self, remarks: Remarks) -> None:
        self.found = Found()
        self._remarks = remarks

    def sort(
        self, document: Document, eval_id: str | None = None, run_id: str | None = None
    ) -> None:
        """Sort a value and all that is in it; the ids are those of what it stands in."""
        value = document.value
        if isinstance(value, list):
            for index, part in enumerate(cast("list[Any]", value)):
                self.sort(document.part(part, f"[{index}]"), eval_id, run_id)
        elif isinstance(value, Mapping):
            self._sort_object(document, cast("Mapping[str, Any]", value), eval_id, run_id)
        else:
            self._unknown(document)

    def _sort_object(
        self, document: Document, value: Mapping[str, Any], eval_id: str | None, run_id: str | None
    ) -> None:
        kind = value.get("object")
        if kind == "list" and isinstance(value.get("data"), list):
            if value.get("has_more"):
                text = "the list continues ('has_more'), but the rest is not in the file"
                self._remarks.leave_out(document.place, text)
            self.sort(document.part(value["data"], "data"), eval_id, run_id)
        elif value.get("type") in _WRAPPED and isinstance(value.get(str(value["type"])), Mapping):
            self.sort(document.part(value[value["type"]], str(value["type"])), eval_id, run_id)
        elif kind == "eval" or {"testing_criteria", "data_source_config"} <= set(value):
            self.found.evals.append(document)
        elif kind == "eval.run":
            self._sort_run(document, value, eval_id)
        elif kind == "eval.run.output_item":
            self.found.items.append(FoundItem(document=document, run_id=run_id))
        elif isinstance(value.get("eval"), Mapping):
            self._sort_bundle(document, value)
        elif isinstance(value.get("run"), Mapping):
            self._sort_pair(document, value, eval_id)
        elif value.get("type") in GRADER_TYPES:
            self.found.graders.append(document)
        elif sum(key in value for key in _PROMPTFOO) > 1:
            self.found.promptfoo.append(document)
        else:
            self._unknown(document)

    def _sort_run(self, document: Document, value: Mapping[str, Any], eval_id: str | None) -> None:
        """Take a run, with the items that some people put into it."""
        items = value.get("output_items")
        bare = {key: part for key, part in value.items() if key != "output_items"}
        run = Document(value=bare, file=document.file, place=document.place)
        self.found.runs.append(FoundRun(document=run, eval_id=eval_id))
        if items is not None:
            self.sort(document.part(items, "output_items"), eval_id, _id(value))

    def _sort_bundle(self, document: Document, value: Mapping[str, Any]) -> None:
        eval_id = _id(value["eval"])
        self.sort(document.part(value["eval"], "eval"))
        for key, part in value.items():
            if key == "rows" and isinstance(part, list):
                self.found.rows += [
                    (eval_id, document.part(row, f"rows[{index}]"))
                    for index, row in enumerate(cast("list[Any]", part))
                ]
            elif key in ("runs", "run", "output_items", "items"):
                self.sort(document.part(part, key), eval_id)
            elif key not in ("eval", "type", "object") and part not in _EMPTY:
                self._remarks.leave_out(f"{document.place}, {key}", "this field is not known here")

    def _sort_pair(self, document: Document, value: Mapping[str, Any], eval_id: str | None) -> None:
        """Take a run and its items that stand beside each other."""
        self.sort(document.part(value["run"], "run"), eval_id)
        for key, part in value.items():
            if key in ("output_items", "items"):
                self.sort(document.part(part, key), eval_id, _id(value["run"]))
            elif key not in ("run", "type", "object") and part not in _EMPTY:
                self._remarks.leave_out(f"{document.place}, {key}", "this field is not known here")

    def _unknown(self, document: Document) -> None:
        value = document.value
        if isinstance(value, Mapping) and isinstance(value.get("item"), Mapping):
            text = "this is a row of data; give the file to 'understudy evals run'"
        else:
            text = (
                "this is neither an eval (with 'data_source_config' and 'testing_criteria'), nor a "
                "run or an output item, nor a configuration of promptfoo, nor a grader (with one "
                f"of the types {', '.join(sorted(GRADER_TYPES))})"
            )
        self._remarks.leave_out(document.place, text)


def _id(value: Mapping[str, Any]) -> str | None:
    found = value.get("id")
    return found if isinstance(found, str) else None

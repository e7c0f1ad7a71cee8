"""What a report means for the user, in words: the guide's advice where it fits this file."""

from collections.abc import Iterator

from understudy.data.report.report import Report

MIN_EXAMPLES = 10
GOOD_START = 50

# Above these shares of the examples, something is worth a sentence.
_MANY_REPEATED = 0.05
_MANY_REFUSALS = 0.1
_LARGEST_LABEL = 0.8
_MOSTLY_LONGER = 0.8


def advise(report: Report) -> tuple[str, ...]:
    """Return the advice that applies, the most urgent first."""
    return (
        *_about_size(report),
        *_about_content(report),
        *_about_pairs(report),
        *_about_validation(report),
    )


def _about_size(report: Report) -> Iterator[str]:
    if report.examples < MIN_EXAMPLES:
        yield (
            f"A job needs at least {MIN_EXAMPLES} examples; this file has {report.examples} "
            "that can be used."
        )
    if report.examples < GOOD_START:
        yield f"Start with {GOOD_START} good examples: quality matters more than quantity."
    else:
        yield (
            "To see what more data would bring, train on half of this file and on all of it: about "
            "the same gain can be expected from doubling it."
        )


def _about_content(report: Report) -> Iterator[str]:
    split = report.tokens.split
    if split.examples.count:
        yield (
            f"{split.examples.count} example(s) are rewritten by the chat template when a "
            f"conversation continues and will be split into {split.rows}, one for each answer that "
            "is learned; a template that keeps earlier turns would cost fewer tokens."
        )
    cut = report.tokens.cut
    if cut.examples.count:
        yield (
            f"{cut.examples.count} example(s) are longer than the context of "
            f"{report.context_length:,} tokens and will be cut from the end, which takes away "
            f"{cut.trained_tokens:,} tokens to learn; shorten or split them."
        )
    if report.tokens.nothing_to_learn.count:
        yield (
            f"{report.tokens.nothing_to_learn.count} example(s) have nothing to learn within the "
            "context and will be left out."
        )
    repeated = report.duplicates.exact.examples - report.duplicates.exact.groups
    if repeated > _MANY_REPEATED * report.examples:
        yield f"{repeated} example(s) only repeat others; the model would memorize them."
    if report.duplicates.same_prompt.groups:
        yield (
            f"{report.duplicates.same_prompt.groups} prompt(s) are answered in different ways; "
            "make sure that this is what you want, or the model will guess."
        )
    if report.tools.undeclared.count or report.tools.schema_breaks.count:
        yield (
            "Some calls do not fit the declared tools; the model will learn to make such calls. "
            "Declare in each example the tools that it calls."
        )
    if report.tools.unheld.count:
        yield (
            "Some calls are ones that constrained decoding ('tool_choice', strict tools) cannot "
            "produce: write arguments with the keys of the schema, in its order."
        )
    if report.special_tokens.lines.count:
        yield (
            "Special tokens of the model stand inside texts; they are learned as plain letters. "
            "If a chat template was applied to the data already, write plain messages instead."
        )
    if report.refusals.share > _MANY_REFUSALS:
        yield (
            f"{report.refusals.share:.0%} of the answers decline the request; the model will "
            "decline about as often."
        )
    if report.labels and report.labels[0].share > _LARGEST_LABEL:
        yield (
            f"{report.labels[0].share:.0%} of the answers are the same label; add examples of the "
            "others, in about the proportions that you expect in use."
        )
    if report.system_prompts.distinct and report.system_prompts.examples_without:
        yield (
            f"{report.system_prompts.examples_without} example(s) have no system prompt while "
            "others have one; train with the prompt that you will use."
        )
    if report.personal_data:
        yield (
            "Some texts look like secrets or personal data; a model can repeat what it has "
            "learned, so take them out or replace them."
        )


def _about_pairs(report: Report) -> Iterator[str]:
    pairs = report.preferences
    if pairs is None:
        return
    if pairs.same_answer.count:
        yield f"{pairs.same_answer.count} pair(s) have the same answer twice and teach nothing."
    if pairs.preferred_longer.count > _MOSTLY_LONGER * report.examples:
        yield (
            "Most preferred answers are the longer ones; the model will learn to write more, "
            "whether it is better or not."
        )


def _about_validation(report: Report) -> Iterator[str]:
    if report.validation is None:
        yield "Give a validation file with other examples, to see when the model stops improving."
        return
    leakage = report.validation.leakage
    known = leakage.exact.count + leakage.near.count
    if known:
        yield (
            f"{known} validation example(s) are in the training file, or nearly; the validation "
            "loss will look better than the model is."
        )

"""What each code of advice says, in English; `{count}` and the like are its parameters."""

from collections.abc import Mapping

from understudy.data.report.advice.advice import Value

WORDS = {
    "too_few_examples": (
        "A job needs at least {needed} examples; this file has {count} that can be used."
    ),
    "start_with_fifty": (
        "Start with {good_start} good examples: quality matters more than quantity."
    ),
    "measure_more_data": (
        "To see what more data would bring, train on half of this file and on all of it: about "
        "the same gain can be expected from doubling it."
    ),
    "split_examples": (
        "{count} example(s) are rewritten by the chat template when a conversation continues and "
        "will be split into {rows}, one for each answer that is learned; a template that keeps "
        "earlier turns would cost fewer tokens."
    ),
    "cut_examples": (
        "{count} example(s) are longer than the context of {context_length} tokens and will be "
        "cut from the end, which takes away {trained_tokens} tokens to learn; shorten or split "
        "them."
    ),
    "nothing_to_learn": (
        "{count} example(s) have nothing to learn within the context and will be left out; "
        "shorten what comes before the answer."
    ),
    "empty_answers": (
        "{count} example(s) have an answer without text or calls; the model will learn to say "
        "nothing. Write the answers or remove the lines."
    ),
    "empty_questions": (
        "{count} example(s) have an empty user message; write what the user asks, or remove the "
        "lines."
    ),
    "no_user_turn": (
        "{count} example(s) have no user message. A model is asked with one when it is used: move"
        " the question into a message with role user."
    ),
    "label_conflicts": (
        "{groups} question(s) have different labels, in {count} line(s); letter case, blanks and "
        "punctuation aside, they are the same question. Decide which label is right."
    ),
    "same_prompt": (
        "{groups} prompt(s) are answered in different ways, in {count} line(s); make sure that "
        "this is what you want, or the model will guess."
    ),
    "label_spellings": (
        "{labels} label(s) are written in several ways, such as {examples}; the model will learn "
        "each. Write each label in one way."
    ),
    "label_imbalance": (
        "{percent} % of the answers are the label {label}; add examples of the others, in about "
        "the proportions that you expect in use."
    ),
    "exact_duplicates": (
        "{repeated} example(s) only repeat others word for word; the model would memorize them. "
        "Keep one of each."
    ),
    "near_duplicates": (
        "{repeated} example(s) nearly repeat others, in {groups} group(s); they add little and "
        "count several times. Keep the best of each group, or write others that differ more."
    ),
    "broken_json": (
        "{count} example(s) have an answer that is no valid JSON while other answers are; the "
        "model will learn to write both. Correct them: double quotes, no trailing comma, nothing "
        "before or after."
    ),
    "written_calls": (
        "{count} example(s) write a tool call as text. Move it into tool_calls and declare the "
        "tool, or no client will see it as a call."
    ),
    "placeholders": (
        "{count} example(s) have an answer with something left to fill in, such as TODO or "
        "[NAME]; the model will write it as it stands. Fill it in or remove the lines."
    ),
    "mojibake": (
        "{count} example(s) hold text that was read in the wrong encoding (café as cafÃ©); export"
        " the data again as UTF-8."
    ),
    "cut_answers": (
        "{count} example(s) have an answer that ends in the middle of a sentence, often at a "
        "limit of tokens; the model will learn to stop there. Complete them or remove the lines."
    ),
    "refusals": (
        "{percent} % of the answers decline the request; the model will decline about as often. "
        "Remove those that it should answer."
    ),
    "undeclared_tools": (
        "{count} example(s) call a tool that they do not declare; the model will learn to make "
        "such calls. Declare in each example the tools that it calls."
    ),
    "schema_breaks": (
        "{count} example(s) call a tool with arguments that its schema does not allow; correct "
        "the arguments or the schema."
    ),
    "unheld_calls": (
        "{count} example(s) have calls that constrained decoding ('tool_choice', strict tools) "
        "cannot produce: write arguments with the keys of the schema, in its order."
    ),
    "described_answers": (
        "{count} example(s) call a tool with what the line's own description names as its example "
        "({parameter}: {value}); the model can learn to copy the description instead of reading "
        "the question. Describe the tool in the same words on every line."
    ),
    "special_tokens": (
        "{count} example(s) have special tokens of the model inside texts; they are learned as "
        "plain letters. If a chat template was applied to the data already, write plain messages "
        "instead."
    ),
    "mixed_system_prompts": (
        "{count} example(s) have no system prompt while others have one; train with the prompt "
        "that you will use."
    ),
    "secret": (
        "{count} example(s) hold what looks like a secret ({kind}); a model can repeat what it "
        "has learned. Take it out, and change it where it is in use."
    ),
    "personal_data": (
        "{count} example(s) hold what looks like personal data ({kind}); a model can repeat what "
        "it has learned, so take it out or replace it."
    ),
    "no_separator": (
        "The prompts have no end in common, so the model cannot know where its completion begins. "
        "End each with the same separator, such as \\n\\n###\\n\\n, and prompts in use as well."
    ),
    "no_stop_mark": (
        "The completions have no end in common, so the model will not know where to stop. End each "
        "with the same mark, such as ' END', and name it in 'stop' when you ask."
    ),
    "unspaced_completions": (
        "{count} completion(s) begin with a letter right after a word or sign of the prompt. Begin "
        "them with a space: most tokenizers have tokens for words with a space before them."
    ),
    "same_answer_twice": (
        "{count} pair(s) have the same answer twice and teach nothing; remove them."
    ),
    "longer_preferred": (
        "{percent} % of the preferred answers are the longer ones; the model will learn to write "
        "more, whether it is better or not."
    ),
    "needs_validation": (
        "A reinforcement job needs a validation file of at most 1,000 other prompts: its rewards "
        "are how progress is measured."
    ),
    "no_graded_values": (
        "The lines hold nothing for graders beside the conversation. If the grader compares with "
        'an answer, add it to every line, as in "answer": "42", and name it as item.answer.'
    ),
    "missing_graded_value": (
        "{count} line(s) have no key {name}, which others have: a job whose grader names "
        "item.{name} would fail. Add it to them, or make sure that no grader names it."
    ),
    "no_validation_file": (
        "Give a validation file with other examples, to see when the model stops improving."
    ),
    "validation_repeats": (
        "{count} validation example(s) are in the training file; the validation loss will look "
        "better than the model is. Remove them from one of the two."
    ),
    "validation_nearly_repeats": (
        "{count} validation example(s) are nearly in the training file; the validation loss will "
        "look better than the model is. 'understudy split' keeps such examples together."
    ),
    "validation_other_answers": (
        "{count} validation example(s) ask what the training file answers otherwise; one of the "
        "two answers is wrong, or the model is measured by what it was not taught."
    ),
    "validation_absent_labels": (
        "{count} validation example(s) have a label that no training example has; the model "
        "cannot know it. Add training examples with it."
    ),
    "validation_label_spellings": (
        "{count} validation example(s) spell a label otherwise than the training file; write it "
        "in the same way."
    ),
}


def worded(code: str, parameters: Mapping[str, Value]) -> str:
    """Put the parameters into the words of a code."""
    return WORDS[code].format(**{name: _written(value) for name, value in parameters.items()})


def _written(value: Value) -> str:
    match value:
        case int():
            return f"{value:,}"
        case str():
            return value
        case _:
            return " / ".join(map(repr, value))

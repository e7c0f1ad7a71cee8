const s = (n: number): string => (n === 1 ? "" : "s");
const have = (n: number): string => (n === 1 ? "has" : "have");

/** What an advice names: numbers as they are counted, and as they are written. */
export interface AdviceValues {
  n: number;
  count: string;
  groups: string;
  repeated: string;
  needed: string;
  good_start: string;
  context_length: string;
  trained_tokens: string;
  rows: string;
  labels: string;
  percent: string;
  examples: string;
  label: string;
  kind: string;
  parameter: string;
  name: string;
  value: string;
}

const lines = (v: AdviceValues): string => `${v.count} example${s(v.n)}`;
const withVerb = (v: AdviceValues): string => `${lines(v)} ${have(v.n)}`;

export const advice = {
  severities: { must_mend: "Must mend", look_at: "Look at", for_information: "Note" },
  lines: "Lines",
  validationLines: "Lines of the validation file",
  groups: "Groups of lines",
  more: (n: string) => `and ${n} more`,
  kinds: {
    "email address": "email address",
    "phone number": "phone number",
    "payment card number": "payment card number",
    "bank account number (IBAN)": "bank account number (IBAN)",
    "Chinese identity number": "Chinese identity number",
    "US social security number": "US social security number",
    "IP address": "IP address",
    "private key": "private key",
    "API key": "API key",
    "web token (JWT)": "web token (JWT)",
    password: "password",
  },
  words: {
    too_few_examples: (v: AdviceValues) => `A job needs at least ${v.needed} examples; this file has ${v.count} that can be used.`,
    start_with_fifty: (v: AdviceValues) => `Start with ${v.good_start} good examples: quality matters more than quantity.`,
    measure_more_data: () =>
      "To see what more data would bring, train on half of this file and on all of it: about the same gain can be expected from doubling it.",
    split_examples: (v: AdviceValues) =>
      `${lines(v)} that the chat template rewrites when a conversation continues will be split into ${v.rows}, one for each answer that is learned. A template that keeps earlier turns would cost fewer tokens.`,
    cut_examples: (v: AdviceValues) =>
      `${lines(v)} longer than the context of ${v.context_length} tokens will be cut from the end, which takes away ${v.trained_tokens} tokens to learn. Shorten or split them.`,
    nothing_to_learn: (v: AdviceValues) =>
      `${withVerb(v)} nothing to learn within the context and will be left out. Shorten what comes before the answer.`,
    empty_answers: (v: AdviceValues) =>
      `${withVerb(v)} an answer without text or calls; the model will learn to say nothing. Write the answers or remove the lines.`,
    empty_questions: (v: AdviceValues) => `${withVerb(v)} an empty user message. Write what the user asks, or remove the lines.`,
    no_user_turn: (v: AdviceValues) => `${withVerb(v)} no user message. Move the question into a message with role user.`,
    label_conflicts: (v: AdviceValues) =>
      `The same question has different labels: ${v.groups} question(s) in ${v.count} lines. Decide which label is right.`,
    same_prompt: (v: AdviceValues) =>
      `The same prompt is answered in different ways: ${v.groups} prompt(s) in ${v.count} lines. Make sure that this is what you want, or the model will guess.`,
    label_spellings: (v: AdviceValues) =>
      `${v.labels} label(s) are written in several ways, such as ${v.examples}; the model will learn each. Write each label in one way.`,
    label_imbalance: (v: AdviceValues) =>
      `${v.percent} % of the answers are the label ${v.label}. Add examples of the others, in about the proportions that you expect in use.`,
    exact_duplicates: (v: AdviceValues) =>
      `${v.repeated} example(s) only repeat others word for word; the model would memorize them. Keep one of each.`,
    near_duplicates: (v: AdviceValues) =>
      `${v.repeated} example(s) nearly repeat others, in ${v.groups} group(s). Keep the best of each group, or write others that differ more.`,
    broken_json: (v: AdviceValues) =>
      `${withVerb(v)} an answer that is no valid JSON while other answers are. Correct them: double quotes, no trailing comma, nothing before or after.`,
    written_calls: (v: AdviceValues) =>
      `${withVerb(v)} a tool call written as text. Move it into tool_calls and declare the tool, or no client will see it as a call.`,
    placeholders: (v: AdviceValues) =>
      `${withVerb(v)} an answer with something left to fill in, such as TODO or [NAME]. Fill it in or remove the lines.`,
    mojibake: (v: AdviceValues) => `${withVerb(v)} text that was read in the wrong encoding (café as cafÃ©). Export the data again as UTF-8.`,
    cut_answers: (v: AdviceValues) =>
      `${withVerb(v)} an answer that ends in the middle of a sentence; the model will learn to stop there. Complete them or remove the lines.`,
    refusals: (v: AdviceValues) =>
      `${v.percent} % of the answers decline the request; the model will decline about as often. Remove those that it should answer.`,
    undeclared_tools: (v: AdviceValues) => `${withVerb(v)} a call of an undeclared tool. Declare in each example the tools that it calls.`,
    schema_breaks: (v: AdviceValues) =>
      `${withVerb(v)} a call with arguments that the tool's schema does not allow. Correct the arguments or the schema.`,
    unheld_calls: (v: AdviceValues) =>
      `${withVerb(v)} calls that constrained decoding (tool_choice, strict tools) cannot produce. Write arguments with the keys of the schema, in its order.`,
    described_answers: (v: AdviceValues) =>
      `${lines(v)} call${v.n === 1 ? "s" : ""} a tool with what the line's own description names as its example (${v.parameter}: ${v.value}); the model can learn to copy the description instead of reading the question. Describe the tool in the same words on every line.`,
    special_tokens: (v: AdviceValues) =>
      `${withVerb(v)} special tokens of the model inside texts; they are learned as plain letters. If a chat template was applied already, write plain messages instead.`,
    mixed_system_prompts: (v: AdviceValues) =>
      `${withVerb(v)} no system prompt while others have one. Train with the prompt that you will use.`,
    secret: (v: AdviceValues) =>
      `${withVerb(v)} what looks like a secret (${v.kind}); a model can repeat what it has learned. Take it out, and change it where it is in use.`,
    personal_data: (v: AdviceValues) =>
      `${withVerb(v)} what looks like personal data (${v.kind}); a model can repeat what it has learned. Take it out or replace it.`,
    no_separator: () =>
      "The prompts have no end in common, so the model cannot know where its completion begins. End each with the same separator, such as \\n\\n###\\n\\n, and prompts in use as well.",
    no_stop_mark: () =>
      "The completions have no end in common, so the model will not know where to stop. End each with the same mark, such as ' END', and name it in 'stop' when you ask.",
    unspaced_completions: (v: AdviceValues) =>
      `${v.count} completion(s) begin with a letter right after a word or sign of the prompt. Begin them with a space: most tokenizers have tokens for words with a space before them.`,
    same_answer_twice: (v: AdviceValues) => `${v.count} pair${s(v.n)} ${have(v.n)} the same answer twice and teach nothing. Remove them.`,
    longer_preferred: (v: AdviceValues) =>
      `${v.percent} % of the preferred answers are the longer ones; the model will learn to write more, whether it is better or not.`,
    needs_validation: () =>
      "A reinforcement job needs a validation file of at most 1,000 other prompts: its rewards are how progress is measured.",
    no_graded_values: () =>
      'The lines hold nothing for graders beside the conversation. If the grader compares with an answer, add it to every line, as in "answer": "42", and name it as item.answer.',
    missing_graded_value: (v: AdviceValues) =>
      `${v.count} line${s(v.n)} ${have(v.n)} no key ${v.name}, which others have: a job whose grader names item.${v.name} would fail. Add it, or make sure that no grader names it.`,
    no_validation_file: () => "Give a validation file with other examples, to see when the model stops improving.",
    validation_repeats: (v: AdviceValues) =>
      `${v.count} validation example${s(v.n)} also in the training file; the validation loss will look better than the model is. Remove them from one of the two.`,
    validation_nearly_repeats: (v: AdviceValues) =>
      `${v.count} validation example${s(v.n)} nearly in the training file; the validation loss will look better than the model is. An automatic split keeps such examples together.`,
    validation_other_answers: (v: AdviceValues) =>
      `${v.count} validation example${s(v.n)} ask what the training file answers otherwise. One of the two answers is wrong.`,
    validation_absent_labels: (v: AdviceValues) =>
      `${v.count} validation example${s(v.n)} ${have(v.n)} a label that no training example has. Add training examples with it.`,
    validation_label_spellings: (v: AdviceValues) =>
      `${v.count} validation example${s(v.n)} ${have(v.n)} a label in another spelling than the training file. Write it in the same way.`,
  },
};

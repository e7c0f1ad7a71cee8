/** An eval as the lines of a training file suggest it: rows, and a grader that fits the answers. */

import { isObject, parseObject } from "@/lib/jsonl";
import { readExample } from "@/lib/conversation";
import { askedExample } from "@/lib/askedExample";
import { type Criterion, NEW } from "./criteria";

export interface Proposal {
  /** As the form has them. */
  fields: string;
  criteria: readonly Criterion[];
  rows: readonly { item: Record<string, string> }[];
  hasSystem: boolean;
  tools: readonly object[];
}

/** More are no labels, however short they are. */
const MAX_LABELS = 20;
const MAX_LABEL_CHARACTERS = 40;

const CALL_SOURCE = `import json


def grade(sample, item) -> float:
    calls = [call["function"] for call in sample.get("output_tools") or []]
    wanted = json.loads(item["answer"])
    if len(calls) != len(wanted):
        return 0.0
    got = [{"name": call["name"], "arguments": json.loads(call["arguments"])} for call in calls]
    return 1.0 if got == wanted else 0.0
`;

const JSON_SOURCE = `import json


def grade(sample, item) -> float:
    wanted = json.loads(item["answer"])
    try:
        got = json.loads(sample["output_text"])
    except ValueError:
        return 0.0
    if not isinstance(got, dict):
        return 0.0
    return sum(got.get(key) == value for key, value in wanted.items()) / len(wanted)
`;

/** What the answers of a file are, in the words of the form. */
export type AnswerKind = "calls" | "json" | "labels" | "text";

/** Null when no line holds a question with an answer. */
export function propose(lines: readonly string[]): (Proposal & { kind: AnswerKind }) | null {
  const read = lines.flatMap((line) => readLine(line) ?? []);
  const [first] = read;
  if (first === undefined) return null;
  const kind = kindOf(read);
  const hasSystem = read.some((row) => row.item.system !== "");
  return {
    kind,
    fields: hasSystem ? "question, answer, system" : "question, answer",
    criteria: [criterionFor(kind)],
    rows: read
      .filter((row) => (kind === "calls") === row.isCall)
      .map(({ item: { system, ...item } }) => ({ item: hasSystem ? { ...item, system: system ?? "" } : item })),
    hasSystem,
    tools: first.tools,
  };
}

interface ReadLine {
  item: Record<string, string>;
  isCall: boolean;
  tools: object[];
}

function readLine(line: string): ReadLine | null {
  const asked = askedExample(line);
  const parsed = parseObject(line);
  const example = parsed && readExample(parsed);
  if (asked === null || !example) return null;
  const at = example.messages.findIndex((message) => message.role === "user");
  const answer = example.messages.slice(at).find((message) => message.role === "assistant") ?? example.preferred[0];
  if (answer === undefined) return null;
  const isCall = answer.calls.length > 0;
  const calls = answer.calls.map((call) => ({ name: call.name, arguments: parseObject(call.arguments) ?? {} }));
  const written = isCall ? JSON.stringify(calls) : answer.text;
  if (written.trim() === "") return null;
  return {
    item: { question: asked.question, answer: written, system: asked.system },
    isCall,
    tools: asked.tools === "" ? [] : (JSON.parse(asked.tools) as object[]),
  };
}

function kindOf(rows: readonly ReadLine[]): AnswerKind {
  if (rows.filter((row) => row.isCall).length * 2 > rows.length) return "calls";
  const answers = rows.filter((row) => !row.isCall).map((row) => row.item.answer ?? "");
  if (answers.every((answer) => isObject(parseObject(answer)))) return "json";
  const different = new Set(answers);
  const isShort = answers.every((answer) => answer.length <= MAX_LABEL_CHARACTERS);
  return isShort && different.size <= MAX_LABELS && different.size * 2 <= answers.length ? "labels" : "text";
}

function criterionFor(kind: AnswerKind): Criterion {
  switch (kind) {
    case "calls":
      return { ...NEW, kind: "python", name: "calls", source: CALL_SOURCE, threshold: "1" };
    case "json":
      return { ...NEW, kind: "python", name: "json_fields", source: JSON_SOURCE, threshold: "1" };
    case "labels":
      return { ...NEW, kind: "string_check", name: "label", operation: "eq" };
    case "text":
      return { ...NEW, kind: "text_similarity", name: "wording", metric: "rouge_l", threshold: "0.5" };
  }
}

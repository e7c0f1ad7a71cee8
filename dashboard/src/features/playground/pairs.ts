/** Which of several answers to one conversation is better, as lines of a preference file. */

import { isObject, parseObject } from "@/lib/jsonl";
import { type Answer, type Column, type Entry, messagesOf } from "./columns";

export interface PreferencePair {
  input: { messages: object[]; tools?: object[] };
  preferred_output: [object];
  non_preferred_output: [object];
}

/** Whether the last answers of all columns answer the same and can be compared: in text, whole, and not alike. */
export function isChoiceOpen(columns: readonly Column[]): boolean {
  const answers = columns.map(lastAnswer);
  if (columns.length < 2 || !answers.every((answer) => answer !== null)) return false;
  const before = columns.map((column) => JSON.stringify(messagesOf("", column.entries.slice(0, -1))));
  return new Set(before).size === 1 && new Set(answers.map((answer) => answer.text.trim())).size > 1;
}

/** The answer of one column preferred to every other that differs from it. */
export function pairsOf(columns: readonly Column[], better: number, system: string, tools: object[]): PreferencePair[] {
  const chosen = columns[better];
  const preferred = chosen && lastAnswer(chosen);
  if (!preferred) return [];
  const input = { messages: messagesOf(system, chosen.entries.slice(0, -1)), ...(tools.length > 0 && { tools }) };
  return columns
    .flatMap((column) => lastAnswer(column) ?? [])
    .filter((other) => other.text.trim() !== preferred.text.trim())
    .map((other) => ({ input, preferred_output: [said(preferred)], non_preferred_output: [said(other)] }));
}

/** Pairs that were kept in this tab. */
export function parsePairs(written: string | null): PreferencePair[] {
  return (written ?? "")
    .split("\n")
    .map(parseObject)
    .filter((line): line is NonNullable<typeof line> => isObject(line) && isObject(line.input))
    .map((line) => line as unknown as PreferencePair);
}

export function linesOf(pairs: readonly PreferencePair[]): string {
  return pairs.map((pair) => `${JSON.stringify(pair)}\n`).join("");
}

function lastAnswer(column: Column): Answer | null {
  const last: Entry | undefined = column.entries.at(-1);
  const isWhole = last?.role === "assistant" && last.error === null && last.calls.length === 0 && last.finish !== "length";
  return isWhole && !column.isRunning && last.text.trim() !== "" ? last : null;
}

function said(answer: Answer): object {
  return { role: "assistant", content: answer.text };
}

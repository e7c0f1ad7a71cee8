/** What was changed in a file and is not saved yet: by line, so that everything else stays as it is. */

import { isObject, type Json, type JsonObject, parseObject } from "@/lib/jsonl";
import type { MethodName } from "@/api/x";

/** Kept as a draft, so it holds only JSON. */
export interface Changes {
  /** The new text of lines, by their number in the file. */
  replaced: Record<string, string>;
  removed: number[];
  /** Examples that follow after the last line. */
  appended: string[];
}

export const NO_CHANGES: Changes = { replaced: {}, removed: [], appended: [] };

/** A row of the table: a line of the file, or an example that was added. */
export type RowKey = { line: number } | { added: number };

export const isSame = (one: RowKey | null, other: RowKey): boolean =>
  one !== null && ("line" in one ? "line" in other && one.line === other.line : "added" in other && one.added === other.added);

export function countChanges(changes: Changes): number {
  return Object.keys(changes.replaced).length + changes.removed.length + changes.appended.length;
}

/** A line that reads as before again is no change. */
export function withText(changes: Changes, row: RowKey, text: string, before: string): Changes {
  if ("added" in row) {
    return { ...changes, appended: changes.appended.map((one, at) => (at === row.added ? text : one)) };
  }
  const others = without(changes.replaced, row.line);
  return { ...changes, replaced: text === before ? others : { ...others, [row.line]: text } };
}

/** A removed line has no new text; an added example disappears. */
export function withoutRow(changes: Changes, row: RowKey): Changes {
  if ("added" in row) return { ...changes, appended: changes.appended.filter((_, at) => at !== row.added) };
  return withoutLines(changes, [row.line]);
}

export function withoutLines(changes: Changes, lines: readonly number[]): Changes {
  const removed = new Set([...changes.removed, ...lines]);
  const replaced = Object.fromEntries(Object.entries(changes.replaced).filter(([line]) => !removed.has(Number(line))));
  return { ...changes, replaced, removed: [...removed].sort((one, other) => one - other) };
}

/** The line as the file has it. */
export function restored(changes: Changes, line: number): Changes {
  return { ...changes, replaced: without(changes.replaced, line), removed: changes.removed.filter((one) => one !== line) };
}

/** The body of the request. */
export function editOf(changes: Changes, method: MethodName, filename: string) {
  const replace = Object.entries(changes.replaced).map(([line, text]) => ({ line: Number(line), text }));
  return { replace, remove: changes.removed, append: changes.appended, method, filename };
}

/** Which method learns from a line like this. */
export function methodOf(text: string): MethodName {
  const line = parseObject(text);
  if (line === null) return "supervised";
  if ("preferred_output" in line || "preferred_completion" in line) return "dpo";
  const messages = Array.isArray(line.messages) ? line.messages : [];
  const last = messages.at(-1);
  return isObject(last) && last.role !== "assistant" ? "reinforcement" : "supervised";
}

/** An example like `sample` with nothing said yet: its system prompt and tools are kept. */
export function blankLike(sample: string | null): string {
  const line = sample === null ? null : parseObject(sample);
  const empty = (role: string): JsonObject => ({ role, content: "" });
  if (line !== null && methodOf(sample ?? "") === "dpo") {
    const input = isObject(line.input) ? line.input : {};
    return JSON.stringify({
      input: { ...input, messages: [...instructions(input.messages), empty("user")] },
      preferred_output: [empty("assistant")],
      non_preferred_output: [empty("assistant")],
    });
  }
  const shared = Object.fromEntries(Object.entries(line ?? {}).filter(([name]) => name === "tools" || name === "parallel_tool_calls"));
  return JSON.stringify({ messages: [...instructions(line?.messages), empty("user"), empty("assistant")], ...shared });
}

function instructions(messages: Json | undefined): Json[] {
  const first = Array.isArray(messages) ? messages[0] : undefined;
  return isObject(first) && (first.role === "system" || first.role === "developer") ? [first] : [];
}

function without(replaced: Changes["replaced"], line: number): Changes["replaced"] {
  return Object.fromEntries(Object.entries(replaced).filter(([number]) => Number(number) !== line));
}

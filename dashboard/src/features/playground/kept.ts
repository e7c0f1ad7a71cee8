/** The playground as it was left: written down for the tab, read again, joined with where a link leads. */

import { isObject } from "@/lib/jsonl";
import { type Entry, sharedTurns } from "./columns";
import { DEFAULTS, type Settings } from "./settings";

export const MOST_MODELS = 3;

/** What another version of the dashboard wrote is not read. */
const VERSION = 1;
/** A fifth of what browsers give a tab. */
const MOST_CHARACTERS = 1_000_000;

export interface Kept {
  models: readonly string[];
  /** One conversation for each model. */
  entries: readonly Entry[][];
  settings: Settings;
  /** What is typed and not sent. */
  text: string;
}

/** Write it down; what takes most room goes first: odds of tokens, then the conversations. */
export function written(kept: Kept): string {
  const whole = text(kept);
  if (whole.length <= MOST_CHARACTERS) return whole;
  const bare = text({ ...kept, entries: kept.entries.map((entries) => entries.map(withoutTokens)) });
  if (bare.length <= MOST_CHARACTERS) return bare;
  const short = text({ ...kept, entries: kept.models.map(() => []), text: "" });
  return short.length <= MOST_CHARACTERS ? short : text({ models: kept.models, entries: [], settings: DEFAULTS, text: "" });
}

function text(kept: Kept): string {
  return JSON.stringify({ version: VERSION, ...kept });
}

function withoutTokens(entry: Entry): Entry {
  return entry.role === "assistant" ? { ...entry, tokens: [] } : entry;
}

/** Read what was written; null for nothing and for what this version did not write. */
export function readKept(written: string | null): Kept | null {
  try {
    const kept: unknown = JSON.parse(written ?? "null");
    if (!isObject(kept) || kept.version !== VERSION) return null;
    const { models, entries, settings, text } = kept as unknown as Kept;
    return { models, entries: models.map((_, at) => (entries[at] ?? []).flatMap(ended)), settings: { ...DEFAULTS, ...settings }, text };
  } catch {
    return null;
  }
}

/** An answer that was cut off by leaving says what it said so far; half a call is none. */
function ended(entry: Entry): Entry[] {
  if (entry.role !== "assistant" || entry.totalMs !== null || entry.error !== null) return [entry];
  return entry.text === "" ? [] : [{ ...entry, calls: [] }];
}

/**
 * Where the playground begins: as it was left, with the models of the address beside those that were talked to.
 * When there is no room for all, those that the address does not name make place, the first of them first.
 */
export function begin(kept: Kept | null, asked: readonly string[], system: string | undefined): Kept {
  const settings = { ...(kept?.settings ?? DEFAULTS), ...(system !== undefined && { system }) };
  const hasTalked = kept?.entries.some((entries) => entries.length > 0) ?? false;
  if (kept === null || (asked.length > 0 && !hasTalked)) {
    const models = asked.slice(0, MOST_MODELS);
    return { models, entries: models.map(() => []), settings, text: kept?.text ?? "" };
  }
  const columns = kept.models.map((model, at) => ({ model, entries: kept.entries[at] ?? [] }));
  const turns = sharedTurns(columns[0]?.entries ?? []);
  for (const model of new Set(asked.slice(0, MOST_MODELS))) {
    if (!kept.models.includes(model)) columns.push({ model, entries: turns });
  }
  while (columns.length > MOST_MODELS) {
    const other = columns.findIndex((column) => !asked.includes(column.model));
    columns.splice(Math.max(other, 0), 1);
  }
  return { models: columns.map((c) => c.model), entries: columns.map((c) => c.entries), settings, text: kept.text };
}

/** The state of the playground: saved for the tab, restored, and merged with the models of a link. */

import { isObject } from "@/lib/jsonl";
import { type Entry, sharedTurns } from "./columns";
import { DEFAULTS, type Settings } from "./settings";

export const MAX_MODELS = 3;

/** A state saved by another version is not read. */
const VERSION = 1;
/** A fifth of the storage that browsers give a tab. */
const MAX_CHARACTERS = 1_000_000;

export interface SavedState {
  models: readonly string[];
  /** One conversation for each model. */
  entries: readonly Entry[][];
  settings: Settings;
  /** Typed but not sent. */
  text: string;
  /** The line of a job's file that the settings and the question come from, as `exampleName` has it. */
  example?: string | undefined;
}

export function exampleName(job: string, line: number): string {
  return `${job} ${line}`;
}

/** The text to store; too long, it loses token probabilities first, then conversations with images, then all. */
export function serialize(saved: SavedState): string {
  const whole = text(saved);
  if (whole.length <= MAX_CHARACTERS) return whole;
  const bare = text({ ...saved, entries: saved.entries.map((entries) => entries.map(withoutTokens)) });
  if (bare.length <= MAX_CHARACTERS) return bare;
  const blind = text({ ...saved, entries: saved.entries.map((entries) => (hasImages(entries) ? [] : entries.map(withoutTokens))) });
  if (blind.length <= MAX_CHARACTERS) return blind;
  const short = text({ ...saved, entries: saved.models.map(() => []), text: "" });
  return short.length <= MAX_CHARACTERS ? short : text({ models: saved.models, entries: [], settings: DEFAULTS, text: "" });
}

function text(saved: SavedState): string {
  return JSON.stringify({ version: VERSION, ...saved });
}

function hasImages(entries: readonly Entry[]): boolean {
  return entries.some((entry) => entry.role === "user" && (entry.images?.length ?? 0) > 0);
}

function withoutTokens(entry: Entry): Entry {
  return entry.role === "assistant" ? { ...entry, tokens: [] } : entry;
}

/** The stored state; null when there is none or it is from another version. */
export function parseState(written: string | null): SavedState | null {
  try {
    const saved: unknown = JSON.parse(written ?? "null");
    if (!isObject(saved) || saved.version !== VERSION) return null;
    const { models, entries, settings, text, example } = saved as unknown as SavedState;
    return { models, entries: models.map((_, at) => (entries[at] ?? []).flatMap(ended)), settings: { ...DEFAULTS, ...settings }, text, example };
  } catch {
    return null;
  }
}

/** An answer interrupted by leaving keeps its text so far, without partial tool calls. */
function ended(entry: Entry): Entry[] {
  if (entry.role !== "assistant" || entry.totalMs !== null || entry.error !== null) return [entry];
  return entry.text === "" ? [] : [{ ...entry, calls: [] }];
}

/**
 * The state to start with: the saved one, with the models of the address added to its conversations.
 * When there are too many, models that the address does not name are removed, the first of them first.
 */
export function initialState(saved: SavedState | null, asked: readonly string[], system: string | undefined): SavedState {
  const settings = { ...(saved?.settings ?? DEFAULTS), ...(system !== undefined && { system }) };
  const hasTalked = saved?.entries.some((entries) => entries.length > 0) ?? false;
  if (saved === null || (asked.length > 0 && !hasTalked)) {
    const models = asked.slice(0, MAX_MODELS);
    return { models, entries: models.map(() => []), settings, text: saved?.text ?? "", example: saved?.example };
  }
  const columns = saved.models.map((model, at) => ({ model, entries: saved.entries[at] ?? [] }));
  const turns = sharedTurns(columns[0]?.entries ?? []);
  for (const model of new Set(asked.slice(0, MAX_MODELS))) {
    if (!saved.models.includes(model)) columns.push({ model, entries: turns });
  }
  while (columns.length > MAX_MODELS) {
    const other = columns.findIndex((column) => !asked.includes(column.model));
    columns.splice(Math.max(other, 0), 1);
  }
  return { models: columns.map((c) => c.model), entries: columns.map((c) => c.entries), settings, text: saved.text, example: saved.example };
}

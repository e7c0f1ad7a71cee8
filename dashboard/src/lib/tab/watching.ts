/** What this tab waits for: jobs, runs, batches and distillations whose pages were opened before they ended. */

import { isObject } from "@/lib/jsonl";
import { session } from "@/lib/tab/session";

export const WATCHED_KINDS = ["job", "run", "batch", "distillation"] as const;
export type WatchedKind = (typeof WATCHED_KINDS)[number];

export interface Watched {
  kind: WatchedKind;
  id: string;
  /** Of a run: its eval. */
  evalId?: string | undefined;
}

const NAME = "watched";
const SAID = "understudy.said.";
/** As many as one may wait for at once without asking the server all the time. */
const MAX_WATCHED = 20;
const SAID_MS = 24 * 3600 * 1000;
const PAGES: readonly [form: RegExp, watched: (parts: readonly string[]) => Watched][] = [
  [/^\/fine-tuning\/(ftjob-\w+)$/, ([id]) => ({ kind: "job", id: id ?? "" })],
  [/^\/evals\/(eval_\w+)\/runs\/(evalrun_\w+)$/, ([evalId, id]) => ({ kind: "run", id: id ?? "", evalId })],
  [/^\/batches\/(batch_\w+)$/, ([id]) => ({ kind: "batch", id: id ?? "" })],
  [/^\/distillations\/(distil-\w+)$/, ([id]) => ({ kind: "distillation", id: id ?? "" })],
];

const listeners = new Set<() => void>();

/** What a page shows that may end; null for other pages. */
export function watchedOn(pathname: string): Watched | null {
  for (const [form, watched] of PAGES) {
    const found = form.exec(pathname);
    if (found !== null) return watched(found.slice(1));
  }
  return null;
}

/** The eval whose runs a page lists. */
export function evalOn(pathname: string): string | null {
  return /^\/evals\/(eval_\w+)$/.exec(pathname)?.[1] ?? null;
}

export function watchedHere(): readonly Watched[] {
  return readWatched(session.load(NAME));
}

export function watch(one: Watched): void {
  const before = watchedHere();
  if (before.some(({ id }) => id === one.id)) return;
  write([...before, one].slice(-MAX_WATCHED));
}

export function unwatch(id: string): void {
  write(watchedHere().filter((one) => one.id !== id));
}

export function subscribeWatched(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** What is saved, as a text that stays the same while nothing changes. */
export function watchedText(): string {
  return session.load(NAME) ?? "";
}

export function readWatched(text: string | null): readonly Watched[] {
  if (!text) return [];
  const saved: unknown = JSON.parse(text);
  return Array.isArray(saved) ? saved.filter(isObject).map((one) => one as unknown as Watched) : [];
}

/** Whether this tab is the one that says that something ended: the first that asks. */
export function claim(id: string, now: number, storage: Storage = localStorage): boolean {
  forgetOld(now, storage);
  if (storage.getItem(SAID + id) !== null) return false;
  storage.setItem(SAID + id, String(now));
  return true;
}

function forgetOld(now: number, storage: Storage): void {
  const names = Array.from({ length: storage.length }, (_, at) => storage.key(at) ?? "");
  for (const name of names) {
    if (name.startsWith(SAID) && now - Number(storage.getItem(name)) > SAID_MS) storage.removeItem(name);
  }
}

function write(all: readonly Watched[]): void {
  if (all.length === 0) session.remove(NAME);
  else session.save(NAME, JSON.stringify(all));
  listeners.forEach((listener) => {
    listener();
  });
}

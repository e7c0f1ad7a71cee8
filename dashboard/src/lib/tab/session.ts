/** What is stored for this tab until it is closed or signs out: API keys and unfinished work. */

const PREFIX = "understudy.";
const KEY = `${PREFIX}key`;
const KEYS = `${PREFIX}keys`;
const listeners = new Set<() => void>();

/** A key, and the project that it opens. */
export interface OpenedProject {
  key: string;
  project: string;
}

interface Kept extends OpenedProject {
  /** Stands before the names of what is kept of its work; empty for the project that came first. */
  scope: string;
}

export const session = {
  /** The one in use; it is never sent anywhere but to this server. */
  key: (): string | null => sessionStorage.getItem(KEY),
  open: (key: string): void => {
    sessionStorage.setItem(KEY, key);
    notify();
  },
  /** The projects between which this tab switches, once it has a second one. */
  projects: (): readonly OpenedProject[] => kept(),
  /** As a text that stays the same while nothing changes. */
  projectsText: (): string => sessionStorage.getItem(KEYS) ?? "",
  /** Use a key, and keep the others; a project has one key, the last. */
  add: (opened: OpenedProject, current: OpenedProject): void => {
    const known = kept().length > 0 ? kept() : [{ ...current, scope: "" }];
    const before = known.find(({ project }) => project === opened.project);
    const all = before
      ? known.map((one) => (one === before ? { ...one, ...opened } : one))
      : [...known, { ...opened, scope: `in.${opened.project}.` }];
    sessionStorage.setItem(KEYS, JSON.stringify(all));
    session.open(opened.key);
  },
  /** Leave the project whose key opens nothing any more: for another one, or for the door. */
  refuse: (): void => {
    const rest = kept().filter(({ key }) => key !== session.key());
    const [next] = rest;
    if (next === undefined) {
      session.close();
      return;
    }
    sessionStorage.setItem(KEYS, JSON.stringify(rest));
    session.open(next.key);
  },
  /** Removes everything, so that the next key's owner sees nothing of it. */
  close: (): void => {
    Object.keys(sessionStorage)
      .filter((name) => name.startsWith(PREFIX))
      .forEach((name) => {
        sessionStorage.removeItem(name);
      });
    notify();
  },
  load: (name: string): string | null => sessionStorage.getItem(scoped(name)),
  /** Save a text until the tab closes or signs out; nothing is saved when signed out or out of space. */
  save: (name: string, text: string): void => {
    if (session.key() === null) return;
    try {
      sessionStorage.setItem(scoped(name), text);
    } catch {
      // The browser's storage for a tab is full, and a stale text would be worse than none.
      sessionStorage.removeItem(scoped(name));
    }
  },
  remove: (name: string): void => sessionStorage.removeItem(scoped(name)),
  subscribe: (listener: () => void): (() => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};

/** What is kept of one project's work is not seen in another one. */
function scoped(name: string): string {
  const current = session.key();
  return PREFIX + (kept().find(({ key }) => key === current)?.scope ?? "") + name;
}

function kept(): readonly Kept[] {
  return JSON.parse(sessionStorage.getItem(KEYS) ?? "[]") as Kept[];
}

function notify(): void {
  listeners.forEach((listener) => {
    listener();
  });
}

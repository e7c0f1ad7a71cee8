/** What is stored for this tab until it is closed or signs out: the API key and unfinished work. */

const PREFIX = "understudy.";
const KEY = `${PREFIX}key`;
const listeners = new Set<() => void>();

export const session = {
  /** It is never sent anywhere but to this server. */
  key: (): string | null => sessionStorage.getItem(KEY),
  open: (key: string): void => {
    sessionStorage.setItem(KEY, key);
    notify();
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
  load: (name: string): string | null => sessionStorage.getItem(PREFIX + name),
  /** Save a text until the tab closes or signs out; nothing is saved when signed out or out of space. */
  save: (name: string, text: string): void => {
    if (session.key() === null) return;
    try {
      sessionStorage.setItem(PREFIX + name, text);
    } catch {
      // The browser's storage for a tab is full, and a stale text would be worse than none.
      sessionStorage.removeItem(PREFIX + name);
    }
  },
  remove: (name: string): void => sessionStorage.removeItem(PREFIX + name),
  subscribe: (listener: () => void): (() => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};

function notify(): void {
  listeners.forEach((listener) => {
    listener();
  });
}

/** What belongs to this tab: its API key and what was left unfinished; gone with the tab or at sign-out. */

const PREFIX = "understudy.";
const KEY = `${PREFIX}key`;
const listeners = new Set<() => void>();

export const session = {
  /** It is never sent anywhere but to this server. */
  key: (): string | null => sessionStorage.getItem(KEY),
  open: (key: string): void => {
    sessionStorage.setItem(KEY, key);
    tell();
  },
  /** Nothing that one key's owner wrote is there for the next. */
  close: (): void => {
    Object.keys(sessionStorage)
      .filter((name) => name.startsWith(PREFIX))
      .forEach((name) => {
        sessionStorage.removeItem(name);
      });
    tell();
  },
  kept: (name: string): string | null => sessionStorage.getItem(PREFIX + name),
  /** Keep a text until the tab or the session ends; without a session, or room, nothing is kept. */
  keep: (name: string, text: string): void => {
    if (session.key() === null) return;
    try {
      sessionStorage.setItem(PREFIX + name, text);
    } catch {
      // The browser's room for a tab is full, and half a text would be worse than none.
      sessionStorage.removeItem(PREFIX + name);
    }
  },
  subscribe: (listener: () => void): (() => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};

function tell(): void {
  listeners.forEach((listener) => {
    listener();
  });
}

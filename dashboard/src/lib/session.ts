/** The API key of this tab: gone when the tab is closed, never sent anywhere but to this server. */

const NAME = "understudy.key";
const listeners = new Set<() => void>();

export const session = {
  key: (): string | null => sessionStorage.getItem(NAME),
  open: (key: string): void => {
    sessionStorage.setItem(NAME, key);
    tell();
  },
  close: (): void => {
    sessionStorage.removeItem(NAME);
    tell();
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

/** Preferences stored in this browser: language and theme. */

type Listener = () => void;

export interface Preference<Value extends string> {
  get: () => Value;
  set: (value: Value) => void;
  subscribe: (listener: Listener) => () => void;
}

export function preference<Value extends string>(
  name: string,
  values: readonly Value[],
  fallback: () => Value,
): Preference<Value> {
  const key = `understudy.${name}`;
  const listeners = new Set<Listener>();
  let current: Value | undefined;
  return {
    get: () => {
      current ??= values.find((value) => value === localStorage.getItem(key)) ?? fallback();
      return current;
    },
    set: (value) => {
      current = value;
      localStorage.setItem(key, value);
      listeners.forEach((listener) => {
        listener();
      });
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

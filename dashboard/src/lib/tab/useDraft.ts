/** What was typed into a form, kept for this tab until it is sent or discarded. */

import { useEffect, useState } from "react";
import { isObject } from "@/lib/jsonl";
import { session } from "@/lib/tab/session";

const PREFIX = "draft.";

export interface KeptDraft<Form> {
  value: Form;
  change: (part: Partial<Form>) => void;
  /** Whether it was begun before this visit of the form. */
  isRestored: boolean;
  /** Begin again, as the form was at first. */
  discard: () => void;
  /** Forget what is kept; the form is left. */
  forget: () => void;
}

/** A form with unchanged fields is kept as nothing. */
export function useDraft<Form extends object>(name: string, initial: Form): KeptDraft<Form> {
  const [first] = useState(() => readDraft(session.load(PREFIX + name), initial));
  const [value, setValue] = useState(first ?? initial);
  const [isRestored, setRestored] = useState(first !== null);
  const [isDone, setDone] = useState(false);
  useEffect(() => {
    if (isDone || JSON.stringify(value) === JSON.stringify(initial)) session.remove(PREFIX + name);
    else session.save(PREFIX + name, JSON.stringify(value));
  }, [name, initial, value, isDone]);
  return {
    value,
    change: (part) => setValue((before) => ({ ...before, ...part })),
    isRestored,
    discard: () => {
      setValue(initial);
      setRestored(false);
    },
    forget: () => {
      session.remove(PREFIX + name);
      setDone(true);
    },
  };
}

/** The fields that the form has, where they are of the same kind; null when there is nothing to restore. */
export function readDraft<Form extends object>(text: string | null, initial: Form): Form | null {
  try {
    const saved: unknown = JSON.parse(text ?? "null");
    if (!isObject(saved)) return null;
    const known = Object.entries(initial).map(([key, value]): [string, unknown] => {
      const kept = saved[key];
      const isSame = typeof kept === typeof value && Array.isArray(kept) === Array.isArray(value);
      return [key, kept !== undefined && (isSame || value === null || kept === null) ? kept : value];
    });
    return Object.fromEntries(known) as Form;
  } catch {
    return null;
  }
}

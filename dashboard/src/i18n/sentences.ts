/** The server's sentences in the language of the page; their catalogue comes with its first use. */

import { useSyncExternalStore } from "react";
import { type Locale, useLocale, useLocaleTag } from "@/i18n";
import type english from "@/i18n/en/sentences.json";
import { type Sentences, type Wording, worded } from "@/i18n/worded";

/** Every code of the server: a catalogue that lacks one is refused by the type checker. */
export type SentenceCode = keyof typeof english;

/** English is what the server writes. */
const CATALOGUES: Partial<Record<Locale, () => Promise<Sentences>>> = {
  zh: async () => (await import("@/i18n/zh/sentences")).sentences,
};

const loaded = new Map<Locale, Sentences>();
const asked = new Set<Locale>();
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function catalogue(locale: Locale): Sentences | null {
  const load = CATALOGUES[locale];
  if (load !== undefined && !asked.has(locale)) {
    asked.add(locale);
    void load().then(
      (sentences) => {
        loaded.set(locale, sentences);
        for (const listener of listeners) listener();
      },
      // The next sentence asks again; until then the server's own text is shown.
      () => asked.delete(locale),
    );
  }
  return loaded.get(locale) ?? null;
}

export type SayIn = (text: string, wording: Wording | null | undefined) => string;

/** How the page says a sentence of the server; one without a code is shown as it is. */
export function useWorded(): SayIn {
  const [locale] = useLocale();
  const tag = useLocaleTag();
  const sentences = useSyncExternalStore(subscribe, () => catalogue(locale));
  return (text, wording) => (sentences === null || !wording ? text : (worded(wording, sentences, tag) ?? text));
}

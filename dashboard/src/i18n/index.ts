/** The language of the page, and its texts. */

import { useSyncExternalStore } from "react";
import { en } from "@/i18n/en";
import type { Messages } from "@/i18n/messages";
import { zh } from "@/i18n/zh";
import { preference } from "@/lib/preference";

export const LOCALES = ["en", "zh"] as const;
export type Locale = (typeof LOCALES)[number];

export const LOCALE_NAMES: Record<Locale, string> = { en: "English", zh: "简体中文" };
const TAGS: Record<Locale, string> = { en: "en-GB", zh: "zh-CN" };
const CATALOGUES: Record<Locale, Messages> = { en, zh };

const chosen = preference<Locale>("language", LOCALES, () => (navigator.language.startsWith("zh") ? "zh" : "en"));

export function applyLocale(): void {
  document.documentElement.lang = TAGS[chosen.get()];
}

export function useLocale(): [Locale, (locale: Locale) => void] {
  const locale = useSyncExternalStore(chosen.subscribe, chosen.get);
  return [
    locale,
    (next) => {
      chosen.set(next);
      applyLocale();
    },
  ];
}

/** The tag by which numbers and dates are written. */
export function useLocaleTag(): string {
  return TAGS[useLocale()[0]];
}

export function useMessages(): Messages {
  return CATALOGUES[useLocale()[0]];
}

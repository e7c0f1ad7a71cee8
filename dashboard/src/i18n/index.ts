/** The language of the page, and its texts. */

import { useSyncExternalStore } from "react";
import { en } from "@/i18n/en";
import type { Messages } from "@/i18n/messages";
import { preference } from "@/lib/preference";

export const LOCALES = ["en", "zh"] as const;
export type Locale = (typeof LOCALES)[number];

export const LOCALE_NAMES: Record<Locale, string> = { en: "English", zh: "简体中文" };
const TAGS: Record<Locale, string> = { en: "en-GB", zh: "zh-CN" };
/** English comes with the first page; other languages come when they are chosen. */
const catalogues: Partial<Record<Locale, Messages>> = { en };

const chosen = preference<Locale>("language", LOCALES, () => (navigator.language.startsWith("zh") ? "zh" : "en"));

/** Load the chosen language before anything is shown; without an answer the page is in English. */
export async function applyLocale(): Promise<void> {
  const locale = chosen.get();
  await load(locale).catch(() => undefined);
  document.documentElement.lang = TAGS[locale];
}

async function load(locale: Locale): Promise<void> {
  if (locale === "zh") catalogues.zh ??= (await import("@/i18n/zh")).zh;
}

export function useLocale(): [Locale, (locale: Locale) => void] {
  const locale = useSyncExternalStore(chosen.subscribe, chosen.get);
  return [locale, (next) => void choose(next)];
}

/** A language that cannot be loaded is not chosen: the server is away, as every page says. */
async function choose(locale: Locale): Promise<void> {
  await load(locale).then(
    () => chosen.set(locale),
    () => undefined,
  );
  document.documentElement.lang = TAGS[chosen.get()];
}

/** The tag by which numbers and dates are written. */
export function useLocaleTag(): string {
  return TAGS[useLocale()[0]];
}

export function useMessages(): Messages {
  return catalogues[useLocale()[0]] ?? en;
}

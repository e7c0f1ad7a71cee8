/** The choice of a language and of a theme. */

import { Select } from "@/components/controls/Field";
import { LOCALE_NAMES, LOCALES, type Locale, useLocale, useMessages } from "@/i18n";
import { type Theme, THEMES, useTheme } from "@/lib/tab/theme";

export function LanguageChoice() {
  const common = useMessages().common;
  const [locale, setLocale] = useLocale();
  return (
    <Select label={common.language} value={locale} onChange={(event) => setLocale(event.target.value as Locale)}>
      {LOCALES.map((name) => (
        <option key={name} value={name} lang={name}>
          {LOCALE_NAMES[name]}
        </option>
      ))}
    </Select>
  );
}

export function ThemeChoice() {
  const common = useMessages().common;
  const [theme, setTheme] = useTheme();
  return (
    <Select label={common.theme} value={theme} onChange={(event) => setTheme(event.target.value as Theme)}>
      {THEMES.map((name) => (
        <option key={name} value={name}>
          {common.labelled(common.theme, common.themes[name])}
        </option>
      ))}
    </Select>
  );
}

/** Light, dark, or what the system says. */

import { useSyncExternalStore } from "react";
import { preference } from "@/lib/preference";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const chosen = preference<Theme>("theme", THEMES, () => "system");

export function applyTheme(): void {
  document.documentElement.dataset.theme = chosen.get();
}

export function useTheme(): [Theme, (theme: Theme) => void] {
  const theme = useSyncExternalStore(chosen.subscribe, chosen.get);
  return [
    theme,
    (next) => {
      chosen.set(next);
      applyTheme();
    },
  ];
}

/** The keys that open and close the palette. */

import { useEffect, useState } from "react";

const IS_APPLE = /mac|iphone|ipad/i.test(navigator.userAgent);
/** As the key is written on the keyboard; elsewhere on Apple's, Ctrl+K deletes to the end of a line. */
export const PALETTE_KEYS = IS_APPLE ? "⌘K" : "Ctrl K";
export const PALETTE_SHORTCUT = IS_APPLE ? "Meta+K" : "Control+K";

export function usePalette(): [boolean, (isOpen: boolean) => void] {
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const isHeld = IS_APPLE ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey;
      if (!isHeld || event.altKey || event.shiftKey || event.key.toLowerCase() !== "k") return;
      event.preventDefault();
      setOpen((before) => !before);
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, []);
  return [isOpen, setOpen];
}

/** Says that a form holds what was typed earlier, and lets it begin again. */

import { Button } from "@/components/controls/Button";
import { useMessages } from "@/i18n";
import layout from "./layout.module.css";
import { Notice } from "./States";

export function Restored({ isShown, onDiscard }: { isShown: boolean; onDiscard: () => void }) {
  const common = useMessages().common;
  if (!isShown) return null;
  return (
    <Notice kind="info">
      <span className={layout.row}>
        {common.draftRestored}
        <Button size="small" onClick={onDiscard}>
          {common.draftDiscard}
        </Button>
      </span>
    </Notice>
  );
}

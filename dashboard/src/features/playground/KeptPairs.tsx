/** The pairs that were chosen in the playground: counted, saved as a preference file, downloaded. */

import { clsx } from "clsx";
import { Download, Save, Trash2 } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/controls/Button";
import layout from "@/components/layout/layout.module.css";
import { useLocaleTag, useMessages } from "@/i18n";
import { saveAs } from "@/lib/encoding";
import { count } from "@/lib/format";
import { linesOf, type PreferencePair } from "./pairs";
import styles from "./Playground.module.css";
import { SaveExample } from "./SaveExample";

const FILE_NAME = "preferences.jsonl";

export function KeptPairs({ pairs, onClear }: { pairs: readonly PreferencePair[]; onClear: () => void }) {
  const words = useMessages().playground;
  const tag = useLocaleTag();
  const [isSaving, setSaving] = useState(false);
  if (pairs.length === 0) return null;
  return (
    <div className={clsx(layout.between, styles.kept)}>
      <span className={layout.quiet}>{words.kept(count(pairs.length, tag))}</span>
      <div className={layout.row}>
        <Button size="small" onClick={() => setSaving(true)}>
          <Save /> {words.savePairs}
        </Button>
        <Button size="small" onClick={() => saveAs(FILE_NAME, linesOf(pairs))}>
          <Download /> {words.downloadPairs}
        </Button>
        <Button size="small" kind="plain" onClick={onClear}>
          <Trash2 /> {words.discardPairs}
        </Button>
      </div>
      {isSaving && (
        <SaveExample
          lines={pairs}
          title={words.savePairs}
          about={words.savePairsAbout}
          fileName={FILE_NAME}
          onClose={(isSaved) => {
            setSaving(false);
            if (isSaved) onClear();
          }}
        />
      )}
    </div>
  );
}

/** Free pairs of a key and a value that a job carries. */

import { Plus, X } from "lucide-react";
import { Button, IconButton } from "@/components/controls/Button";
import field from "@/components/controls/Field.module.css";
import layout from "@/components/layout/layout.module.css";
import { Notice } from "@/components/layout/States";
import { useMessages } from "@/i18n";
import type { Draft } from "./draft";
import styles from "./JobForm.module.css";

type Pairs = Draft["metadata"];

export function Metadata({
  pairs,
  error,
  onChange,
}: {
  pairs: Pairs;
  error: string | null;
  onChange: (pairs: Pairs) => void;
}) {
  const words = useMessages().jobs.form;
  const replace = (at: number, pair: readonly [string, string]) => onChange(pairs.with(at, pair));
  return (
    <fieldset className={layout.tight} style={{ border: 0, padding: 0, margin: 0, minWidth: 0 }}>
      <legend className={field.label}>{words.metadata}</legend>
      {pairs.map(([key, value], at) => (
        <div key={at} className={styles.pair}>
          <input
            className={field.control}
            aria-label={words.key}
            placeholder={words.key}
            maxLength={64}
            value={key}
            onChange={(event) => replace(at, [event.target.value, value])}
          />
          <input
            className={field.control}
            aria-label={words.value}
            placeholder={words.value}
            maxLength={512}
            value={value}
            onChange={(event) => replace(at, [key, event.target.value])}
          />
          <IconButton label={words.removePair} onClick={() => onChange(pairs.filter((_, other) => other !== at))}>
            <X />
          </IconButton>
        </div>
      ))}
      {error !== null && <Notice kind="error">{error}</Notice>}
      <div>
        <Button size="small" onClick={() => onChange([...pairs, ["", ""]])}>
          <Plus /> {words.addPair}
        </Button>
      </div>
    </fieldset>
  );
}

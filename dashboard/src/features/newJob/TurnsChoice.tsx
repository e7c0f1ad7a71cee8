/** What becomes of conversations that the chat template rewrites: one example an answer, or none. */

import { Field } from "@/components/controls/Field";
import { Segments } from "@/components/controls/Tabs";
import { useMessages } from "@/i18n";
import { SPLIT_TURNS, type SplitTurns } from "./draft";

export function TurnsChoice({
  value,
  error,
  onChange,
}: {
  value: SplitTurns;
  error: string | null;
  onChange: (splitTurns: SplitTurns) => void;
}) {
  const words = useMessages().jobs.form;
  return (
    <Field label={words.splitTurns} hint={words.splitTurnsHints[value]} error={error}>
      {() => (
        <div>
          <Segments
            label={words.splitTurns}
            options={SPLIT_TURNS.map((name) => ({ name, label: words.splitTurnsChoices[name] }))}
            current={value}
            onChange={onChange}
          />
        </div>
      )}
    </Field>
  );
}

/** The model that learns, and how. */

import { Field, TextField } from "@/components/controls/Field";
import { ModelPicker } from "@/components/controls/ModelPicker";
import layout from "@/components/layout/layout.module.css";
import { useMessages } from "@/i18n";
import { type Draft, type FieldName, shareOf } from "./draft";

export function StudentFields({
  draft,
  about,
  onChange,
}: {
  draft: Draft;
  about: (field: FieldName) => string | null;
  onChange: (part: Partial<Draft>) => void;
}) {
  const words = useMessages().distillations.form;
  return (
    <div className={layout.stack}>
      <div className={layout.halves}>
        <Field label={words.student} hint={words.studentHint} error={about("student")}>
          {() => <ModelPicker label={words.student} value={draft.student} onChange={(student) => onChange({ student })} />}
        </Field>
        <TextField
          label={words.suffix}
          isOptional
          hint={words.suffixHint}
          error={about("suffix")}
          maxLength={64}
          value={draft.suffix}
          onChange={(event) => onChange({ suffix: event.target.value })}
        />
      </div>
      <div className={layout.thirds}>
        <TextField
          label={words.validation}
          hint={words.validationHint}
          error={shareOf(draft.percent) === null ? words.badShare : about("validation")}
          inputMode="decimal"
          value={draft.percent}
          onChange={(event) => onChange({ percent: event.target.value })}
        />
        <TextField
          label={words.epochs}
          placeholder="auto"
          error={about("epochs")}
          inputMode="numeric"
          value={draft.epochs}
          onChange={(event) => onChange({ epochs: event.target.value })}
        />
        <TextField
          label={words.seed}
          isOptional
          error={about("seed")}
          inputMode="numeric"
          value={draft.seed}
          onChange={(event) => onChange({ seed: event.target.value })}
        />
      </div>
    </div>
  );
}
